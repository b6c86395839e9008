package egress

import (
	"context"
	"time"
)

// A Trace hears what [Guard.Dial] does for an attempt. Its functions may be
// called side by side, and after the attempt has ended.
type Trace struct {
	// LookedUp and Dialled hear how long finding the addresses, and then
	// connecting, took, also where it failed.
	LookedUp, Dialled func(time.Duration)
	// Dials hears of each address that is dialled.
	Dials func(address string)
}

type traceKey struct{}

// WithTrace returns a context whose dials the trace hears of.
func WithTrace(ctx context.Context, trace *Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, trace)
}

// deaf hears nothing.
var deaf = &Trace{LookedUp: func(time.Duration) {}, Dialled: func(time.Duration) {}, Dials: func(string) {}}

func traceOf(ctx context.Context) *Trace {
	if trace, ok := ctx.Value(traceKey{}).(*Trace); ok {
		return trace
	}
	return deaf
}
