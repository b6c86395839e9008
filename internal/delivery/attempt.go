package delivery

import (
	"context"
	"encoding/json"
	"maps"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/vars"
)

// An Attempt is what was sent and what came back, as far as it came, with
// every secret masked.
type Attempt struct {
	// Request is nil where nothing could be rendered, Response where nothing
	// came back.
	Request  *latch.RecordRequest
	Response *latch.RecordResponse
	// Data is the JSON object that the endpoint answered with, empty for none.
	// Of it and of Response, what the webhook and the worker redact is hidden.
	Data latch.Object
	// Unreadable says why the answer cannot be read, and where. NoObject says what
	// the answer is if it is not a JSON object, such as "is empty". Both are empty
	// for an answer that is one.
	Unreadable, NoObject   string
	StartedAt, CompletedAt time.Time
	// Timings are nil if nothing was sent. Address is the address that was called
	// or, if no connection came about, the last one dialled; empty behind a proxy.
	Timings *latch.Timings
	Address string
}

// Send makes one attempt (1 and up) at a delivery, which it does not change.
// The attempt is never nil.
// The error is nil for an answer of 2xx, or one that the webhook's success or
// preset accepts as a delivery. Otherwise it is an [*UnreachableError], a
// [*StatusError], a [*PermanentError], or a [*BusyError], which means that nothing
// was sent.
func (s *Sender) Send(ctx context.Context, r *protocol.WebhookRequest, attempt int) (*Attempt, error) {
	call, made, err := s.begin(ctx, r, attempt)
	if err != nil {
		return made, err
	}
	prepared := Prepared{sender: s, call: call, made: made}
	return prepared.Send(ctx)
}

// SendQuickly is [Sender.Send], unless attempts at the webhook's URL have lately
// taken longer than given, or no place at its endpoint becomes free within that
// time: then nothing is sent, which is a [*BusyError].
func (s *Sender) SendQuickly(ctx context.Context, r *protocol.WebhookRequest, attempt int, than time.Duration) (*Attempt, error) {
	call, made, err := s.begin(ctx, r, attempt)
	if err != nil {
		return made, err
	}
	if at := timedPathOf(call); s.durations.slow(at, than) {
		made.CompletedAt = call.now()
		return made, &BusyError{Endpoint: at.origin.String(), Wait: shortestTurn, Slow: true}
	}
	prepared := Prepared{sender: s, call: call, made: made}
	return prepared.send(ctx, than)
}

// begin makes the call of an attempt, and describes it in made.
func (s *Sender) begin(ctx context.Context, r *protocol.WebhookRequest, attempt int) (ready *call, made *Attempt, err error) {
	now := s.clock(ctx)
	made = &Attempt{Data: latch.Object{}, StartedAt: now()}
	if ready, err = s.prepare(r, attempt, made); err != nil {
		made.CompletedAt = now()
		return nil, made, err
	}
	ready.now = now
	return ready, made, nil
}

// deliver sends a call and describes the answer in made.
func (s *Sender) deliver(ctx context.Context, call *call, made *Attempt) (*Attempt, error) {
	defer func() { made.CompletedAt = call.now() }()
	received, err := s.perform(ctx, call)
	made.Timings = call.watch.timings()
	if s.guard.IsDirect(call.request.url) {
		made.Address = call.watch.dialedAddress()
	}
	if received == nil {
		return made, err
	}
	s.noticePace(call, received.header)
	kept := call.redaction.of(received)
	made.Response = kept.record(call.masker)
	made.Data = kept.object(call.masker)
	made.Unreadable, made.NoObject = received.faults(call.masker)
	r := call.delivery
	if success := r.Webhook.Success; success != "" {
		return made, s.judge(call, received, received.taskResponse(call.masker), err, success, variablesOf(r))
	}
	if err = s.judge(call, received, nil, err, "", nil); err == nil {
		err = received.presetVerdict(r.Webhook.Preset, call)
	}
	return made, err
}

// ownVariables are those that a request fills in where they are absent.
var ownVariables = vars.Filled()

// variablesOf returns what the templates of a request see.
func variablesOf(r *protocol.WebhookRequest) expr.Variables {
	own := [...]field{{"event", r.Event.Event}, {"lock", r.Lock}, {"lock_url", r.LockURL}}
	variables := make(expr.Variables, len(r.Variables)+1+len(own))
	maps.Copy(variables, r.Variables)
	if absent(variables["webhook"]) {
		variables["webhook"] = encodeID(r.Webhook.ID)
	}
	for _, variable := range own {
		if absent(variables[variable.name]) && variable.value != "" {
			variables[variable.name] = rawjson.Encode(variable.value)
		}
	}
	return variables
}

// absent reports whether a variable does not apply.
func absent(value json.RawMessage) bool { return len(value) == 0 || string(value) == "null" }
