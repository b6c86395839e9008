package delivery

import (
	"context"
	"errors"
	"net/http/httptrace"
	"sync"
	"time"
)

var (
	errConnectTimeout = errors.New("connecting took too long")
	errAnswerTimeout  = errors.New("the answer took too long")
)

// A clock allows an attempt some time to connect, and then its own timeout until the end of its
// answer.
type clock struct {
	cancel  context.CancelCauseFunc
	timeout time.Duration

	mutex     sync.Mutex
	timer     *time.Timer // the context of the attempt
	connected bool
}

func newClock(ctx context.Context, connect, timeout time.Duration) (context.Context, *clock) {
	c := &clock{timeout: timeout}
	ctx, c.cancel = context.WithCancelCause(ctx)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.timer = time.AfterFunc(connect, c.expire)
	return ctx, c
}

// expire ends the attempt because its time is over.
func (c *clock) expire() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.connected {
		c.cancel(errAnswerTimeout)
	} else {
		c.cancel(errConnectTimeout)
	}
}

// connect records the connection. A second one, made because the first was stale, gets the
// remaining time.
func (c *clock) connect() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if !c.connected && c.timer.Stop() {
		c.connected = true
		c.timer.Reset(c.timeout)
	}
}

// traced attaches the clock and the stopwatch to the transport.
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
	c.timer.Stop()
	c.cancel(nil)
}
