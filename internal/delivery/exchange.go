package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"sync"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/egress"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/mask"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rehearsal"
)

// A call is one request that is ready to be sent, and what must be known to
// tell of it.
type call struct {
	request outgoing
	// target names method and URL in errors, secrets left out.
	target string
	// timeout bounds the answer, from the connection on; spent is what of it
	// getting an OAuth2 token took.
	timeout, spent time.Duration
	// secrets are the texts that masker hides.
	secrets []string
	masker  *mask.Masker
	// redaction is what no record keeps of the answer; nil for nothing.
	redaction *redaction
	// retry says of statuses whether they are tried again; nil says nothing.
	retry *latch.Retry
	// delivery is the webhook's request that is sent, and attempt counts its
	// attempts; nil and 0 for a task's. token says that an OAuth2 token is asked
	// for.
	delivery *protocol.WebhookRequest
	attempt  int
	token    bool
	// transport sends it, nil for the sender's own; grant gets its OAuth2
	// token, nil for none.
	transport *http.Transport
	grant     *grant
	// staleToken tells that the receiver refused a token that had been kept
	// from an earlier attempt.
	staleToken bool
	// watch takes the attempt's times; now is the time.
	watch *stopwatch
	now   func() time.Time
}

// An answer is what came back, as far as it came. Nothing of it is masked yet.
type answer struct {
	status int
	header http.Header
	// body is the text: decompressed, in UTF-8 and without a byte order mark, as
	// far as what follows does not say otherwise.
	body []byte
	// cut tells that the body has more than MaximumResponseBytes, broken that
	// it ended before its end.
	cut, broken bool
	// uncoded says why the body could not be decompressed; then there is none.
	uncoded string
	// uncharted says why the body could not be converted to UTF-8; then it is as
	// it came. converted tells that it was in another charset.
	uncharted string
	converted bool
	known     *reading // once it was read
}

var (
	errConnectTimeout = errors.New("connecting took too long")
	errAnswerTimeout  = errors.New("the answer took too long")
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
	return c.send(clock.traced(c.watch.in(ctx), c.watch), cmp.Or(c.transport, s.transport))
}

// maximumStale bounds how many kept connections one attempt may lose its
// request on.
const maximumStale = 8

// send sends the request. One that is lost on a kept connection, which the
// receiver had closed before it answered anything, is sent again on another:
// every request bears an idempotency key. net/http does so for HTTP/1 alone.
func (c *call) send(ctx context.Context, transport *http.Transport) (*http.Response, error) {
	for lost := 0; ; lost++ {
		response, err := transport.RoundTrip(c.request.request(ctx))
		if err == nil || lost == maximumStale || !egress.ClosedByPeer(err) || !c.watch.stale() {
			return response, err
		}
	}
}

// receive reads a body within the limit, after decompression, as UTF-8. Its
// error is the connection's; what cannot be decoded is told by the answer.
func (a *answer) receive(response *http.Response) (err error) {
	codings, limit := codingsOf(a.header), MaximumResponseBytes
	if len(codings) > 0 {
		limit = maximumCodedBytes
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, int64(limit)+1))
	switch {
	case err != nil && len(codings) > 0:
		return err
	case len(codings) > 0 && len(body) > 0:
		if body, err = decompress(codings, body); err != nil {
			a.uncoded = err.Error()
			return nil
		}
	}
	a.cut = len(body) > MaximumResponseBytes
	a.body = body[:min(len(body), MaximumResponseBytes)]
	var unknown error
	if a.body, a.converted, unknown = toUTF8(a.header, a.body); unknown != nil {
		a.uncharted = unknown.Error()
	}
	if len(a.body) > MaximumResponseBytes {
		a.cut, a.body = true, []byte(excerpt.First(string(a.body), MaximumResponseBytes))
	}
	return err
}

// A clock gives an attempt some time to be connected, and its own timeout from
// then to its answer's end.
type clock struct {
	cancel     context.CancelCauseFunc
	timeout    time.Duration
	connecting *time.Timer

	mutex     sync.Mutex
	answering *time.Timer // nil until it is connected
}

func newClock(ctx context.Context, connect, timeout time.Duration) (context.Context, *clock) {
	c := &clock{timeout: timeout}
	ctx, c.cancel = context.WithCancelCause(ctx)
	c.connecting = time.AfterFunc(connect, func() { c.cancel(errConnectTimeout) })
	return ctx, c
}

// connect notices the connection. A second one, where the first had gone
// stale, gets what is left of the time.
func (c *clock) connect() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.connecting.Stop() {
		c.answering = time.AfterFunc(c.timeout, func() { c.cancel(errAnswerTimeout) })
	}
}

// traced makes the clock and the stopwatch notice what the transport does.
func (c *clock) traced(ctx context.Context, watch *stopwatch) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			now := time.Now()
			c.connect()
			watch.connect(now, info)
		},
		TLSHandshakeStart:    watch.handshakeStart,
		TLSHandshakeDone:     watch.handshakeDone,
		GotFirstResponseByte: watch.answered,
	})
}

func (c *clock) stop() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.connecting.Stop()
	if c.answering != nil {
		c.answering.Stop()
	}
	c.cancel(nil)
}

// failure tells what became of a call that has no complete answer. Errors of
// the network quote URLs and answers, so none is passed on as it is.
func (s *Sender) failure(ctx, attempt context.Context, c *call, err error) error {
	var refused *egress.AddressError
	var host *egress.HostError
	switch {
	case errors.As(err, &refused):
		return &PermanentError{message: c.tell(refused.Error()), cause: refused}
	case errors.As(err, &host):
		return &PermanentError{message: c.tell(host.Error())}
	case renegotiationRefused(err):
		return permanentf("%s", c.tell(whyRenegotiationRefused(cmp.Or(c.transport, s.transport).TLSClientConfig)))
	case ctx.Err() != nil:
		return &UnreachableError{message: c.tell("ended by the worker before it was answered"), cause: ctx.Err()}
	case errors.Is(context.Cause(attempt), errConnectTimeout):
		return &UnreachableError{message: c.tell(fmt.Sprintf("no connection within %s", s.connect)), Timeout: true}
	case errors.Is(context.Cause(attempt), errAnswerTimeout), errors.Is(err, rehearsal.ErrNoAnswer):
		return &UnreachableError{message: c.tell(fmt.Sprintf("no complete answer within its timeout of %s", c.timeout)), Timeout: true}
	}
	var slow net.Error
	return &UnreachableError{message: c.tell(describe(err)), Timeout: errors.As(err, &slow) && slow.Timeout()}
}

// describe puts the commonest network errors into plain words.
func describe(err error) string {
	var name *net.DNSError
	var malformed textproto.ProtocolError
	switch {
	case errors.As(err, &name):
		return fmt.Sprintf("the name %s could not be resolved: %s", name.Name, name.Err)
	case errors.As(err, &malformed): // whose text quotes the answer
		return "the answer is cut off in its headers, or has a malformed one"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "the connection was closed before the answer was complete"
	default:
		return err.Error()
	}
}

// tell makes an error's text: what was called and what happened, masked and
// of bounded length.
func (c *call) tell(what string) string {
	return excerpt.First(c.target+": "+c.masker.Text(cleanText(what)), maximumErrorBytes)
}

// cleanText returns valid UTF-8.
func cleanText(text string) string { return strings.ToValidUTF8(text, "\ufffd") }
