package activities

import (
	"context"
	"errors"
	"slices"

	"go.temporal.io/sdk/activity"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/protocol"
)

// longestTryError bounds the error in one attempt's entry, in bytes. The record's own error has
// the whole text of the last one.
const longestTryError = 200

// A memory is the data that one attempt passes to the next.
type memory = protocol.Memory

// remember returns the data about the previous attempts: from the last attempt of this
// activity, or otherwise from the hand-over of the delivery.
func remember(ctx context.Context, send protocol.Send) memory {
	var left memory
	if activity.HasHeartbeatDetails(ctx) && activity.GetHeartbeatDetails(ctx, &left) == nil &&
		(len(left.Tries) > 0 || left.TurnedAway > 0 || left.Measured != nil) {
		return left
	}
	return memory{Tries: send.Tries, Answered: send.Answered, Measured: send.Measured}
}

// tryOf returns the entry of one attempt. It has an error only if that says more than the
// status: the error of a token endpoint, of a 2xx answer whose body is a refusal, or of an
// answer that cannot be read.
func tryOf(made *delivery.Attempt, number int, err error) latch.RecordTry {
	try := latch.RecordTry{
		Number:     number,
		StartedAt:  latch.NewTime(made.StartedAt),
		DurationMS: made.CompletedAt.Sub(made.StartedAt).Milliseconds(),
		Address:    made.Address,
		Timings:    made.Timings,
	}
	if made.Response != nil {
		try.Status = made.Response.Status
	}
	var status *delivery.StatusError
	switch {
	case err == nil:
		try.Error, try.Unreadable = made.Unreadable, made.Unreadable != ""
	case !errors.As(err, &status) || status.Status != try.Status:
		try.Error = err.Error()
	}
	try.Error = excerpt.First(try.Error, longestTryError)
	return try
}

// withTry appends an attempt and keeps the newest.
func withTry(tries []latch.RecordTry, try latch.RecordTry) []latch.RecordTry {
	all := append(slices.Clone(tries), try)
	return all[max(0, len(all)-latch.MaximumTries):]
}
