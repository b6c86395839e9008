package cron_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cron"
)

// TestCheck: expressions that Temporal's Schedules accept are valid. The errors of others name
// the field.
func TestCheck(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ cron, timezone, want string }{
		{cron: "0 0 * * *"},
		{cron: "*/15 8-18/2 1,15,20-25 * mon-fri"},
		{cron: "0 0 * dec 7 2030-2040"},
		{cron: "30 0 12 * * Sunday *"},
		{cron: "5/10 * * * *"},
		{cron: "@daily"},
		{cron: "@every 90s"},
		{cron: "@every 4h/15m"},
		{cron: "@every 2d"},
		{cron: "0 9 * * 1 # the weekly report"},
		{cron: "CRON_TZ=Europe/Berlin 0 9 * * 1", timezone: "Europe/Berlin"},
		{cron: "0 0 * * *", timezone: "America/New_York"},
		{cron: "0 25 * * *", want: `cron: "0 25 * * *": hour "25": "25" is not in the range 0 to 23`},
		{cron: "60 0 * * *", want: `cron: "60 0 * * *": minute "60": "60" is not in the range 0 to 59`},
		{cron: "0 0 0 * *", want: `cron: "0 0 0 * *": day of month "0": "0" is not in the range 1 to 31`},
		{cron: "0 0 * foo *", want: `cron: "0 0 * foo *": month "foo": "foo" is not in the range 1 to 12, nor a name such as jan`},
		{cron: "0 0 * jna *", want: `cron: "0 0 * jna *": month "jna": "jna" is not in the range 1 to 12, nor a name such as jan; did you mean "jan"?`},
		{cron: "0 0 * * TEU",
			want: `cron: "0 0 * * TEU": day of week "TEU": "TEU" is not in the range 0 to 7, nor a name such as mon; did you mean "tue"?`},
		{cron: "0 0 * * fri-mon", want: `cron: "0 0 * * fri-mon": day of week "fri-mon": the range "fri-mon" ends before it begins`},
		{cron: "*/0 0 * * *", want: `cron: "*/0 0 * * *": minute "*/0": a step is a whole number from 1, not "0"`},
		{cron: "0 0 * *", want: `cron: "0 0 * *": has 4 fields, not the 5 to 7 of [second] minute hour day-of-month month day-of-week [year]`},
		{cron: "@dayly", want: `cron: "@dayly": the words are @every and @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly`},
		{cron: "@every day",
			want: `cron: "@every day": @every takes a duration such as "90s" or "4h", or one with a phase such as "4h/15m", not "day"`},
		{cron: "TZ=UTC", want: `cron: "TZ=UTC": nothing follows the time zone`},
		{cron: "TZ=Mars/Base 0 0 * * *",
			want: `cron: "TZ=Mars/Base 0 0 * * *": there is no time zone "Mars/Base"; one is an IANA name such as Europe/Berlin or UTC`},
		{cron: "TZ=UTC 0 0 * * *", timezone: "Europe/Berlin",
			want: `timezone: "Europe/Berlin" is another zone than the cron expression's own, "UTC"`},
		{cron: "0 0 * * *", timezone: "Berlin",
			want: `timezone: there is no time zone "Berlin"; one is an IANA name such as Europe/Berlin or UTC`},
	} {
		problems := cron.Check(&latch.Schedule{Cron: test.cron, Timezone: test.timezone})
		if test.want == "" {
			require.Empty(t, problems, test.cron)
			continue
		}
		require.Len(t, problems, 1, test.cron)
		require.Equal(t, test.want, problems[0].String())
	}
	require.Empty(t, cron.Check(nil))
	require.Empty(t, cron.Check(&latch.Schedule{After: "nightly"}))
}
