package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/fields"
	"github.com/latch-run/latch/internal/mask"
)

// A TaskRequest is one HTTP task, the same for every attempt.
type TaskRequest struct {
	// ID is the request's Idempotency-Key. It may be empty.
	ID        string         `json:"id,omitempty"`
	Task      latch.HTTPTask `json:"task"`
	Variables expr.Variables `json:"variables,omitempty"`
}

// A TaskResponse is the answer of a task's endpoint. Its JSON is the variable response of
// `success`.
type TaskResponse struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	// Body is the text, at most MaximumResponseBytes.
	Body string `json:"body"`
	// Data is the body if it is valid JSON, or else nil.
	Data json.RawMessage `json:"data"`
}

// Do makes one attempt at an HTTP task. It classifies a status as for a webhook, except that an
// answer for which the task's `success` is true is a success whatever its status, and one for
// which it is false or fails is a [*PermanentError], unless its status may be retried. The
// response is nil if none arrived. Its errors are those of [Sender.Send].
func (s *Sender) Do(ctx context.Context, r TaskRequest) (*TaskResponse, error) {
	call, err := s.prepareTask(&r)
	if err != nil {
		return nil, err
	}
	call.now = s.clock(ctx)
	received, err := s.perform(ctx, call)
	if received == nil {
		return nil, err
	}
	response := received.taskResponse(call.masker)
	if err := s.judge(call, received, response, err, r.Task.Success, r.Variables); err != nil {
		return response, err
	}
	return response, call.untilTrue(received, r.Task.Poll, response, r.Variables)
}

// prepareTask returns the call of a task. It fails with a *PermanentError.
func (s *Sender) prepareTask(r *TaskRequest) (*call, error) {
	r.Task = latch.WithDefaults(r.Task)
	fields.Detach(&r.Task)
	task := &r.Task
	given := fields.Of(task)
	found, texts, missing := s.lookup(fields.Texts(given, fields.Secret))
	access, err := s.newAccess(task.Auth, task.TLS, found)
	masked := slices.Concat(texts, urlTexts(found, task.URLSecret), access.texts())
	c := &call{target: "http task", timeout: time.Duration(task.Timeout), retry: task.Retry, secrets: masked, masker: s.maskerOf(masked)}
	if err := errors.Join(task.ValidateRequest().Err(), missing, err); err != nil {
		return nil, c.fail(err)
	}
	templates := templatesIn(given, r.variables, nil)
	target, err := templates.targetOf(task.URLSecret, &task.URL, found)
	if err != nil {
		return nil, c.fail(err)
	}
	c.target = target.shown(task.Method, c.masker)
	c.secrets = append(c.secrets, target.credentials...)
	c.masker = s.maskerOf(c.secrets)
	if err := mayGoTo(found, target, task.TLS); err != nil {
		return nil, c.fail(err)
	}
	header := newHeaderWriter()
	body, err := s.taskContent(r, &templates, found, &header)
	if err != nil {
		return nil, c.fail(err)
	}
	if err := access.writeHeader(&header); err != nil {
		return nil, c.fail(err)
	}
	c.request = outgoing{task.Method, target.url, header.written, body}
	if err := s.admit(c, &access); err != nil {
		return nil, c.fail(err)
	}
	return c, nil
}

// variables returns the variables of the task's templates.
func (r *TaskRequest) variables(reader) expr.Variables { return r.Variables }

// taskContent renders the remaining templates of the task, and returns its body.
func (s *Sender) taskContent(r *TaskRequest, t *templates, secrets keyring, header *headerWriter) ([]byte, error) {
	bare := absent(r.Task.Body)
	if err := t.fillInRest(); err != nil {
		return nil, err
	}
	if err := writeHeaders(header, s.userAgent, r.ID, r.Task.Headers); err != nil {
		return nil, err
	}
	if err := writeHeaderSecrets(header, r.Task.HeaderSecrets, secrets); err != nil {
		return nil, err
	}
	if err := header.checkSize(); err != nil || bare {
		return nil, err
	}
	body := []byte(r.Task.Body)
	if err := header.set("Content-Type", contentTypeOf(r.Task.ContentType, body)); err != nil {
		return nil, err
	}
	if len(body) > MaximumRequestBytes {
		return nil, fmt.Errorf("its body has %d bytes, more than the limit of %d KiB", len(body), MaximumRequestBytes>>10)
	}
	return body, nil
}

func (a *answer) taskResponse(m *mask.Masker) *TaskResponse {
	response := &TaskResponse{Status: a.status, Headers: a.headers(m, maximumHeaderBytes), Body: cleanText(m.Text(string(a.body)))}
	if !a.broken && a.read().isJSON() {
		response.Data = m.JSON(a.body)
	}
	return response
}
