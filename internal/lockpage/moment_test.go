package lockpage

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Times are absolute, with the distance from now in words beside them.
func TestMoment(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	require.Empty(t, moment(latch.Time{}, now))
	for span, want := range map[time.Duration]string{
		-6*time.Minute - 59*time.Second: "6 minutes ago",
		-time.Minute:                    "1 minute ago",
		-59 * time.Second:               "less than a minute ago",
		0:                               "in less than a minute",
		23*time.Hour + 59*time.Minute:   "in 23 hours",
		24 * time.Hour:                  "in 1 day",
		-72 * time.Hour:                 "3 days ago",
	} {
		require.Equal(t, now.Add(span).Format(time.DateTime)+" UTC, "+want, moment(latch.NewTime(now.Add(span)), now))
	}
}
