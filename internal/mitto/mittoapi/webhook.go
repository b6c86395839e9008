package mittoapi

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/mitto"
	"github.com/latch-run/latch/internal/registry"
)

type webhookInput struct {
	Webhook int64 `path:"webhook" doc:"The webhook's id"`
}

// A ChangedWebhook names the webhook to change. It is exported because huma
// fills in the fields of exported types only.
type ChangedWebhook struct {
	Webhook int64  `path:"webhook" doc:"The webhook's id"`
	IfMatch string `header:"If-Match" doc:"The ETag that the webhook was read with: refused with 412 where it was changed since"`
}

// check returns an error if the webhook is no longer the version that the
// caller read.
func (i *ChangedWebhook) check(job *mitto.Job) error {
	state, err := job.WebhookState(i.Webhook)
	if err != nil {
		return err
	}
	return api.CheckMatch(i.IfMatch, webhookObject(state))
}

// checkGone returns the error to answer with if a change failed with err. If
// the webhook is gone that the caller read, that is a failed precondition.
func (i *ChangedWebhook) checkGone(err error) error {
	var unknown *mitto.UnknownWebhook
	if !errors.As(err, &unknown) {
		return err
	}
	return cmp.Or(api.CheckGone(i.IfMatch), err)
}

type webhookBodyInput struct {
	ChangedWebhook
	RawBody []byte
}

type (
	webhookOutput struct{ Body webhookObject }
	taggedOutput  struct {
		ETag string `header:"ETag" doc:"For If-Match of a change"`
		Body webhookObject
	}
	webhooksOutput struct{ Body []webhookObject }
)

func (a *routes) listJobWebhooks(ctx context.Context, input *jobInput) (*webhooksOutput, error) {
	job, err := a.jobOrOfWebhook(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	output := &webhooksOutput{[]webhookObject{}}
	for _, webhook := range job.Webhooks() {
		output.Body = append(output.Body, webhookObject(webhook))
	}
	return output, nil
}

// jobOrOfWebhook returns the job with the id, or else the job whose webhook has
// it: Mitto's client asks by the id of a webhook that it has just created.
func (a *routes) jobOrOfWebhook(ctx context.Context, id string) (*mitto.Job, error) {
	entry, unknown := a.registry.Get(ctx, id)
	if unknown == nil {
		return mitto.Of(&entry.Definition), nil
	}
	webhook, err := strconv.ParseInt(id, 10, 64)
	if err != nil || !errors.Is(unknown, registry.ErrUnknown) {
		return nil, unknown
	}
	job, err := a.jobOfWebhook(ctx, webhook)
	var missing *mitto.UnknownWebhook
	if errors.As(err, &missing) {
		return nil, unknown
	}
	return job, err
}

func (a *routes) addJobWebhook(ctx context.Context, input *jobBodyInput) (*webhookOutput, error) {
	object, err := readObject(input.RawBody)
	if err != nil {
		return nil, err
	}
	return a.changeWebhook(ctx, input.ID, func(job *mitto.Job) (latch.Object, error) { return job.AddWebhook(object, time.Now()) })
}

// changeWebhook changes one of a job's webhooks and returns it.
func (a *routes) changeWebhook(ctx context.Context, job string, change func(*mitto.Job) (latch.Object, error)) (*webhookOutput, error) {
	output := &webhookOutput{}
	entry, err := a.changeEntry(ctx, job, func(job *mitto.Job) error {
		webhook, err := change(job)
		var problems latch.Problems
		if errors.As(err, &problems) {
			return api.Decoded(err)
		}
		output.Body = webhookObject(webhook)
		return err
	})
	if err != nil {
		return nil, err
	}
	if id, err := strconv.ParseInt(string(output.Body["id"]), 10, 64); err == nil {
		addWarnings(output.Body, api.WarningsOf(mitto.WebhookWarnings(&entry.Definition, id)))
	}
	return output, nil
}

func (a *routes) listAllWebhooks(ctx context.Context, _ *struct{}) (*webhooksOutput, error) {
	rows, err := a.rows(ctx)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, row := range rows {
		if mayHaveWebhooks(row) {
			ids = append(ids, row.ID)
		}
	}
	entries, err := a.registry.GetAll(ctx, ids)
	if err != nil {
		return nil, err
	}
	output := &webhooksOutput{[]webhookObject{}}
	for _, entry := range entries {
		job := mitto.Of(&entry.Definition)
		for _, webhook := range job.Webhooks() {
			output.Body = append(output.Body, ofJob(webhook, job))
		}
	}
	slices.SortStableFunc(output.Body, func(x, y webhookObject) int { return bytes.Compare(x["created_at"], y["created_at"]) })
	return output, nil
}

// mayHaveWebhooks reports whether the job must be read to find its webhooks.
// The row of a job that cannot run does not list them.
func mayHaveWebhooks(row registry.Row) bool { return row.Lacks || len(row.WebhookIDs) > 0 }

func ofJob(webhook latch.Object, job *mitto.Job) webhookObject {
	webhook["job_id"] = mitto.IDJSON(job.ID)
	return webhookObject(webhook)
}

// jobOfWebhook finds the job that has the webhook: by the id, which contains
// the job's if one of Mitto's clients created the webhook, or else by searching
// all rows.
func (a *routes) jobOfWebhook(ctx context.Context, id int64) (*mitto.Job, error) {
	candidates := []string{mitto.JobOfWebhook(id)}
	if candidates[0] == "" {
		rows, err := a.rows(ctx)
		if err != nil {
			return nil, err
		}
		candidates = nil
		for _, row := range rows {
			if row.Lacks || slices.ContainsFunc(row.WebhookIDs, func(webhook string) bool { return mitto.WebhookID(row.ID, webhook) == id }) {
				candidates = append(candidates, row.ID)
			}
		}
	}
	entries, err := a.registry.GetAll(ctx, candidates)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		job := mitto.Of(&entry.Definition)
		if _, err := job.Webhook(id); err == nil {
			return job, nil
		}
	}
	return nil, &mitto.UnknownWebhook{ID: id}
}

func (a *routes) getJobWebhook(ctx context.Context, input *webhookInput) (*taggedOutput, error) {
	job, err := a.jobOfWebhook(ctx, input.Webhook)
	if err != nil {
		return nil, err
	}
	webhook, err := job.Webhook(input.Webhook)
	if err != nil {
		return nil, err
	}
	state, err := job.WebhookState(input.Webhook)
	return &taggedOutput{api.ETag(webhookObject(state)), ofJob(webhook, job)}, err
}

func (a *routes) replaceJobWebhook(ctx context.Context, input *webhookBodyInput) (*webhookOutput, error) {
	object, err := readObject(input.RawBody)
	if err != nil {
		return nil, err
	}
	job, err := a.jobOfWebhook(ctx, input.Webhook)
	if err != nil {
		return nil, input.checkGone(err)
	}
	output, err := a.changeWebhook(ctx, job.ID, func(job *mitto.Job) (latch.Object, error) {
		if err := input.check(job); err != nil {
			return nil, err
		}
		return job.ReplaceWebhook(input.Webhook, object, time.Now())
	})
	return output, input.checkGone(err)
}

func (a *routes) deleteJobWebhook(ctx context.Context, input *ChangedWebhook) (*noOutput, error) {
	job, err := a.jobOfWebhook(ctx, input.Webhook)
	if err != nil {
		return nil, input.checkGone(err)
	}
	_, err = a.changeMitto(ctx, job.ID, func(job *mitto.Job) error {
		if err := input.check(job); err != nil {
			return err
		}
		return job.DeleteWebhook(input.Webhook, time.Now())
	})
	return nil, input.checkGone(err)
}
