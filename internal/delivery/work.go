package delivery

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/fields"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
)

// Work is the input of an attempt at a hook that is work.
type Work struct {
	Arguments []json.RawMessage
	// WorkflowID is the id of a child workflow.
	WorkflowID string
	// Request is the record's description of it, or nil if nothing is known.
	Request *latch.RecordRequest
}

// Compose renders the input of an attempt (1 and up) at a hook that is work: its own input, or
// else the body that an endpoint would get. The result is never nil.
func (s *Sender) Compose(r *protocol.WebhookRequest, attempt int, now time.Time) (*Work, error) {
	d := s.newDraft(r, attempt, now)
	work, err := d.compose()
	work.Request = d.record
	if err != nil {
		return work, (&call{target: d.subject(), masker: d.masker}).fail(err)
	}
	return work, nil
}

func (d *draft) compose() (*Work, error) {
	work := &Work{}
	if err := d.resolveSecrets(); err != nil {
		return work, err
	}
	if err := d.checkShape(); err != nil {
		return work, err
	}
	d.record = &latch.RecordRequest{Method: strings.ToUpper(d.Webhook.Work()), URL: d.Webhook.WorkName(),
		ContentType: latch.DefaultContentType}
	own := d.Webhook.WorkInput() != nil
	if !own {
		if err := d.writeBody(); err != nil {
			return work, err
		}
	}
	d.templates.drop(fields.BodyTemplate)
	if err := d.templates.fillInRest(); err != nil {
		return work, err
	}
	if work.Arguments = d.Webhook.WorkInput(); !own {
		work.Arguments = []json.RawMessage{asJSON(d.body)}
	}
	d.record.Bytes = 0
	for _, argument := range work.Arguments {
		d.record.Bytes += len(argument)
	}
	if d.record.Bytes > MaximumRequestBytes {
		return work, errors.New("its input has more bytes than a request may have")
	}
	if d.Webhook.Workflow != nil {
		work.WorkflowID = d.Webhook.Workflow.ID
		if work.WorkflowID == "" {
			work.WorkflowID = d.DeliveryID
		}
		return work, checkWorkflowID(work.WorkflowID)
	}
	return work, nil
}

// maximumWorkflowID is Temporal's limit, in bytes.
const maximumWorkflowID = 1000

func checkWorkflowID(id string) error {
	if len(id) > maximumWorkflowID {
		return fmt.Errorf("its workflow.id has %d bytes; Temporal takes at most %d", len(id), maximumWorkflowID)
	}
	if err := latch.CheckWorkflowID(id); err != nil {
		return fmt.Errorf("its workflow.id: %w", err)
	}
	return nil
}

// asJSON returns a body as JSON. If it is not JSON, it becomes a string.
func asJSON(body []byte) json.RawMessage {
	if json.Valid(body) {
		return body
	}
	return rawjson.Encode(string(body))
}

// Done is how work ended.
type Done struct {
	Request *latch.RecordRequest
	// Result is the result as JSON. It may be empty.
	Result []byte
	// Error says why it failed. Final reports that another attempt would fail, too.
	Error                  string
	Final                  bool
	StartedAt, CompletedAt time.Time
}

// statusDone is the status of completed work for rules.
const statusDone = http.StatusOK

// Receive describes the end of work in the same way as [Sender.Send] describes an endpoint's
// answer: its result is the body of an answer with the status 200. The attempt is never nil.
// The error is nil for completed work.
func (s *Sender) Receive(r *protocol.WebhookRequest, done Done) (*Attempt, error) {
	made := &Attempt{Request: done.Request, Data: latch.Object{}, StartedAt: done.StartedAt, CompletedAt: done.CompletedAt}
	c := &call{target: "webhook " + r.Webhook.ID, masker: s.maskerOf(nil), redaction: s.redactionOf(r.Webhook.Redact)}
	if done.Request != nil {
		c.target = done.Request.Method + " " + done.Request.URL
	}
	switch {
	case done.Final:
		return made, permanentf("%s", c.tell(done.Error))
	case done.Error != "":
		return made, &UnreachableError{message: c.tell(done.Error)}
	}
	received := &answer{status: statusDone, header: http.Header{}, body: done.Result}
	if len(done.Result) > 0 {
		received.header.Set("Content-Type", latch.DefaultContentType)
	}
	if len(received.body) > MaximumResponseBytes {
		received.cut, received.body = true, received.body[:MaximumResponseBytes]
	}
	kept := c.redaction.of(received)
	made.Response, made.Data = kept.record(c.masker), kept.object(c.masker)
	made.Response.Headers = nil
	made.Unreadable, made.NoObject = received.faults(c.masker)
	return made, received.verdict(c, done.CompletedAt)
}
