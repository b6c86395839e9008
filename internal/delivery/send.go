package delivery

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"github.com/latch-run/latch/internal/egress"
	"github.com/latch-run/latch/internal/rehearsal"
)

// exchange sends a call and reads the answer. The answer is nil where not
// even its headers came; the error is an *UnreachableError or *PermanentError.
func (s *Sender) exchange(ctx context.Context, c *call) (*answer, error) {
	c.watch = newStopwatch()
	attempt, clock := newClock(ctx, s.connect, c.timeout-c.spent)
	defer clock.stop()
	response, err := s.roundTrip(attempt, c, clock)
	if err != nil {
		return nil, s.failure(ctx, attempt, c, err)
	}
	defer func() { _ = response.Body.Close() }()
	received := &answer{status: response.StatusCode, header: response.Header}
	if response.StatusCode == http.StatusSwitchingProtocols {
		return received, nil // what follows is no answer
	}
	if err = received.receive(response); err != nil {
		received.broken = true
		return received, s.failure(ctx, attempt, c, fmt.Errorf("the answer (status %d) broke off: %w", response.StatusCode, err))
	}
	return received, nil
}

// roundTrip sends a call and returns the answer as far as its headers, of the
// network or of what stands in its place.
func (s *Sender) roundTrip(ctx context.Context, c *call, clock *clock) (*http.Response, error) {
	if world := rehearsal.Of(ctx); world != nil {
		clock.connect()
		return world.Answer(c.request.request(ctx), rehearsal.Message{Delivery: c.delivery, Attempt: c.attempt, Token: c.token, Hide: c.masker.Text})
	}
	if err := s.guard.CheckBeforeProxy(ctx, c.request.url); err != nil {
		return nil, err
	}
	return c.send(clock.traced(egress.WithTrace(ctx, c.watch), c.watch), cmp.Or(c.transport, s.transport))
}

// maximumStale bounds how many kept connections one attempt may lose its
// request on.
const maximumStale = 8

// send sends the request. If the receiver had closed a kept connection before it
// answered anything, the request is sent again on another one: every request has
// an idempotency key. net/http does this for HTTP/1 only.
func (c *call) send(ctx context.Context, transport *http.Transport) (*http.Response, error) {
	for lost := 0; ; lost++ {
		response, err := transport.RoundTrip(c.request.request(ctx))
		if err == nil || lost == maximumStale || !egress.ClosedByPeer(err) || !c.watch.stale() {
			return response, err
		}
	}
}
