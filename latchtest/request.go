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

// A Request is one HTTP request that was sent: an attempt of a delivery or of
// an http task, or a request for an OAuth2 token. Secrets are masked
// everywhere, and so are credentials in its URL.
type Request struct {
	// Webhook, Event, Step and DeliveryID are set only for a delivery.
	Webhook, Event, Step, DeliveryID string
	// WorkflowID is the workflow id of the run that sent it.
	WorkflowID string
	// Attempt counts from 1.
	Attempt int
	// At is when it was sent, by the environment's clock.
	At time.Time

	Method, URL string
	Header      http.Header
	Body        string

	// Status is the status of the response, or 0 if Err was returned instead.
	// Scripted is true if a script answered.
	Status   int
	Err      error
	Scripted bool
}

// Requests returns all requests sent so far, in order. The order of concurrent
// requests is undefined.
func (h *Hooks) Requests() []Request {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	requests := make([]Request, len(h.requests))
	for i, request := range h.requests {
		requests[i] = *request
	}
	return requests
}

// Decode decodes the body as JSON.
func (r Request) Decode(into any) error {
	if err := json.Unmarshal([]byte(r.Body), into); err != nil {
		return fmt.Errorf("the body of %s: %w", r, err)
	}
	return nil
}

// String describes the request for messages.
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

// where returns the place that a script must cover to answer the request. url
// is its URL.
func (r *Request) where(url string) where {
	w := where{webhook: r.Webhook, event: r.Event, step: r.Step, workflow: r.WorkflowID}
	if r.Webhook == "" {
		w.url = url
	}
	return w
}

// requestOf returns the recorded form of a request.
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
		if delivery.Occurrence.WorkflowID != "" { // the run that fired, even if another carries the delivery on
			made.WorkflowID = delivery.Occurrence.WorkflowID
		}
	}
	return made, nil
}
