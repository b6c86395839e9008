package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/attach"
	"github.com/latch-run/latch/internal/registry"
)

const webhooksPath = "/latch/v1/webhooks"

func (a *API) registerHooks() {
	missing := []int{http.StatusNotFound}
	Register[NoBody](a, Operation{ID: "list-webhooks", Method: http.MethodGet, Path: webhooksPath, Role: RoleRead,
		Summary: "List the webhooks that stand by themselves", About: "Those of the API's task queue, in the order of their making."}, a.listRegistered)
	Register[latch.RegisteredWebhook](a, Operation{ID: "create-webhook", Method: http.MethodPost, Path: webhooksPath, Role: RoleAdmin,
		Status: http.StatusCreated, Errors: []int{http.StatusConflict}, Summary: "Make a webhook that stands by itself",
		About: "It applies to the jobs, releases and custom events of the API's task queue that begin from now on, to those for which when is true."}, a.createRegistered)
	Register[NoBody](a, Operation{ID: "get-webhook", Method: http.MethodGet, Path: webhooksPath + "/{id}", Role: RoleRead,
		Errors: missing, Summary: "Show a webhook that stands by itself"}, a.getRegistered)
	Register[latch.RegisteredWebhook](a, Operation{ID: "put-webhook", Method: http.MethodPut, Path: webhooksPath + "/{id}", Role: RoleAdmin,
		Errors: []int{http.StatusConflict}, Summary: "Put a webhook in place of the one of this id, or make it", Required: true, Large: true,
		About: "The whole webhook; its id may be left out. Runs that began before keep what they began with, but for what they send again: that goes by the new webhook."}, a.putRegistered)
	Register[NoBody](a, Operation{ID: "delete-webhook", Method: http.MethodDelete, Path: webhooksPath + "/{id}", Role: RoleAdmin,
		Status: http.StatusNoContent, Errors: missing, Summary: "Remove a webhook", About: "Runs that began before keep it for what they send for the first time; what is to be sent again ends. Its history stays."}, a.deleteRegistered)
	Register[NoBody](a, Operation{ID: "enable-webhook", Method: http.MethodPost, Path: webhooksPath + "/{id}/enable", Role: RoleAdmin,
		Errors: missing, Summary: "Have a webhook apply again"}, a.enableRegistered(true))
	Register[NoBody](a, Operation{ID: "disable-webhook", Method: http.MethodPost, Path: webhooksPath + "/{id}/disable", Role: RoleAdmin,
		Errors: missing, Summary: "Have a webhook apply to no run that begins from now on", About: "What runs of before are to send again ends, and is not sent."}, a.enableRegistered(false))
}

// Webhooks is the list of webhooks that stand by themselves.
type Webhooks struct {
	Webhooks []latch.RegisteredWebhook `json:"webhooks"`
}

type registeredListOutput struct{ Body Webhooks }

func (a *API) listRegistered(ctx context.Context, _ *struct{}) (*registeredListOutput, error) {
	listed, err := a.webhooks.List(ctx)
	if err != nil {
		return nil, err
	}
	shown := make([]latch.RegisteredWebhook, len(listed))
	for i := range listed {
		shown[i] = registry.Shown(listed[i])
	}
	return &registeredListOutput{Webhooks{shown}}, nil
}

type registeredInput struct {
	ID string `path:"id" doc:"The webhook's id"`
}

type registeredOutput struct{ Body latch.RegisteredWebhook }

func (a *API) getRegistered(ctx context.Context, input *registeredInput) (*registeredOutput, error) {
	found, err := a.webhooks.Get(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	return &registeredOutput{registry.Shown(*found)}, nil
}

type createRegisteredInput struct{ RawBody []byte }

// A WrittenWebhook answers a call that wrote a webhook which stands by itself.
type WrittenWebhook struct {
	latch.RegisteredWebhook
	Warnings []Warning `json:"warnings,omitempty" doc:"What was written and is probably not meant"`
}

func written(webhook *latch.RegisteredWebhook) WrittenWebhook {
	return WrittenWebhook{registry.Shown(*webhook), WarningsOf(admission.RegisteredWebhookWarnings(webhook))}
}

type createdRegisteredOutput struct {
	Location string `header:"Location"`
	Body     WrittenWebhook
}

func (a *API) createRegistered(ctx context.Context, input *createRegisteredInput) (*createdRegisteredOutput, error) {
	webhook, err := decodeRegistered(input.RawBody, "")
	if err != nil {
		return nil, err
	}
	created, err := a.webhooks.Create(ctx, *webhook)
	if err != nil {
		return nil, err
	}
	return &createdRegisteredOutput{Location: webhooksPath + "/" + url.PathEscape(created.ID), Body: written(created)}, nil
}

type putRegisteredOutput struct{ Body WrittenWebhook }

type putRegisteredInput struct {
	ID      string `path:"id" doc:"The webhook's id"`
	RawBody []byte
}

// putRegistered replaces the webhook, or makes it.
func (a *API) putRegistered(ctx context.Context, input *putRegisteredInput) (*putRegisteredOutput, error) {
	body, err := a.restored(ctx, input.ID, input.RawBody)
	if err != nil {
		return nil, err
	}
	webhook, err := decodeRegistered(body, input.ID)
	if err != nil {
		return nil, err
	}
	put, err := a.webhooks.Update(ctx, input.ID, func(before *latch.RegisteredWebhook) error {
		*before = *webhook
		return nil
	})
	if errors.Is(err, registry.ErrUnknown) {
		put, err = a.webhooks.Create(ctx, *webhook)
	}
	if err != nil {
		return nil, err
	}
	return &putRegisteredOutput{written(put)}, nil
}

// decodeRegistered reads a webhook strictly. One that is put under an id need not
// repeat it.
func decodeRegistered(body []byte, id string) (*latch.RegisteredWebhook, error) {
	if err := NeedJSON(body); err != nil {
		return nil, err
	}
	webhook, err := admission.DecodeRegisteredWebhook(body)
	if id == "" {
		return webhook, Decoded(err)
	}
	var problems latch.Problems
	if err != nil && !errors.As(err, &problems) {
		return nil, Decoded(err)
	}
	if webhook.ID == "" {
		webhook.ID = id
		problems = withoutPath(problems, "id")
		for _, each := range webhook.Validate() {
			if each.Path == "id" {
				problems = append(problems, each)
			}
		}
	}
	if webhook.ID != id {
		problems.Addf("id", "%q is another id than the path's; leave it out", webhook.ID)
	}
	return webhook, Decoded(problems.Err())
}

// withoutPath leaves out what is said of one field.
func withoutPath(problems latch.Problems, path string) latch.Problems {
	var others latch.Problems
	for _, each := range problems {
		if each.Path != path {
			others = append(others, each)
		}
	}
	return others
}

// checkReserved refuses a run that the worker would refuse once it begins: one
// with a webhook of its own under the id of an enforced registered one.
func (a *API) checkReserved(ctx context.Context, own []latch.Webhook) error {
	if len(own) == 0 {
		return nil
	}
	registered, err := a.webhooks.List(ctx)
	if err != nil {
		return err
	}
	var problems latch.Problems
	attach.ReservedBy(registered).Check(&problems, "webhooks", own)
	return Decoded(problems.Err())
}

type nothingOutput struct{}

func (a *API) deleteRegistered(ctx context.Context, input *registeredInput) (*nothingOutput, error) {
	return &nothingOutput{}, a.webhooks.Delete(ctx, input.ID)
}

// enableRegistered takes enable and disable.
func (a *API) enableRegistered(enabled bool) func(context.Context, *registeredInput) (*registeredOutput, error) {
	return func(ctx context.Context, input *registeredInput) (*registeredOutput, error) {
		changed, err := a.webhooks.Update(ctx, input.ID, func(webhook *latch.RegisteredWebhook) error {
			webhook.Enabled = &enabled
			return nil
		})
		if err != nil {
			return nil, err
		}
		return &registeredOutput{registry.Shown(*changed)}, nil
	}
}
