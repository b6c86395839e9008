package api

import (
	"context"
	"net/http"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/declared"
	"github.com/latch-run/latch/internal/registry"
)

const watchesPath = "/latch/v1/watches"

func (a *API) registerWatches() {
	missing := []int{http.StatusNotFound}
	Register[NoBody](a, Operation{ID: "list-watches", Method: http.MethodGet, Path: watchesPath, Role: RoleRead,
		Summary: "List watches", About: "Those of the namespace, in the order of creation."}, a.listWatches)
	Register[NoBody](a, Operation{ID: "get-watch", Method: http.MethodGet, Path: watchesPath + "/{id}", Role: RoleRead,
		Errors: missing, Summary: "Show a watch"}, a.getWatch)
	Register[latch.RegisteredWatch](a, Operation{ID: "put-watch", Method: http.MethodPut, Act: latch.AuditWatchPut,
		Path: watchesPath + "/{id}", Role: RoleAdmin,
		Errors: []int{http.StatusPreconditionFailed}, Summary: "Replace the watch with this id, or register it", Required: true, Large: true,
		About: "Takes the whole watch; its id may be left out. Temporal is asked whether it takes the query. A new watch tells of the workflows that close from now on; a changed one goes on where it is."}, a.putWatch)
	Register[NoBody](a, Operation{ID: "delete-watch", Method: http.MethodDelete, Act: latch.AuditWatchDelete,
		Path: watchesPath + "/{id}", Role: RoleAdmin,
		Status: http.StatusNoContent, Errors: []int{http.StatusNotFound, http.StatusPreconditionFailed}, Summary: "Delete a watch",
		About: "It finds nothing more within seconds. What it has found is still told."}, a.deleteWatch)
}

// Watches is the list of watches.
type Watches struct {
	Watches []latch.RegisteredWatch `json:"watches"`
}

type watchListOutput struct{ Body Watches }

func (a *API) listWatches(ctx context.Context, _ *struct{}) (*watchListOutput, error) {
	listed, err := a.watches.List(ctx)
	if err != nil {
		return nil, err
	}
	shown := make([]latch.RegisteredWatch, len(listed))
	for i := range listed {
		shown[i] = registry.ShownWatch(listed[i])
	}
	return &watchListOutput{Watches{shown}}, nil
}

type watchInput struct {
	ID string `path:"id" doc:"The watch's id"`
}

type watchOutput struct {
	ETag string `header:"ETag" doc:"For If-Match of a change"`
	Body latch.RegisteredWatch
}

func (a *API) getWatch(ctx context.Context, input *watchInput) (*watchOutput, error) {
	found, err := a.watches.Get(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	shown := registry.ShownWatch(*found)
	return &watchOutput{ETag(shown), shown}, nil
}

// A ChangedWatch names a watch that is to be changed. It is exported for huma, which
// fills in the fields of exported types alone.
type ChangedWatch struct {
	ID      string `path:"id" doc:"The watch's id"`
	IfMatch string `header:"If-Match" doc:"The ETag that the watch was read with: refused with 412 where it was changed since"`
}

// check refuses the change of another version than the one that the caller read; nil
// is a watch that is not there.
func (i *ChangedWatch) check(current *latch.RegisteredWatch) error {
	if current == nil {
		return CheckGone(i.IfMatch)
	}
	return CheckMatch(i.IfMatch, registry.ShownWatch(*current))
}

type putWatchInput struct {
	ChangedWatch
	DryRunQuery
	RawBody []byte
}

// A WrittenWatch answers a call that registered a watch, or would.
type WrittenWatch struct {
	latch.RegisteredWatch
	Changes  []FieldChange `json:"changes,omitempty" doc:"Of a dry run: the fields that would change, without credentials"`
	Warnings []Warning     `json:"warnings,omitempty" doc:"Parts of the input that are probably mistakes"`
}

type putWatchOutput struct{ Body WrittenWatch }

// putWatch registers the watch, or replaces it.
func (a *API) putWatch(ctx context.Context, input *putWatchInput) (*putWatchOutput, error) {
	body, err := a.restoredWatch(ctx, input.ID, input.RawBody)
	if err != nil {
		return nil, err
	}
	watch, err := decodeWatch(body, input.ID)
	if err != nil {
		return nil, err
	}
	if err := a.checkReserved(ctx, watch.Webhooks); err != nil {
		return nil, err
	}
	if input.DryRun {
		return a.foreseeWatch(ctx, input, watch)
	}
	put, _, err := a.watches.Put(ctx, *watch, input.check)
	if err != nil {
		return nil, err
	}
	return &putWatchOutput{writtenWatch(put)}, nil
}

func writtenWatch(watch *latch.RegisteredWatch) WrittenWatch {
	return WrittenWatch{RegisteredWatch: registry.ShownWatch(*watch), Warnings: WarningsOf(admission.WatchWarnings(&watch.Watch))}
}

// foreseeWatch answers what putWatch would do. Temporal is asked about the query here too.
func (a *API) foreseeWatch(ctx context.Context, input *putWatchInput, watch *latch.RegisteredWatch) (*putWatchOutput, error) {
	NoteNoAct(ctx)
	found, err := a.watches.Get(ctx, input.ID)
	before, err := currentOrNew(found, err, input.check)
	if err != nil {
		return nil, err
	}
	if err := a.watches.CheckQuery(ctx, watch.Query); err != nil {
		return nil, err
	}
	foreseen := writtenWatch(watch)
	foreseen.Changes = FieldChanges(declared.WatchChanges(*before, *watch))
	return &putWatchOutput{foreseen}, nil
}

// decodeWatch decodes a watch strictly.
func decodeWatch(body []byte, id string) (*latch.RegisteredWatch, error) {
	return decodedUnder(body, id, admission.DecodeWatch,
		func(w *latch.RegisteredWatch) *string { return &w.ID }, (*latch.RegisteredWatch).Validate)
}

// restoredWatch puts the credentials back that a watch which is sent has as ***.
func (a *API) restoredWatch(ctx context.Context, id string, body []byte) ([]byte, error) {
	return restoredFrom(body, func() (any, error) { return a.watches.Get(ctx, id) })
}

func (a *API) deleteWatch(ctx context.Context, input *ChangedWatch) (*nothingOutput, error) {
	return &nothingOutput{}, orGone(a.watches.Delete(ctx, input.ID, input.check), input.IfMatch)
}
