package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/evidence"
)

func (a *API) registerEvidence() {
	for kind, path := range map[latch.Kind]string{latch.ReleaseKind: releasesPath, latch.GateKind: gatesPath} {
		Register[NoBody](a, Operation{ID: "get-" + string(kind) + "-evidence", Method: http.MethodGet, Path: path + "/{id}/evidence",
			Role: RoleRead, Errors: []int{http.StatusNotFound, http.StatusConflict, http.StatusNotImplemented},
			Summary: "Get signed evidence of a closed " + string(kind),
			About: "Answers with an in-toto statement in a DSSE envelope, signed with LATCH_EVIDENCE_KEY: the digest of the input, " +
				"what each webhook was asked and answered, the rules and what they decided, who removed locks, and what was undone. " +
				"starter evidence verify checks it. While the run is open the answer is 409, and without a key 501."}, a.getEvidence(kind))
	}
}

// SignsEvidence reports whether the API has a key that signs evidence.
func (a *API) SignsEvidence() bool { return !a.evidenceKey.IsZero() }

type evidenceInput struct {
	ID string `path:"id" doc:"Its id, or its workflow id"`
}

type evidenceOutput struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

func (a *API) getEvidence(kind latch.Kind) func(context.Context, *evidenceInput) (*evidenceOutput, error) {
	return func(ctx context.Context, input *evidenceInput) (*evidenceOutput, error) {
		if !a.SignsEvidence() {
			return nil, NewProblem(http.StatusNotImplemented, "This API signs no evidence, because it has no LATCH_EVIDENCE_KEY.")
		}
		info, err := a.findRun(ctx, kind, input.ID)
		if err != nil {
			return nil, err
		}
		stated, err := evidence.Gather(ctx, a.Runs, info)
		if open, is := errors.AsType[*evidence.OpenError](err); is {
			return nil, NewProblem(http.StatusConflict, "%s.", open)
		}
		if err != nil {
			return nil, err
		}
		return &evidenceOutput{evidence.MediaType, a.evidenceKey.Seal(stated)}, nil
	}
}
