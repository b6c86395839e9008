package cron_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cron"
)

// A schedule is shown as a sentence, or as its expression if a sentence would mislead.
func TestWords(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"0 3 * * *":                       "every day at 03:00 (UTC)",
		"@daily":                          "every day at 00:00 (UTC)",
		"@hourly":                         "every hour at minute 0 (UTC)",
		"* * * * *":                       "every minute (UTC)",
		"*/15 * * * *":                    "every 15 minutes (UTC)",
		"0,30 * * * 1-5":                  "every 30 minutes Monday to Friday (UTC)",
		"5 * * * *":                       "every hour at minute 5 (UTC)",
		"30 9,17 * * mon-fri":             "Monday to Friday at 09:30 and 17:30 (UTC)",
		"0 8 * * sat,7":                   "on Sunday and Saturday at 08:00 (UTC)",
		"0 0 1,15 * *":                    "on day 1 and 15 of the month at 00:00 (UTC)",
		"0 0 1 1 *":                       "on day 1 of the month at 00:00 in January (UTC)",
		"0 0 1 jan,apr,jul *":             "on day 1 of the month at 00:00 in January, April and July (UTC)",
		"CRON_TZ=Europe/Berlin 0 3 * * *": "every day at 03:00 (Europe/Berlin)",
		"@every 90s":                      "every 1m30s (UTC)",
		"@every 4h/15m":                   "every 4h, 15m late (UTC)",
		"0 0 13 * 5":                      "at the times of 0 0 13 * 5 (UTC)",
		"10,25 * * * *":                   "at the times of 10,25 * * * * (UTC)",
		"7 0 3 * * * *":                   "at the times of 7 0 3 * * * * (UTC)",
		"0 3 * * * 2031":                  "at the times of 0 3 * * * 2031 (UTC)",
		"nonsense":                        "at the times of nonsense (UTC)",
	} {
		require.Equal(t, want, cron.Words(&latch.Schedule{Cron: expression}), expression)
	}
	require.Equal(t, "every day at 03:00 (Asia/Tokyo)", cron.Words(&latch.Schedule{Cron: "0 3 * * *", Timezone: "Asia/Tokyo"}))
	require.Equal(t, "after job load", cron.Words(&latch.Schedule{After: "load"}))
	require.Equal(t, "after job load, when it succeeded", cron.Words(&latch.Schedule{After: "load", On: latch.OnSuccess}))
	require.Equal(t, "after job load, when it failed", cron.Words(&latch.Schedule{After: "load", On: latch.OnFailure}))
	require.Empty(t, cron.Words(nil))
	require.Empty(t, cron.Words(&latch.Schedule{}))
}
