package backend

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
)

// API is the [Backend] over the HTTP API.
type API struct {
	client *apiclient.Client
	// warn is called with the parts of a command that the API omits.
	warn func(format string, arguments ...any)
}

var _ Backend = (*API)(nil)

// NewAPI returns the backend over the API at the address, with the key, which may be empty; see
// [apiclient.New]. warn is called with the parts of a command that the API omits, and if the
// key is sent unencrypted.
func NewAPI(address, key string, warn func(format string, arguments ...any)) (*API, error) {
	client, err := apiclient.New(address, key)
	if err != nil {
		return nil, err
	}
	if key != "" && client.IsOpen() {
		warn("the key goes to %s unencrypted, for all on the way to read; use https", client.Address())
	}
	return &API{client, warn}, nil
}

// Close does nothing, because calls leave nothing open.
func (*API) Close() {}

// Registry returns an error: the API keeps jobs in another form.
func (*API) Registry() (Registry, error) { return nil, &UnsupportedError{} }

// Server returns an error: the API lacks it.
func (*API) Server() (Server, error) { return nil, &UnsupportedError{} }

// Unpolled returns false, because the API does not know.
func (*API) Unpolled(context.Context, string) bool { return false }

// failed converts an error of a call into a failure of the same kind as with Temporal. conflict
// is the kind of a 409.
func (a *API) failed(err error, conflict string) error {
	var unreachable *apiclient.Unreachable
	var problem *apiclient.Problem
	switch {
	case errors.As(err, &unreachable):
		return failure.New(failure.Unreachable, "cannot reach the API at %s: %v; --api or LATCH_API says where it is", a.client.Address(), unreachable)
	case errors.As(err, &problem):
		return a.refused(problem, conflict)
	default:
		return err
	}
}

func (a *API) refused(problem *apiclient.Problem, conflict string) *failure.Error {
	text := output.OneLine(problem.Error())
	switch problem.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return failure.New(failure.Unreachable, "the API at %s rejected the API key in LATCH_API_KEY (%d): %s", a.client.Address(), problem.Status, text)
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		f := failure.New(latch.ErrorInvalidArgument, "%s", text)
		if f.Problems = problem.Problems(); len(f.Problems) > 1 {
			f.Text = output.Printable(f.Problems.Error())
		}
		return f
	case http.StatusNotFound:
		return failure.New(failure.NotFound, "%s", text)
	case http.StatusConflict:
		f := failure.New(conflict, "%s", text)
		f.Record = problem.Record
		return f
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		f := failure.New(failure.Unreachable, "%s", text)
		f.RetryAfter = problem.RetryAfter
		return f
	default:
		return failure.New(failure.Failed, "%s", text)
	}
}

// exactly formats a time for the API, with "" for the zero time.
func exactly(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339Nano)
}
