package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
)

// A TaskRequest is one HTTP task, the same for every attempt.
type TaskRequest struct {
	// ID is the request's Idempotency-Key; empty for none.
	ID        string         `json:"id,omitempty"`
	Task      latch.HTTPTask `json:"task"`
	Variables expr.Variables `json:"variables,omitempty"`
}

// A TaskResponse is what a task's endpoint answered. Its JSON is the variable
// response of `success`.
type TaskResponse struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	// Body is the text, at most MaximumResponseBytes.
	Body string `json:"body"`
	// Data is the body if it is JSON, else nil.
	Data json.RawMessage `json:"data"`
}

// Do makes one attempt at an HTTP task. A status is classified as that of a
// webhook, but an answer for which the task's `success` is true is a success
// whatever its status, and one for which it is false or fails is none: a
// [*PermanentError], unless its status is worth another attempt. The response
// is nil where none came; errors are those of [Sender.Send].
func (s *Sender) Do(ctx context.Context, r TaskRequest) (*TaskResponse, error) {
	call, err := s.prepareTask(&r)
	if err != nil {
		return nil, err
	}
	received, err := s.perform(ctx, call)
	if received == nil {
		return nil, err
	}
	response := received.taskResponse(call.masker)
	return response, s.judge(call, received, response, err, r.Task.Success, r.Variables)
}

// prepareTask makes the call of a task. It fails with a *PermanentError.
func (s *Sender) prepareTask(r *TaskRequest) (*call, error) {
	found, texts, missing := s.lookup(append(r.Task.Auth.SecretNames(), r.Task.TLS.SecretNames()...))
	access, err := s.newAccess(r.Task.Auth, r.Task.TLS, found)
	masked := slices.Concat(texts, access.texts())
	c := &call{target: "http task", timeout: r.Task.TimeoutOrDefault(), retry: r.Task.Retry, secrets: masked, masker: s.maskerOf(masked)}
	if err := errors.Join(r.Task.ValidateRequest().Err(), missing, err); err != nil {
		return nil, c.fail(err)
	}
	address, err := r.render(r.Task.URL, expr.InURL)
	if err != nil {
		return nil, c.fail(fmt.Errorf("its url could not be rendered: %w", err))
	}
	target, err := parseTarget(address)
	if err != nil {
		return nil, c.fail(fmt.Errorf("its url cannot be called: %w", err))
	}
	c.target = target.shown(r.Task.MethodOrDefault(), c.masker)
	if err := mayGoTo(found, target, r.Task.TLS); err != nil {
		return nil, c.fail(err)
	}
	header, body, err := s.taskContent(r)
	if err != nil {
		return nil, c.fail(err)
	}
	if err := access.writeHeader(header); err != nil {
		return nil, c.fail(err)
	}
	c.request = outgoing{r.Task.MethodOrDefault(), target.url, header, body}
	if err := s.admit(c, &access); err != nil {
		return nil, c.fail(err)
	}
	return c, nil
}

// variables gives what the task's templates see.
func (r *TaskRequest) variables(reader) expr.Variables { return r.Variables }

// render renders one template of the task's own.
func (r *TaskRequest) render(source string, place expr.Place) (string, error) {
	return render(source, place, r.variables)
}

func (s *Sender) taskContent(r *TaskRequest) (http.Header, []byte, error) {
	header := http.Header{}
	if err := writeHeaders(header, s.userAgent, r.ID, r.Task.Headers, r.render); err != nil {
		return nil, nil, err
	}
	if err := checkHeaderSize(header); err != nil || absent(r.Task.Body) {
		return header, nil, err
	}
	contentType := r.Task.ContentType
	if contentType == "" {
		contentType = latch.DefaultContentType
	}
	body, err := renderBody(r.Task.Body, latch.BodyKindOf(contentType), r.variables)
	if err != nil {
		return nil, nil, fmt.Errorf("its body could not be rendered: %w", err)
	}
	if err := setHeader(header, "Content-Type", contentTypeOf(contentType, body)); err != nil {
		return nil, nil, err
	}
	if len(body) > MaximumRequestBytes {
		return nil, nil, fmt.Errorf("its body has %d bytes, more than the limit of %d KiB", len(body), MaximumRequestBytes>>10)
	}
	return header, body, nil
}

func (a *answer) taskResponse(m *masker) *TaskResponse {
	response := &TaskResponse{Status: a.status, Headers: a.headers(m, maximumHeaderBytes), Body: cleanText(m.text(string(a.body)))}
	if !a.cut && !a.broken && json.Valid(a.body) {
		response.Data = m.json(json.RawMessage(cleanText(string(a.body))))
	}
	return response
}

// judge decides about an answer by its status and by success, an expression
// over response; broken is what broke the answer off, if something did.
func (s *Sender) judge(c *call, received *answer, response *TaskResponse, broken error, success string, variables expr.Variables) error {
	verdict := received.verdict(c, s.now())
	again, said := c.retry.Again(received.status)
	switch {
	case broken != nil && said && !again:
		return verdict
	case broken != nil && (received.succeeded() || success != ""):
		if Retryable(verdict) {
			return verdict
		}
		return broken
	case success == "" || received.succeeded() && verdict != nil && !again:
		return verdict
	}
	succeeded, err := succeeds(success, response, variables)
	switch {
	case err == nil && succeeded:
		return nil
	case Retryable(verdict) || isGone(verdict):
		return verdict
	case err != nil && c.redaction != nil: // whose text may quote the answer
		return permanentf("%s", c.tell(received.statusText()+", and its success could not be decided; why is not told of answers that are redacted"))
	case err != nil:
		return permanentf("%s", c.tell(fmt.Sprintf("%s, and its success could not be decided: %v", received.statusText(), err)))
	default:
		return permanentf("%s", c.tell(fmt.Sprintf("%s%s, for which its success, %q, is false", received.statusText(), received.leads(c), success)))
	}
}

func succeeds(source string, response *TaskResponse, variables expr.Variables) (bool, error) {
	success, err := expr.Compile(source, expr.Success)
	if err != nil {
		return false, err
	}
	variables = maps.Clone(variables)
	if variables == nil {
		variables = expr.Variables{}
	}
	if variables["response"], err = json.Marshal(response); err != nil {
		return false, err
	}
	return success.Bool(variables)
}
