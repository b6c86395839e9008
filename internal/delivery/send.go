package delivery

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"github.com/latch-run/latch/internal/egress"
	"github.com/latch-run/latch/internal/rehearsal"
)

// exchange sends a call and reads the answer. The answer is nil if not even its headers
// arrived. The error is an *UnreachableError or a *PermanentError.
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
		return received, nil // the rest of the body is not part of the answer
	}
	if err = received.receive(response); err != nil {
		received.broken = true
		return received, s.failure(ctx, attempt, c, fmt.Errorf("the answer (status %d) broke off: %w", response.StatusCode, err))
	}
	return received, nil
}

// roundTrip sends a call, over the network or its substitute, and returns the headers of the
// answer.
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

// maximumStale bounds on how many stale connections one attempt may lose its request.
const maximumStale = 8

// send sends the request. If the receiver closed a kept connection before it answered anything,
// send repeats the request on another connection, which is safe because every request has an
// idempotency key. net/http does this only for HTTP/1.
func (c *call) send(ctx context.Context, transport *http.Transport) (*http.Response, error) {
	for lost := 0; ; lost++ {
		response, err := transport.RoundTrip(c.request.request(ctx))
		if err == nil || lost == maximumStale || !egress.ClosedByPeer(err) || !c.watch.stale() {
			return response, err
		}
	}
}
