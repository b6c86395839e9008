package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/attach"
	"github.com/latch-run/latch/internal/declared"
	"github.com/latch-run/latch/internal/registry"
)

const webhooksPath = "/latch/v1/webhooks"

func (a *API) registerHooks() {
	missing := []int{http.StatusNotFound}
	changed := []int{http.StatusNotFound, http.StatusPreconditionFailed}
	Register[NoBody](a, Operation{ID: "list-webhooks", Method: http.MethodGet, Path: webhooksPath, Role: RoleRead,
		Summary: "List registered webhooks", About: "Those of the API's task queue, in the order of creation."}, a.listRegistered)
	Register[latch.RegisteredWebhook](a, Operation{ID: "create-webhook", Method: http.MethodPost,
		Act: latch.AuditWebhookCreate, Path: webhooksPath, Role: RoleAdmin,
		Status: http.StatusCreated, Errors: []int{http.StatusConflict}, Summary: "Register a webhook",
		About: "It applies to jobs, releases and custom events of the API's task queue that start from now on and for which its expression when is true."}, a.createRegistered)
	Register[NoBody](a, Operation{ID: "get-webhook", Method: http.MethodGet, Path: webhooksPath + "/{id}", Role: RoleRead,
		Errors: missing, Summary: "Show a registered webhook"}, a.getRegistered)
	Register[latch.RegisteredWebhook](a, Operation{ID: "put-webhook", Method: http.MethodPut,
		Act: latch.AuditWebhookPut, Path: webhooksPath + "/{id}", Role: RoleAdmin,
		Errors: []int{http.StatusConflict, http.StatusPreconditionFailed}, Summary: "Replace the webhook with this id, or register it", Required: true, Large: true,
		About: "Takes the whole webhook; its id may be left out. Runs that started before keep the old one for first deliveries; whatever they send again follows the new one."}, a.putRegistered)
	Register[NoBody](a, Operation{ID: "delete-webhook", Method: http.MethodDelete, Act: latch.AuditWebhookDelete,
		Path: webhooksPath + "/{id}", Role: RoleAdmin,
		Status: http.StatusNoContent, Errors: changed, Summary: "Delete a webhook", About: "Runs that started before keep it for first deliveries; deliveries waiting to be sent again end. Its history stays."}, a.deleteRegistered)
	Register[NoBody](a, Operation{ID: "enable-webhook", Method: http.MethodPost, Act: latch.AuditWebhookEnable,
		Path: webhooksPath + "/{id}/enable", Role: RoleAdmin, Load: LoadUrgent,
		Errors: changed, Summary: "Enable a webhook"}, a.enableRegistered(true))
	Register[NoBody](a, Operation{ID: "disable-webhook", Method: http.MethodPost, Act: latch.AuditWebhookDisable,
		Path: webhooksPath + "/{id}/disable", Role: RoleAdmin, Load: LoadUrgent,
		Errors: changed, Summary: "Disable a webhook", About: "It applies to no run that starts from now on. Deliveries of earlier runs that wait to be sent again end."}, a.enableRegistered(false))
}

// Webhooks is the list of registered webhooks.
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

type registeredOutput struct {
	ETag string `header:"ETag" doc:"For If-Match of a change"`
	Body latch.RegisteredWebhook
}

func shownRegistered(webhook *latch.RegisteredWebhook) *registeredOutput {
	shown := registry.Shown(*webhook)
	return &registeredOutput{WebhookETag(&shown), shown}
}

func (a *API) getRegistered(ctx context.Context, input *registeredInput) (*registeredOutput, error) {
	found, err := a.webhooks.Get(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	return shownRegistered(found), nil
}

type createRegisteredInput struct{ RawBody []byte }

// A WrittenWebhook answers a call that wrote a registered webhook, or would.
type WrittenWebhook struct {
	latch.RegisteredWebhook
	Changes  []FieldChange `json:"changes,omitempty" doc:"Of a dry run: the fields that would change, without credentials"`
	Warnings []Warning     `json:"warnings,omitempty" doc:"Parts of the input that are probably mistakes"`
}

func written(webhook *latch.RegisteredWebhook) WrittenWebhook {
	return WrittenWebhook{RegisteredWebhook: registry.Shown(*webhook), Warnings: WarningsOf(admission.RegisteredWebhookWarnings(webhook))}
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
	NoteAct(ctx, func(entry *latch.AuditEntry) { entry.Target = webhook.ID })
	created, err := a.webhooks.Create(ctx, *webhook)
	if err != nil {
		return nil, err
	}
	return &createdRegisteredOutput{Location: webhooksPath + "/" + url.PathEscape(created.ID), Body: written(created)}, nil
}

type putRegisteredOutput struct{ Body WrittenWebhook }

// A ChangedWebhook names the webhook to change. It is exported because huma
// fills in the fields of exported types only.
type ChangedWebhook struct {
	ID      string `path:"id" doc:"The webhook's id"`
	IfMatch string `header:"If-Match" doc:"The ETag that the webhook was read with: refused with 412 where it was changed since"`
}

// check returns an error if the webhook is no longer the version that the
// caller read. It is nil for a webhook that does not exist.
func (i *ChangedWebhook) check(current *latch.RegisteredWebhook) error {
	if current == nil {
		return CheckGone(i.IfMatch)
	}
	return CheckMatch(i.IfMatch, versionOf(registry.Shown(*current)))
}

// WebhookETag returns the entity tag of a registered webhook as it is shown.
func WebhookETag(shown *latch.RegisteredWebhook) string { return ETag(versionOf(*shown)) }

// versionOf returns the part of a shown webhook that callers change. The state
// of its endpoint does not make a new version.
func versionOf(shown latch.RegisteredWebhook) latch.RegisteredWebhook {
	shown.Endpoint = nil
	return shown
}

type putRegisteredInput struct {
	ChangedWebhook
	DryRunQuery
	RawBody []byte
}

// putRegistered replaces or creates the webhook.
func (a *API) putRegistered(ctx context.Context, input *putRegisteredInput) (*putRegisteredOutput, error) {
	body, err := a.restored(ctx, input.ID, input.RawBody)
	if err != nil {
		return nil, err
	}
	webhook, err := decodeRegistered(body, input.ID)
	if err != nil {
		return nil, err
	}
	if input.DryRun {
		return a.foreseeRegistered(ctx, input, webhook)
	}
	put, err := a.webhooks.Update(ctx, input.ID, func(before *latch.RegisteredWebhook) error {
		if err := input.check(before); err != nil {
			return err
		}
		*before = *webhook
		return nil
	})
	if errors.Is(err, registry.ErrUnknown) {
		if err := CheckGone(input.IfMatch); err != nil {
			return nil, err
		}
		put, err = a.webhooks.Create(ctx, *webhook)
	}
	if err != nil {
		return nil, err
	}
	return &putRegisteredOutput{written(put)}, nil
}

// foreseeRegistered answers what putRegistered would do.
func (a *API) foreseeRegistered(ctx context.Context, input *putRegisteredInput,
	webhook *latch.RegisteredWebhook) (*putRegisteredOutput, error) {
	NoteNoAct(ctx)
	found, err := a.webhooks.Get(ctx, input.ID)
	before, err := currentOrNew(found, err, input.check)
	if err != nil {
		return nil, err
	}
	foreseen := written(webhook)
	foreseen.Changes = FieldChanges(declared.WebhookChanges(*before, *webhook))
	return &putRegisteredOutput{foreseen}, nil
}

// decodeRegistered decodes a webhook strictly.
func decodeRegistered(body []byte, id string) (*latch.RegisteredWebhook, error) {
	return decodedUnder(body, id, admission.DecodeRegisteredWebhook,
		func(w *latch.RegisteredWebhook) *string { return &w.ID }, (*latch.RegisteredWebhook).Validate)
}

// checkReserved rejects a run that the worker would reject as it begins: one
// with its own webhook under the id of an enforced registered webhook.
func (a *API) checkReserved(ctx context.Context, own []latch.Webhook) error {
	if len(own) == 0 {
		return nil
	}
	reserved, err := a.reserved(ctx)
	if err != nil {
		return err
	}
	return a.notReserved(ctx, reserved, own)
}

// reserved returns the ids of enforced registered webhooks, as of at most a
// second ago: the worker rejects a run, or an event of a batch, that this check
// misses.
func (a *API) reserved(ctx context.Context) (attach.Reserved, error) {
	registered, err := a.webhooks.RecentList(ctx)
	return attach.ReservedBy(registered), err
}

// notReserved rejects a webhook under a reserved id. Before it does, it reads the
// registry anew: the id may just have become free.
func (a *API) notReserved(ctx context.Context, reserved attach.Reserved, own []latch.Webhook) error {
	var problems latch.Problems
	if reserved.Check(&problems, "webhooks", own); len(problems) == 0 {
		return nil
	}
	registered, err := a.webhooks.List(ctx)
	if err != nil {
		return err
	}
	reserved, problems = attach.ReservedBy(registered), nil
	reserved.Check(&problems, "webhooks", own)
	return Decoded(problems.Err())
}

type nothingOutput struct{}

func (a *API) deleteRegistered(ctx context.Context, input *ChangedWebhook) (*nothingOutput, error) {
	return &nothingOutput{}, orGone(a.webhooks.Delete(ctx, input.ID, input.check), input.IfMatch)
}

// enableRegistered handles enable and disable.
func (a *API) enableRegistered(enabled bool) func(context.Context, *ChangedWebhook) (*registeredOutput, error) {
	return func(ctx context.Context, input *ChangedWebhook) (*registeredOutput, error) {
		changed, err := a.webhooks.Update(ctx, input.ID, func(webhook *latch.RegisteredWebhook) error {
			if err := input.check(webhook); err != nil {
				return err
			}
			webhook.Enabled = &enabled
			return nil
		})
		if err := orGone(err, input.IfMatch); err != nil {
			return nil, err
		}
		return shownRegistered(changed), nil
	}
}
