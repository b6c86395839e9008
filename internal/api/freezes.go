package api

import (
	"context"
	"net/http"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/declared"
	"github.com/latch-run/latch/internal/freeze"
)

const freezesPath = "/latch/v1/freezes"

func (a *API) registerFreezes() {
	missing := []int{http.StatusNotFound}
	Register[NoBody](a, Operation{ID: "list-freezes", Method: http.MethodGet, Path: freezesPath, Role: RoleRead,
		Summary: "List freezes", About: "Those of the task queue, in the order of creation, each with its state: whether it is in force, " +
			"since and until when, and its next window."}, a.listFreezes)
	Register[NoBody](a, Operation{ID: "get-freeze", Method: http.MethodGet, Path: freezesPath + "/{id}", Role: RoleRead,
		Errors: missing, Summary: "Show a freeze and its state"}, a.getFreeze)
	Register[latch.RegisteredFreeze](a, Operation{ID: "put-freeze", Method: http.MethodPut, Act: latch.AuditFreezePut,
		Path: freezesPath + "/{id}", Role: RoleAdmin, Load: LoadUrgent,
		Errors: []int{http.StatusPreconditionFailed}, Summary: "Replace the freeze with this id, or register it", Required: true,
		About: "Takes the whole freeze; its id may be left out. It applies to releases that begin from now on; one that waits already waits " +
			"as it was told."}, a.putFreeze)
	Register[NoBody](a, Operation{ID: "delete-freeze", Method: http.MethodDelete, Act: latch.AuditFreezeDelete,
		Path: freezesPath + "/{id}", Role: RoleAdmin, Load: LoadUrgent,
		Status: http.StatusNoContent, Errors: []int{http.StatusNotFound, http.StatusPreconditionFailed}, Summary: "Delete a freeze",
		About: "Releases that begin from now on do not wait for it. One that waits already waits on."}, a.deleteFreeze)
}

// Freezes is the list of freezes.
type Freezes struct {
	Freezes []latch.RegisteredFreeze `json:"freezes"`
}

type freezeListOutput struct{ Body Freezes }

func (a *API) listFreezes(ctx context.Context, _ *struct{}) (*freezeListOutput, error) {
	listed, err := a.freezes.List(ctx)
	if err != nil {
		return nil, err
	}
	shown, now := make([]latch.RegisteredFreeze, len(listed)), time.Now()
	for i := range listed {
		shown[i] = freeze.Shown(listed[i], now)
	}
	return &freezeListOutput{Freezes{shown}}, nil
}

type freezeInput struct {
	ID string `path:"id" doc:"The freeze's id"`
}

type freezeOutput struct {
	ETag string `header:"ETag" doc:"For If-Match of a change; it does not depend on the state"`
	Body latch.RegisteredFreeze
}

func (a *API) getFreeze(ctx context.Context, input *freezeInput) (*freezeOutput, error) {
	found, err := a.freezes.Get(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	return &freezeOutput{ETag(*found), freeze.Shown(*found, time.Now())}, nil
}

// A ChangedFreeze names the freeze to change. It is exported because huma fills in the fields of
// exported types only.
type ChangedFreeze struct {
	ID      string `path:"id" doc:"The freeze's id"`
	IfMatch string `header:"If-Match" doc:"The ETag that the freeze was read with: refused with 412 where it was changed since"`
}

// check returns an error if the freeze is no longer the version that the caller read. It is nil for
// a freeze that does not exist.
func (i *ChangedFreeze) check(current *latch.RegisteredFreeze) error {
	if current == nil {
		return CheckGone(i.IfMatch)
	}
	return CheckMatch(i.IfMatch, *current)
}

type putFreezeInput struct {
	ChangedFreeze
	DryRunQuery
	RawBody []byte
}

// A WrittenFreeze answers a call that registered a freeze, or would.
type WrittenFreeze struct {
	latch.RegisteredFreeze
	Changes  []FieldChange `json:"changes,omitempty" doc:"Of a dry run: the fields that would change"`
	Warnings []Warning     `json:"warnings,omitempty" doc:"Parts of the input that are probably mistakes"`
}

type putFreezeOutput struct{ Body WrittenFreeze }

// putFreeze registers the freeze, or replaces it.
func (a *API) putFreeze(ctx context.Context, input *putFreezeInput) (*putFreezeOutput, error) {
	decoded, err := decodeFreeze(input.RawBody, input.ID)
	if err != nil {
		return nil, err
	}
	if input.DryRun {
		return a.foreseeFreeze(ctx, input, decoded)
	}
	put, _, err := a.freezes.Put(ctx, *decoded, input.check)
	if err != nil {
		return nil, err
	}
	return &putFreezeOutput{writtenFreeze(put)}, nil
}

func writtenFreeze(written *latch.RegisteredFreeze) WrittenFreeze {
	now := time.Now()
	return WrittenFreeze{RegisteredFreeze: freeze.Shown(*written, now), Warnings: WarningsOf(admission.FreezeWarnings(&written.Freeze, now))}
}

// foreseeFreeze answers what putFreeze would do.
func (a *API) foreseeFreeze(ctx context.Context, input *putFreezeInput, decoded *latch.RegisteredFreeze) (*putFreezeOutput, error) {
	NoteNoAct(ctx)
	found, err := a.freezes.Get(ctx, input.ID)
	before, err := currentOrNew(found, err, input.check)
	if err != nil {
		return nil, err
	}
	foreseen := writtenFreeze(decoded)
	foreseen.Changes = FieldChanges(declared.FreezeChanges(*before, *decoded))
	return &putFreezeOutput{foreseen}, nil
}

// decodeFreeze decodes a freeze strictly.
func decodeFreeze(body []byte, id string) (*latch.RegisteredFreeze, error) {
	return decodedUnder(body, id, admission.DecodeFreeze,
		func(f *latch.RegisteredFreeze) *string { return &f.ID }, (*latch.RegisteredFreeze).Validate)
}

func (a *API) deleteFreeze(ctx context.Context, input *ChangedFreeze) (*nothingOutput, error) {
	return &nothingOutput{}, orGone(a.freezes.Delete(ctx, input.ID, input.check), input.IfMatch)
}
