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

// Again retries until the result is not a rejection under load, or ctx ends. In the latter case
// it returns the last rejection.
func Again[T any](ctx context.Context, try func(context.Context) (T, error)) (T, error) {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		answer, err := try(ctx)
		if !Is(err) {
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
