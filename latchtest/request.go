package latchtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/latch-run/latch/internal/rehearsal"
	"github.com/latch-run/latch/internal/urlmask"
)

// A Request is one HTTP request that went out: an attempt of a delivery, of an
// http task, or for an OAuth2 token. Secrets are masked in all of it, and so are
// credentials in its URL.
type Request struct {
	// Webhook, Event, Step and DeliveryID are those of a delivery; "" for all else.
	Webhook, Event, Step, DeliveryID string
	// WorkflowID is the run that sent it.
	WorkflowID string
	// Attempt counts from 1.
	Attempt int
	// At is when it went out, by the environment's clock.
	At time.Time

	Method, URL string
	Header      http.Header
	Body        string

	// Status is what it was answered with; 0 where Err stands in the place of an
	// answer. Scripted reports that a script answered.
	Status   int
	Err      error
	Scripted bool
}

// Requests returns all requests that went out so far, in their order. Those that
// go out side by side have no order.
func (h *Hooks) Requests() []Request {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	requests := make([]Request, len(h.requests))
	for i, request := range h.requests {
		requests[i] = *request
	}
	return requests
}

// Decode reads the body as JSON.
func (r Request) Decode(into any) error {
	if err := json.Unmarshal([]byte(r.Body), into); err != nil {
		return fmt.Errorf("the body of %s: %w", r, err)
	}
	return nil
}

// String names the request in messages.
func (r Request) String() string {
	text := r.Method + " " + r.URL
	if r.Webhook != "" {
		text += fmt.Sprintf(", attempt %d of webhook %q at %s", r.Attempt, r.Webhook, r.Event)
	}
	if r.Step != "" {
		text += fmt.Sprintf(" of step %q", r.Step)
	}
	return text
}

// where returns what a script must be for to answer the request, which went to the
// URL.
func (r *Request) where(url string) where {
	w := where{webhook: r.Webhook, event: r.Event, step: r.Step, workflow: r.WorkflowID}
	if r.Webhook == "" {
		w.url = url
	}
	return w
}

// requestOf returns what is kept of a request.
func (h *Hooks) requestOf(sent *http.Request, message rehearsal.Message) (*Request, error) {
	info := activity.GetInfo(sent.Context())
	made := &Request{WorkflowID: info.WorkflowExecution.ID, Attempt: int(info.Attempt), At: h.env.Now(),
		Method: sent.Method, URL: urlmask.URL(message.Hide(sent.URL.String())), Header: http.Header{}}
	for name, values := range sent.Header {
		for _, value := range values {
			made.Header.Add(name, message.Hide(value))
		}
	}
	if sent.Body != nil {
		body, err := io.ReadAll(sent.Body)
		if err != nil {
			return nil, fmt.Errorf("reading the body that goes out: %w", err)
		}
		made.Body = message.Hide(string(body))
	}
	if delivery := message.Delivery; delivery != nil {
		made.Webhook, made.Event, made.DeliveryID = delivery.Webhook.ID, delivery.Event.Event, delivery.DeliveryID
		made.Step, made.Attempt = delivery.Occurrence.Step, message.Attempt
		if delivery.Occurrence.WorkflowID != "" { // that of the run that fired, not of one that carries on
			made.WorkflowID = delivery.Occurrence.WorkflowID
		}
	}
	return made, nil
}
