package cron

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Last is the time after which no other comes up to the given one.
func TestLast(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"0 18 20 12 *", "0 0 29 2 *", "*/7 8-17 * * mon-fri", "30 2 * * sun",
		"15 30 4 1 * * *", "0 0 1 1 * 2020", "59 23 31 12 *", "* * * * *", "0 12 13 * fri"} {
		calendar, err := ParseCalendar(text)
		require.NoError(t, err)
		random := rand.New(rand.NewPCG(1, 2))
		for range 50 {
			at := time.Date(2010, time.January, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(random.Int64N(80*365*24*3600)) * time.Second)
			last := calendar.Last(at)
			if last.IsZero() {
				require.True(t, calendar.Next(time.Date(1999, time.December, 31, 23, 59, 59, 0, time.UTC)).After(at), "%s at %s", text, at)
				continue
			}
			require.False(t, last.After(at))
			require.Equal(t, last, calendar.Next(last.Add(-time.Second)), "%s at %s: it is one of the times", text, at)
			next := calendar.Next(last)
			require.True(t, next.IsZero() || next.After(at), "%s at %s: none is later", text, at)
			require.Equal(t, last, calendar.Last(last))
		}
	}
	never, err := ParseCalendar("0 0 31 2 *")
	require.NoError(t, err)
	require.True(t, never.Last(time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)).IsZero())
	require.True(t, never.Next(time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)).IsZero())
}
