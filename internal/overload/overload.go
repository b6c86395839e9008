package overload

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"go.temporal.io/api/serviceerror"
)

// Bounds of the waits between tries.
const (
	firstPause   = 50 * time.Millisecond
	longestPause = 2 * time.Second
)

// Again tries until something else comes back than a refusal under load, or
// ctx ends: then it gives the last refusal.
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

// Is reports whether Temporal refuses under load, and may take the same later.
func Is(err error) bool {
	var exhausted *serviceerror.ResourceExhausted
	return errors.As(err, &exhausted)
}
