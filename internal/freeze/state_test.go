package freeze

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Contract, "Freeze": which times a freeze's windows cover. A period is "since until", and "-" is a
// freeze that is not in force, or a window that never comes. Times are RFC 3339 to the minute.
func TestState(t *testing.T) {
	t.Parallel()
	const paris, york = "Europe/Paris", "America/New_York"
	holidays := []string{"0 18 20 12 *|0 8 3 1 *|" + paris}
	// In 2026 the clocks of Paris skip 02:00 to 03:00 on 29 March, and show it twice on 25 October.
	// Those of New York do on 8 March, and show 01:00 to 02:00 twice on 1 November.
	for _, test := range []struct {
		name     string
		windows  []string
		at       string
		now, and string
	}{
		{"before a window", holidays, "2026-12-20T16:59Z", "-", "2026-12-20T17:00Z 2027-01-03T07:00Z"},
		{"at its start", holidays, "2026-12-20T17:00Z", "2026-12-20T17:00Z 2027-01-03T07:00Z", "2027-12-20T17:00Z 2028-01-03T07:00Z"},
		{"over New Year", holidays, "2027-01-01T00:00Z", "2026-12-20T17:00Z 2027-01-03T07:00Z", "2027-12-20T17:00Z 2028-01-03T07:00Z"},
		{"at its end", holidays, "2027-01-03T07:00Z", "-", "2027-12-20T17:00Z 2028-01-03T07:00Z"},
		{"UTC without a zone", []string{"0 18 20 12 *|0 8 3 1 *|"}, "2026-12-21T00:00Z",
			"2026-12-20T18:00Z 2027-01-03T08:00Z", "2027-12-20T18:00Z 2028-01-03T08:00Z"},
		{"open when it is registered", []string{"0 0 1 11 * 2026|0 0 3 1 * 2027|UTC"}, "2026-11-30T12:00Z",
			"2026-11-01T00:00Z 2027-01-03T00:00Z", "-"},
		{"over for good", []string{"0 0 1 11 * 2026|0 0 3 1 * 2027|UTC"}, "2027-01-03T00:00Z", "-", "-"},
		{"never ends", []string{"0 0 1 11 *|0 0 3 1 * 2027|UTC"}, "2028-01-01T00:00Z", "2027-11-01T00:00Z ", "-"},
		{"a start again within", []string{"0 0 1 1-6 *|0 0 1 7 *|UTC"}, "2026-06-15T00:00Z",
			"2026-01-01T00:00Z 2026-07-01T00:00Z", "2027-01-01T00:00Z 2027-07-01T00:00Z"},

		{"a start in the skipped hour", []string{"30 2 29 3 *|0 12 29 3 *|" + paris}, "2026-03-29T00:59Z", "-",
			"2026-03-29T01:00Z 2026-03-29T10:00Z"},
		{"is the turn", []string{"30 2 29 3 *|0 12 29 3 *|" + paris}, "2026-03-29T01:00Z",
			"2026-03-29T01:00Z 2026-03-29T10:00Z", "2027-03-29T00:30Z 2027-03-29T10:00Z"},
		{"an end in the skipped hour", []string{"0 1 29 3 *|30 2 29 3 *|" + paris}, "2026-03-29T00:30Z",
			"2026-03-29T00:00Z 2026-03-29T01:00Z", "2027-03-28T23:00Z 2027-03-29T00:30Z"},
		{"both in the skipped hour", []string{"10 2 29 3 *|50 2 29 3 *|" + paris}, "2026-03-29T01:00Z", "-",
			"2027-03-29T00:10Z 2027-03-29T00:50Z"},
		{"a start in the doubled hour", []string{"30 2 25 10 *|0 12 25 10 *|" + paris}, "2026-10-25T00:29Z", "-",
			"2026-10-25T00:30Z 2026-10-25T11:00Z"},
		{"is the first", []string{"30 2 25 10 *|0 12 25 10 *|" + paris}, "2026-10-25T01:10Z",
			"2026-10-25T00:30Z 2026-10-25T11:00Z", "2027-10-25T00:30Z 2027-10-25T10:00Z"},
		{"an end in the doubled hour", []string{"0 1 25 10 *|30 2 25 10 *|" + paris}, "2026-10-25T00:45Z",
			"2026-10-24T23:00Z 2026-10-25T01:30Z", "2027-10-24T23:00Z 2027-10-25T00:30Z"},
		{"is the second", []string{"0 1 25 10 *|30 2 25 10 *|" + paris}, "2026-10-25T01:30Z", "-", "2027-10-24T23:00Z 2027-10-25T00:30Z"},
		{"both in the doubled hour", []string{"10 2 25 10 *|50 2 25 10 *|" + paris}, "2026-10-25T01:05Z",
			"2026-10-25T00:10Z 2026-10-25T01:50Z", "2027-10-25T00:10Z 2027-10-25T00:50Z"},
		{"summer time within", []string{"0 18 27 3 *|0 8 30 3 *|" + paris}, "2026-03-28T12:00Z",
			"2026-03-27T17:00Z 2026-03-30T06:00Z", "2027-03-27T17:00Z 2027-03-30T06:00Z"},
		{"a skipped start in New York", []string{"30 2 8 3 *|0 12 8 3 *|" + york}, "2026-03-08T07:00Z",
			"2026-03-08T07:00Z 2026-03-08T16:00Z", "2027-03-08T07:30Z 2027-03-08T17:00Z"},
		{"a doubled end in New York", []string{"0 0 1 11 *|30 1 1 11 *|" + york}, "2026-11-01T06:15Z",
			"2026-11-01T04:00Z 2026-11-01T06:30Z", "2027-11-01T04:00Z 2027-11-01T05:30Z"},
		{"weekends in New York", []string{"0 17 * * fri|0 7 * * mon|" + york}, "2026-11-01T12:00Z",
			"2026-10-30T21:00Z 2026-11-02T12:00Z", "2026-11-06T22:00Z 2026-11-09T12:00Z"},

		{"29 February", []string{"0 0 29 2 *|0 0 1 3 *|UTC"}, "2026-03-01T00:00Z", "-", "2028-02-29T00:00Z 2028-03-01T00:00Z"},
		{"an end on 29 February", []string{"0 0 28 2 *|0 0 29 2 *|UTC"}, "2026-03-01T00:00Z",
			"2025-02-28T00:00Z 2028-02-29T00:00Z", "2029-02-28T00:00Z 2032-02-29T00:00Z"},
		{"an end before a start", []string{"0 18 * * *|0 8 * * *|UTC"}, "2026-11-30T03:00Z",
			"2026-11-29T18:00Z 2026-11-30T08:00Z", "2026-11-30T18:00Z 2026-12-01T08:00Z"},

		{"overlapping", []string{"0 0 20 12 *|0 0 27 12 *|UTC", "0 0 24 12 *|0 0 3 1 *|UTC"}, "2026-12-21T00:00Z",
			"2026-12-20T00:00Z 2027-01-03T00:00Z", "2027-12-20T00:00Z 2028-01-03T00:00Z"},
		{"one within the other", []string{"0 0 20 12 *|0 0 3 1 *|UTC", "0 0 24 12 *|0 0 27 12 *|UTC"},
			"2026-12-25T00:00Z", "2026-12-20T00:00Z 2027-01-03T00:00Z", "2027-12-20T00:00Z 2028-01-03T00:00Z"},
		{"adjoining", []string{"0 0 20 12 *|0 0 24 12 *|UTC", "0 0 24 12 *|0 0 27 12 *|UTC"}, "2026-12-25T00:00Z",
			"2026-12-20T00:00Z 2026-12-27T00:00Z", "2027-12-20T00:00Z 2027-12-27T00:00Z"},
		{"two that start at once", []string{"0 0 20 12 *|0 0 24 12 *|UTC", "0 0 20 12 *|0 0 27 12 *|UTC"},
			"2026-12-19T00:00Z", "-", "2026-12-20T00:00Z 2026-12-27T00:00Z"},
		{"a start at the time of an end", []string{"0 8 1,15 12 *|0 8 15,20 12 *|UTC"}, "2026-12-15T08:00Z",
			"2026-12-01T08:00Z 2026-12-20T08:00Z", "2027-12-01T08:00Z 2027-12-20T08:00Z"},
		{"always open", []string{"0 0 1 1 *|0 0 1 7 *|UTC", "0 0 1 6 *|0 0 1 2 *|UTC"}, "2026-11-30T12:00Z", "", "-"},
		{"in two zones", []string{"0 0 1 12 *|0 0 2 12 *|" + paris, "0 0 1 12 *|0 0 2 12 *|" + york},
			"2026-12-02T01:00Z", "2026-11-30T23:00Z 2026-12-02T05:00Z", "2027-11-30T23:00Z 2027-12-02T05:00Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			now, err := time.Parse("2006-01-02T15:04Z07:00", test.at)
			require.NoError(t, err)
			freeze := &latch.Freeze{ID: "xmas"}
			for _, each := range test.windows {
				part := strings.Split(each, "|")
				freeze.Windows = append(freeze.Windows, latch.FreezeWindow{Start: part[0], End: part[1], Timezone: part[2]})
			}
			require.Empty(t, Check(freeze))
			state, err := At(freeze, now)
			require.NoError(t, err)
			require.Equal(t, test.now != "-", state.InForce)
			if state.InForce && test.now != "" {
				require.Equal(t, test.now, text(state.Since, state.Until))
			}
			switch {
			case test.and == "-":
				require.Nil(t, state.Next)
			case test.and != "":
				require.NotNil(t, state.Next)
				require.Equal(t, test.and, text(state.Next.Since, state.Next.Until))
			}
		})
	}
}

func text(since, until latch.Time) string {
	const layout = "2006-01-02T15:04Z07:00"
	if until.IsZero() {
		return since.UTC().Format(layout) + " "
	}
	return since.UTC().Format(layout) + " " + until.UTC().Format(layout)
}

// Whatever the windows, a freeze that is in force is so from since until until, and not after.
func FuzzPeriods(f *testing.F) {
	f.Add("30 2 * * *", "45 2 * * *", "Europe/Paris", int64(1774746000))
	f.Add("0 18 20 12 *", "0 8 3 1 *", "America/New_York", int64(1798000000))
	f.Add("0 0 29 2 *", "0 0 1 3 *", "UTC", int64(1835395200))
	f.Add("*/30 * * * *", "15 * * * *", "Australia/Lord_Howe", int64(1790000000))
	f.Fuzz(func(t *testing.T, start, end, zone string, at int64) {
		freeze := &latch.Freeze{ID: "xmas", Windows: []latch.FreezeWindow{{Start: start, End: end, Timezone: zone}}}
		if at < 1e9 || at > 4e9 || len(Check(freeze)) > 0 || start == "" || end == "" {
			return
		}
		now := time.Unix(at, 0)
		state, err := At(freeze, now)
		require.NoError(t, err)
		if state.InForce {
			require.False(t, state.Since.After(now), "it has begun")
			require.True(t, state.Until.IsZero() || state.Until.After(now), "it has not ended")
		}
		if state.InForce && !state.Until.IsZero() {
			last, err := At(freeze, state.Until.Add(-time.Second))
			require.NoError(t, err)
			require.True(t, last.InForce, "to the last second")
		}
		if state.Next != nil {
			next, err := At(freeze, state.Next.Since.Time)
			require.NoError(t, err)
			require.True(t, next.InForce)
			require.True(t, state.Next.Since.After(now))
		}
	})
}
