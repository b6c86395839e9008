package overload

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"go.temporal.io/api/serviceerror"
)

// These bound the waits between attempts.
const (
	firstPause   = 50 * time.Millisecond
	longestPause = 2 * time.Second
)

// Again retries until the result is not such a failure, or ctx ends. In the latter case it
// returns the last failure.
func Again[T any](ctx context.Context, try func(context.Context) (T, error)) (T, error) {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		answer, err := try(ctx)
		if !Is(err) && !IsAbandoned(err) {
			return answer, err
		}
		select {
		case <-time.After(pause/2 + rand.N(pause)):
		case <-ctx.Done():
			return answer, err
		}
	}
}

// Is reports whether Temporal rejected the request because of load, and may accept it later.
func Is(err error) bool {
	var exhausted *serviceerror.ResourceExhausted
	return errors.As(err, &exhausted)
}

// IsAbandoned reports whether a request was given up because a worker was stopping: by the worker
// that took a query, whose SDK answers with its own canceled context, or by Temporal's server, which
// cancels what waits for the worker's task queue. Another worker answers it. The error of a caller
// that cancels its own context looks like the server's. A client that was closed fails in the same
// way, but nothing answers it any more.
func IsAbandoned(err error) bool {
	var query *serviceerror.QueryFailed
	var canceled *serviceerror.Canceled
	return errors.As(err, &canceled) && canceled.Message != clientClosed ||
		errors.As(err, &query) && query.Message == context.Canceled.Error()
}

// clientClosed is gRPC's message for a call of a connection that was closed.
const clientClosed = "grpc: the client connection is closing"
