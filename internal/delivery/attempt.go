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

// An Attempt describes the request that was sent and the answer, as far as it arrived. Every
// secret is masked.
type Attempt struct {
	// Request is nil if nothing could be rendered. Response is nil if no answer arrived.
	Request  *latch.RecordRequest
	Response *latch.RecordResponse
	// Data is the JSON object that the endpoint answered with, or empty. Data and Response omit
	// what the webhook and the worker redact.
	Data latch.Object
	// Unreadable says why and where the answer cannot be read. NoObject says what the answer is
	// instead of a JSON object, such as "is empty". Both are empty if the answer is a JSON
	// object.
	Unreadable, NoObject   string
	StartedAt, CompletedAt time.Time
	// Timings are nil if nothing was sent. Address is the address that was called, or the last
	// one dialled if no connection was made. It is empty behind a proxy.
	Timings *latch.Timings
	Address string
}

// Send makes one attempt (1 and up) at a delivery, which it does not change. The attempt is
// never nil. The error is nil for a 2xx answer, or for one that the webhook's success
// expression or preset accepts as a delivery. Otherwise it is an [*UnreachableError], a
// [*StatusError], a [*PermanentError], or a [*BusyError], which means that nothing was sent.
func (s *Sender) Send(ctx context.Context, r *protocol.WebhookRequest, attempt int) (*Attempt, error) {
	call, made, err := s.begin(ctx, r, attempt)
	if err != nil {
		return made, err
	}
	prepared := Prepared{sender: s, call: call, made: made}
	return prepared.Send(ctx)
}

// SendQuickly is like [Sender.Send], but returns a [*BusyError] and sends nothing if recent
// attempts at the webhook's URL took longer than the given time, or if no place at its endpoint
// becomes free within that time.
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

// begin prepares the call of an attempt, and describes it in made. It sends nothing.
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
		err = s.judge(call, received, received.taskResponse(call.masker), err, success, variablesOf(r))
	} else if err = s.judge(call, received, nil, err, "", nil); err == nil {
		err = received.presetVerdict(r.Webhook.Preset, call)
	}
	if err == nil && r.Webhook.Poll != nil {
		err = call.untilTrue(received, r.Webhook.Poll, received.taskResponse(call.masker), variablesOf(r))
	}
	return made, err
}

// ownVariables are the variables that a request sets to their defaults if they are absent.
var ownVariables = vars.Filled()

// variablesOf returns the variables of a request's templates.
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
