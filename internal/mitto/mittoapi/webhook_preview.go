package mittoapi

import (
	"context"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/mitto"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/trial"
	"github.com/latch-run/latch/internal/vars"
)

// A TriedJobWebhook is a webhook to try on a job before it is stored.
type TriedJobWebhook struct {
	Webhook latch.Object `json:"webhook" doc:"The webhook as it would be sent to the routes of the job's webhooks"`
	ID      int64        `json:"id,omitempty" doc:"The id of the webhook that it would replace; absent for a new one"`
}

type triedInput struct {
	Job     string `path:"id" doc:"The job's id"`
	RawBody []byte
}

type previewOutput struct{ Body api.WebhookPreview }

func (a *routes) previewJobWebhook(ctx context.Context, input *triedInput) (*previewOutput, error) {
	var tried TriedJobWebhook
	if err := api.DecodeTried(input.RawBody, &tried); err != nil {
		return nil, err
	}
	t, err := a.try(ctx, input.Job, tried.ID, tried.Webhook)
	if err != nil {
		return nil, err
	}
	preview := a.Preview(t.Webhook, t.Problems, func(string) *trial.File { return t.file })
	preview.Run = t.shownRun()
	if len(t.Problems) == 0 {
		preview.Warnings = api.WarningsOf(mitto.WebhookWarnings(t.definition, t.Number))
	}
	return &previewOutput{preview}, nil
}

// A TestedJobWebhook is a webhook to try on a job before it is stored, at one
// event.
type TestedJobWebhook struct {
	TriedJobWebhook
	Event string `json:"event,omitempty" doc:"One of its events; may be left out where it has one"`
}

type testOutput struct{ Body api.WebhookTest }

func (a *routes) testJobWebhook(ctx context.Context, input *triedInput) (*testOutput, error) {
	var tested TestedJobWebhook
	if err := api.DecodeTried(input.RawBody, &tested); err != nil {
		return nil, err
	}
	t, err := a.try(ctx, input.Job, tested.ID, tested.Webhook)
	switch {
	case err != nil:
		return nil, err
	case len(t.Problems) > 0:
		return nil, api.Decoded(t.Problems)
	}
	made, err := a.Test(ctx, t.Job.Made(t.Number), tested.Event, func(string) *trial.File { return t.file })
	if err != nil {
		return nil, err
	}
	return &testOutput{*made}, nil
}

// A jobTry is the try of a job's webhook, with the job's last run.
type jobTry struct {
	*mitto.Try
	definition *registry.Definition
	file       *trial.File
	// last is nil if the job never ran.
	last *registry.Run
}

// try tries a webhook on the job. It would replace the one with the id.
func (a *routes) try(ctx context.Context, job string, id int64, webhook latch.Object) (*jobTry, error) {
	entry, err := a.registry.Get(ctx, job)
	if err != nil {
		return nil, err
	}
	last, err := a.registry.LastRun(ctx, job)
	if err != nil {
		return nil, err
	}
	made, err := mitto.Of(&entry.Definition).TryWebhook(id, webhook, time.Now(), trial.Readable)
	if err != nil {
		return nil, err
	}
	t := &jobTry{Try: made, definition: &entry.Definition, last: last}
	keep(made.Job, t.definition)
	t.file = &trial.File{Kind: latch.JobKind, Job: made.Job.Latch, Fields: mitto.Fields(t.definition)}
	if t.file.Job == nil { // it cannot run
		if t.file.Job, err = made.Job.Failing(); err != nil {
			t.file.Job = &latch.Job{ID: job}
		}
	}
	if last != nil {
		t.file.Run = &trial.Run{RunID: last.RunID, Status: jobStatusOf(job, last)}
	}
	return t, nil
}

// jobStatusOf returns a run as templates see it.
func jobStatusOf(job string, run *registry.Run) vars.JobStatus {
	s := statusOfRun(job, run)
	return vars.JobStatus{ReturnCode: s.ReturnCode, Error: s.Error, StartedAt: s.StartedAt, CompletedAt: s.CompletedAt, KVP: s.KVP}
}

func (t *jobTry) shownRun() api.PreviewRun {
	if t.last == nil {
		return api.PreviewRun{MadeUp: true}
	}
	return api.PreviewRun{WorkflowID: registry.WorkflowID(t.definition.ID), RunID: t.last.RunID, Status: t.last.Status, StartedAt: t.last.StartedAt}
}
