package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/deliveries"
	"github.com/latch-run/latch/internal/overload"
	"github.com/latch-run/latch/internal/runs"
)

// A Problem is an error response (RFC 9457). Its extensions name invalid fields
// and the conflicting run.
type Problem struct {
	huma.ErrorModel
	WorkflowID string `json:"workflow_id,omitempty" doc:"The run that is in conflict"`
	RunID      string `json:"run_id,omitempty"`
	// Record is the record of a lock that was removed before.
	Record *latch.Record `json:"record,omitempty" doc:"The unchanged record of a lock that was removed before"`
	// Current is the current version of what the caller wanted to change.
	Current json.RawMessage `json:"current,omitempty" doc:"What it was changed into since the caller read it"`

	retryAfter time.Duration
}

// GetHeaders returns the headers of the response.
func (p *Problem) GetHeaders() http.Header {
	headers := http.Header{}
	if p.retryAfter > 0 {
		headers.Set("Retry-After", strconv.Itoa(int(p.retryAfter/time.Second)))
	}
	if p.Status == http.StatusUnauthorized {
		headers.Set("WWW-Authenticate", `Bearer realm="latch"`)
	}
	return headers
}

// brokenBody is the message of huma when it fails to read a request body. huma
// maps that to 500; it is the client's error, so the answer is 400.
const brokenBody = "cannot read request body"

// init makes huma return its own errors as problems, too.
func init() {
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		if message == brokenBody {
			status = http.StatusBadRequest
		}
		p := NewProblem(status, "%s", message)
		for _, err := range errs {
			if err != nil {
				p.Add(err)
			}
		}
		return p
	}
}

// NewProblem returns a problem with a status and a text for people.
func NewProblem(status int, format string, args ...any) *Problem {
	return &Problem{ErrorModel: huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: fmt.Sprintf(format, args...)}}
}

// retryAfter is how long a 503 asks the caller to wait.
const retryAfter = 5 * time.Second

func unavailable(format string, args ...any) *Problem {
	p := NewProblem(http.StatusServiceUnavailable, format, args...)
	p.retryAfter = retryAfter
	return p
}

// Invalid returns the problem for an invalid body.
func Invalid(problems latch.Problems) *Problem {
	detail := "The body is invalid. \"errors\" lists each wrong field and what would be right."
	if len(problems) == 1 {
		detail = problems[0].String()
	}
	p := NewProblem(http.StatusUnprocessableEntity, "%s", detail)
	for _, each := range problems.First(100) {
		location := "body"
		if each.Path != "" {
			location += "." + each.Path
		}
		p.Errors = append(p.Errors, &huma.ErrorDetail{Location: location, Message: each.Message})
	}
	return p
}

// Decoded returns the problem for an error of decoding a body, or nil for nil.
func Decoded(err error) error {
	var problems latch.Problems
	switch {
	case err == nil:
		return nil
	case errors.As(err, &problems):
		return Invalid(problems)
	default:
		return NewProblem(http.StatusUnprocessableEntity, "%v", err)
	}
}

// NeedJSON rejects a body that is not JSON.
func NeedJSON(body []byte) error {
	if json.Valid(body) {
		return nil
	}
	var value any
	return NewProblem(http.StatusBadRequest, "The body is not JSON: %v.", json.Unmarshal(body, &value))
}

// Explain converts an error of Temporal, of a run or of the registry to a
// problem.
func (a *API) Explain(ctx context.Context, err error) error {
	var known *Problem
	if err == nil || errors.As(err, &known) {
		return err
	}
	var application *temporal.ApplicationError
	if errors.As(err, &application) {
		if status := statusOf(application.Type()); status != 0 {
			p := NewProblem(status, "%s", application.Message())
			p.Record = recordIn(application)
			return p
		}
	}
	var refused *deliveries.RefusedError
	if errors.As(err, &refused) {
		return explainDelivery(refused)
	}
	var argument *runs.ArgumentError
	if errors.As(err, &argument) {
		return NewProblem(http.StatusUnprocessableEntity, "%v", argument)
	}
	var missing *deliveries.MissingAttributeError
	if errors.As(err, &missing) {
		return explainMissing(missing)
	}
	if errors.As(explainRegistry(err), &known) {
		return known
	}
	var old *runs.OldWorkerError
	if errors.As(err, &old) {
		a.Logger.WarnContext(ctx, "a worker cannot go on with a run", "error", old.Cause)
		return unavailable("The run cannot answer now: %v.", old)
	}
	if runs.IsPaused(err) {
		return NewProblem(http.StatusConflict, "The run is paused in Temporal: it answers nothing and takes no message until it is "+
			"unpaused there.")
	}
	if isUnreachable(err) {
		a.Logger.WarnContext(ctx, "Temporal, or a worker, does not answer", "error", err)
		return unavailable("Temporal, or the worker that has to answer, cannot be reached. Try again later.")
	}
	var invalidArgument *serviceerror.InvalidArgument
	if errors.As(err, &invalidArgument) {
		return NewProblem(http.StatusUnprocessableEntity, "Temporal rejected the request: %s", invalidArgument.Message)
	}
	a.Logger.ErrorContext(ctx, "request failed", "error", err)
	return NewProblem(http.StatusInternalServerError, "Internal error. The API's log has the details.")
}

// recordIn returns the record of a removed lock in the details of a rejection,
// or nil.
func recordIn(refused *temporal.ApplicationError) *latch.Record {
	record := new(latch.Record)
	if refused.Type() != latch.ErrorTooLate || !refused.HasDetails() || refused.Details(record) != nil || record.Lock == nil {
		return nil
	}
	return record
}

// statusOf returns the status for the type of an application error.
func statusOf(kind string) int {
	switch kind {
	case latch.ErrorUnknownLock:
		return http.StatusNotFound
	case latch.ErrorTooLate, latch.ErrorOtherDigest:
		return http.StatusConflict
	case latch.ErrorForbidden:
		return http.StatusForbidden
	case latch.ErrorInvalidSpec, latch.ErrorInvalidArgument:
		return http.StatusUnprocessableEntity
	default:
		return 0
	}
}

// isUnreachable reports whether neither Temporal nor a worker answered.
func isUnreachable(err error) bool {
	return runs.IsUnanswered(err) || runs.IsRefused(err) || runs.IsNotBegun(err) || overload.Is(err) ||
		status.Code(err) == codes.Unauthenticated || errors.Is(err, context.Canceled)
}

// isUnknownLock reports whether the error says that the run made no such lock.
func isUnknownLock(err error) bool {
	var application *temporal.ApplicationError
	return errors.As(err, &application) && application.Type() == latch.ErrorUnknownLock
}

// WriteProblem writes a problem outside of huma's handlers.
func WriteProblem(w http.ResponseWriter, p *Problem) {
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the caller has gone away
}
