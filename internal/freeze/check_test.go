package freeze

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// All mistakes are told at once, each with its field.
func TestCheck(t *testing.T) {
	t.Parallel()
	freeze := &latch.Freeze{ID: "xmas", Windows: []latch.FreezeWindow{
		{Start: "0 18 32 12 *", End: "never", Timezone: "Europe/Pari"},
		{Start: "0 0 31 2 *", End: "0 8 3 1 *", Timezone: "Local"},
		{Start: "0 8 * * 1", End: "0 8 * * mon"},
		{Start: "0 8 * * 1", End: "0 0 30 2 *"},
		{Start: "@every 4h", End: "TZ=Europe/Paris 0 8 3 1 *"},
		{},
	}}
	var got []string
	for _, problem := range Check(freeze) {
		got = append(got, problem.String())
	}
	require.Equal(t, []string{
		`windows[0].start: "0 18 32 12 *": day of month "32": "32" is not in the range 1 to 31`,
		`windows[0].end: "never": has 1 fields, not the 5 to 7 of [second] minute hour day-of-month month day-of-week [year]`,
		`windows[0].timezone: there is no time zone "Europe/Pari"; one is an IANA name such as Europe/Berlin or UTC`,
		`windows[1].timezone: a time zone is an IANA name such as Europe/Berlin; Local would be the server's`,
		`windows[1].start: "0 0 31 2 *" never comes: there is no such day`,
		`windows[2].end: "0 8 * * mon" is the same times as start: such a window is never open`,
		`windows[3].end: "0 0 30 2 *" never comes: there is no such day, and the window would never end`,
		`windows[4].start: "@every 4h": @every has no times of a calendar; write a cron expression, such as "0 18 20 12 *"`,
		`windows[4].end: "TZ=Europe/Paris 0 8 3 1 *": give the time zone as timezone, and not in the expression`,
	}, got)
	_, err := At(freeze, time.Now())
	require.ErrorContains(t, err, `freeze "xmas": windows[0]`)
}

func TestDoubts(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.November, 30, 12, 0, 0, 0, time.UTC)
	someone := &latch.FreezeOverride{Groups: []string{"incident"}}
	for _, test := range []struct {
		name       string
		start, end string
		override   *latch.FreezeOverride
		says       string
	}{
		{"fine", "0 18 20 12 *", "0 8 3 1 *", someone, ""},
		{"nobody", "0 18 20 12 *", "0 8 3 1 *", nil, "override: names neither groups nor users"},
		{"nobody with a reason", "0 18 20 12 *", "0 8 3 1 *", &latch.FreezeOverride{Reason: true}, "with a reason or without"},
		{"over", "0 0 1 1 * 2020", "0 0 2 1 * 2020", someone, "windows: none of them comes again: the freeze is over"},
		{"for ever", "0 0 1 1 *", "0 0 2 1 * 2020", someone, "windows: the freeze is in force and never ends"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			freeze := &latch.Freeze{ID: "xmas", Windows: []latch.FreezeWindow{{Start: test.start, End: test.end}}, Override: test.override}
			require.Empty(t, Check(freeze))
			doubts := Doubts(freeze, now)
			if test.says == "" {
				require.Empty(t, doubts)
				return
			}
			require.Len(t, doubts, 1)
			require.Contains(t, doubts[0].String(), test.says)
		})
	}
}
