package main

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// closedLoop runs a number of callers, each of which calls do repeatedly until
// the time is over. It returns how many calls were made and how long that took,
// including the calls in progress at the end.
func closedLoop(ctx context.Context, callers int, length time.Duration, do func(ctx context.Context, n int) error) (int, time.Duration, error) {
	var begun atomic.Int64
	begin := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for range callers {
		group.Go(func() error {
			for time.Since(begin) < length {
				if err := do(ctx, int(begun.Add(1))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := group.Wait()
	return int(begun.Load()), time.Since(begin), err
}

// steadily makes calls at a steady rate for a time, whether or not earlier
// calls have ended, and returns when each call was due. It stops early if
// behind, which is called with the number of calls so far, returns true.
func steadily(ctx context.Context, rate int, length time.Duration, behind func(calls int) bool, do func(ctx context.Context, n int) error) ([]time.Time, error) {
	var due []time.Time
	begin, between := time.Now(), time.Second/time.Duration(rate)
	group, ctx := errgroup.WithContext(ctx)
	for n := range int(float64(rate) * length.Seconds()) {
		if behind(n) {
			break
		}
		due = append(due, begin.Add(time.Duration(n)*between))
		select {
		case <-time.After(time.Until(due[n])):
		case <-ctx.Done():
			return nil, group.Wait()
		}
		group.Go(func() error { return do(ctx, n) })
	}
	return due, group.Wait()
}
