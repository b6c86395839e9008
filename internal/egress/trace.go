package egress

import (
	"context"
	"time"
)

// A Trace hears what [Guard.Dial] does for an attempt. Its methods may be
// called concurrently, and after the attempt has ended.
type Trace interface {
	// LookedUp and Dialled hear how long finding the addresses, and then
	// connecting, took, also where it failed.
	LookedUp(took time.Duration)
	Dialled(took time.Duration)
	// Dials hears of each address that is dialled.
	Dials(address string)
}

type traceKey struct{}

// WithTrace returns a context whose dials the trace hears of.
func WithTrace(ctx context.Context, trace Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, trace)
}

// deaf hears nothing.
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
