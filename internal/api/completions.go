package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/completion"
	"github.com/latch-run/latch/internal/runs"
)

const (
	// hintsPerSecond bounds the average rate at which an API hints watches at runs that have
	// closed, and hintsAtOnce how often without a pause, after a pause. Each time costs the
	// history of a watch some twenty events, however many runs there are.
	hintsPerSecond = 1
	hintsAtOnce    = 2
	// maximumHinted bounds the runs of one time.
	maximumHinted = 500
	// hintTimeout bounds one time. Temporal waits ten seconds for an answer.
	hintTimeout = 8 * time.Second
	// maximumResult bounds how much is taken of the result of a run, which is not looked at.
	maximumResult = 4 << 20
)

func (a *API) registerCompletions() {
	a.completions = &gatherer[*pendingClose]{handOn: func(closed []*pendingClose) { go a.hint(closed) },
		fit: func(waiting []*pendingClose) int { return min(len(waiting), maximumHinted) }, pace: rate.NewLimiter(hintsPerSecond, hintsAtOnce)}
	a.Handle(Operation{ID: "take-completion", Method: http.MethodPost, Act: NotAct, Path: completion.Path, Public: true,
		Errors: []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusNotFound, http.StatusRequestEntityTooLarge,
			http.StatusServiceUnavailable},
		Summary: "Take Temporal's word that a run has closed",
		About: "Temporal's server calls it, by the completion callbacks of the runs that the API has started: a Nexus completion, whose header " +
			"Nexus-Link names the run. It needs no key: the token in " + completion.TokenHeader + " proves that the API made the callback. " +
			"Watches that look for the run then look at once; they tell of it only if Temporal says the same. " +
			"404 without LATCH_COMPLETION_CALLBACK_URL."}, completion.Path, a.takeCompletion)
}

// startCallbacks returns the callbacks of runs that the API starts; nil for none.
func (a *API) startCallbacks() runs.Callbacks {
	if a.callbacks == nil {
		return nil
	}
	return a.callbacks
}

// completionSecret returns what the tokens of callbacks are made by. A run may last longer than an
// API key, so LATCH_LINK_KEY comes first.
func (a *API) completionSecret() []byte {
	if len(a.secret) > 0 {
		return a.secret
	}
	return a.DeriveKey("completion callbacks")
}

// A pendingClose is a run whose close was heard of, and of which no watch knows yet.
type pendingClose struct {
	completion.Close
	answered chan error
}

// takeCompletion answers once the watches know, so that Temporal calls again if this process ends
// before that.
func (a *API) takeCompletion(w http.ResponseWriter, r *http.Request) {
	if refused := a.takeClose(w, r); refused != nil {
		WriteProblem(w, refused)
	}
}

func (a *API) takeClose(w http.ResponseWriter, r *http.Request) *Problem {
	if a.callbacks == nil {
		return NewProblem(http.StatusNotFound, "No completions are taken here: LATCH_COMPLETION_CALLBACK_URL is not set.")
	}
	closed, err := a.callbacks.Read(r.Header)
	switch {
	case errors.Is(err, completion.ErrForged):
		// A token cannot be guessed, and those of an earlier key come from Temporal's own address, so
		// they do not count as guesses.
		refused := NewProblem(http.StatusUnauthorized, "This is not taken for a callback of this API's: %v.", err)
		a.NoteRefused(r.Context(), nil, latch.AuditAccess, "", "", refused)
		return refused
	case err != nil:
		return NewProblem(http.StatusBadRequest, "The request is not the completion of a run: %v.", err)
	}
	NoteCaller(r, "temporal")
	// A caller that still writes may not read an answer.
	if _, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, maximumResult)); err != nil {
		return NewProblem(http.StatusRequestEntityTooLarge, "The body cannot be read, or has more than %d bytes.", maximumResult)
	}
	pending := &pendingClose{closed, make(chan error, 1)}
	a.completions.add(pending)
	select {
	case err = <-pending.answered:
	case <-r.Context().Done():
		err = r.Context().Err()
	}
	if err != nil {
		a.Logger.WarnContext(r.Context(), "cannot tell watches of a run that has closed; Temporal calls again", "workflow_id", closed.WorkflowID,
			"run_id", closed.RunID, "error", err)
		return unavailable("Watches cannot be told now. Try again later.")
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// hint hints watches at runs.
func (a *API) hint(pending []*pendingClose) {
	ctx, cancel := context.WithTimeout(context.Background(), hintTimeout)
	defer cancel()
	closed := make([]completion.Close, len(pending))
	for i, each := range pending {
		closed[i] = each.Close
	}
	err := a.watches.Hint(ctx, closed)
	for _, each := range pending {
		each.answered <- err
	}
}
