package egress

import (
	"context"
	"time"
)

// A Trace observes the calls of [Guard.Dial] for an attempt. Its methods may be
// called concurrently, and after the attempt has ended.
type Trace interface {
	// LookedUp is called with the duration of the lookup, and Dialled with that
	// of connecting, whether or not they succeeded.
	LookedUp(took time.Duration)
	Dialled(took time.Duration)
	// Dials is called with each address that is dialled.
	Dials(address string)
}

type traceKey struct{}

// WithTrace returns a context in which dials are reported to the trace.
func WithTrace(ctx context.Context, trace Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, trace)
}

// deaf ignores all calls.
type deaf struct{}

func (deaf) LookedUp(time.Duration) {}
func (deaf) Dialled(time.Duration)  {}
func (deaf) Dials(string)           {}

func traceOf(ctx context.Context) Trace {
	if trace, ok := ctx.Value(traceKey{}).(Trace); ok {
		return trace
	}
	return deaf{}
}
