package cron_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cron"
)

// TestNext: the meaning of expressions, by their next three times.
func TestNext(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 10, 17, 12, 0, 0, 0, time.UTC) // a Saturday
	for _, test := range []struct{ name, cron, timezone, want string }{
		{"five fields", "0 3 * * *", "", "2026-10-18T03:00:00Z 2026-10-19T03:00:00Z 2026-10-20T03:00:00Z"},
		{"six fields end with the year", "0 0 3 * * *", "", "2026-11-03T00:00:00Z 2026-12-03T00:00:00Z 2027-01-03T00:00:00Z"},
		{"seven fields begin with the second", "30 0 3 * * * *", "", "2026-10-18T03:00:30Z 2026-10-19T03:00:30Z 2026-10-20T03:00:30Z"},
		{"a year that ends", "0 0 1 1 * 2027", "", "2027-01-01T00:00:00Z"},
		{"a year that is over", "0 0 1 1 * 2020", "", ""},
		{"a day that never comes", "0 0 30 2 *", "", ""},
		{"a day of month and of week", "0 5 1,15 * 5", "", "2027-01-01T05:00:00Z 2027-01-15T05:00:00Z 2027-10-01T05:00:00Z"},
		{"7 is Sunday", "0 0 * * 7", "", "2026-10-18T00:00:00Z 2026-10-25T00:00:00Z 2026-11-01T00:00:00Z"},
		{"a range to 7", "0 0 * * 5-7", "", "2026-10-18T00:00:00Z 2026-10-23T00:00:00Z 2026-10-24T00:00:00Z"},
		{"a step from a number on", "50/5 12 * * *", "", "2026-10-17T12:50:00Z 2026-10-17T12:55:00Z 2026-10-18T12:50:00Z"},
		{"# begins a comment", "0 0 * * 5#2", "", "2026-10-23T00:00:00Z 2026-10-30T00:00:00Z 2026-11-06T00:00:00Z"},
		{"a word", "@weekly", "", "2026-10-18T00:00:00Z 2026-10-25T00:00:00Z 2026-11-01T00:00:00Z"},
		{"a word in a zone", "CRON_TZ=Europe/Berlin @daily", "", "2026-10-18T00:00:00+02:00 2026-10-19T00:00:00+02:00 2026-10-20T00:00:00+02:00"},
		{"@every counts from 1970", "@every 7h", "", "2026-10-17T15:00:00Z 2026-10-17T22:00:00Z 2026-10-18T05:00:00Z"},
		{"@every with a phase", "@every 1d/90m", "Europe/Berlin",
			"2026-10-18T03:30:00+02:00 2026-10-19T03:30:00+02:00 2026-10-20T03:30:00+02:00"},
		{"a time that comes twice, west of Greenwich", "30 1 1 * *", "America/New_York",
			"2026-11-01T01:30:00-04:00 2026-11-01T01:30:00-05:00 2026-12-01T01:30:00-05:00"},
		{"a time that comes twice, east of Greenwich", "30 2 25 * *", "Europe/Berlin",
			"2026-10-25T02:30:00+01:00 2026-11-25T02:30:00+01:00 2026-12-25T02:30:00+01:00"},
		{"times that come twice, west of Greenwich", "0,30 1 1 11 *", "America/New_York",
			"2026-11-01T01:00:00-04:00 2026-11-01T01:30:00-04:00 2026-11-01T01:00:00-05:00"},
		{"times that come twice, east of Greenwich", "0,30 2 25 10 *", "Europe/Berlin",
			"2026-10-25T02:00:00+01:00 2026-10-25T03:30:00+01:00 2027-10-25T02:00:00+02:00"},
		{"a time that is skipped", "30 2 * 3 0", "Europe/Berlin",
			"2027-03-07T02:30:00+01:00 2027-03-14T02:30:00+01:00 2027-03-21T02:30:00+01:00"},
		{"every hour of a day that is shorter", "0 * 28 3 *", "Europe/Berlin",
			"2027-03-28T00:00:00+01:00 2027-03-28T01:00:00+01:00 2027-03-28T03:00:00+02:00"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			schedule := &latch.Schedule{Cron: test.cron, Timezone: test.timezone}
			require.Empty(t, cron.Check(schedule))
			var next []string
			for _, at := range cron.Next(schedule, now, 3) {
				next = append(next, at.Format(time.RFC3339))
			}
			require.Equal(t, test.want, strings.Join(next, " "))
		})
	}
	require.Empty(t, cron.Next(nil, now, 3))
	require.Empty(t, cron.Next(&latch.Schedule{After: "nightly"}, now, 3))
	require.Empty(t, cron.Next(&latch.Schedule{Cron: "0 25 * * *"}, now, 3), "what Temporal refuses has no times")
}

// TestDoubts: warnings for expressions with another meaning in other systems, and for the
// effect of clock changes.
func TestDoubts(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 10, 17, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct{ name, cron, timezone, want string }{
		{"plain", "0 3 * * *", "", ""},
		{"six fields", "0 0 3 * * *", "",
			`cron: "0 0 3 * * *": of six fields the last is the year, not the first the second as elsewhere; if that was meant, write "0 3 * * *"`},
		{"six fields with seconds", "30 0 3 * * *", "",
			`cron: "30 0 3 * * *": of six fields the last is the year, not the first the second as elsewhere; if that ` +
				`was meant, write "30 0 3 * * * *"`},
		{"six fields with a year", "0 0 1 1 * 2027", "", ""},
		{"seven fields", "0 0 3 * * * *", "", ""},
		{"a day of month and of week", "0 5 1,15 * 5", "",
			`cron: "0 5 1,15 * 5": runs on days that match day of month 1,15 and day of week 5, where crontab takes days ` +
				`that match either; for those, register two jobs`},
		{"all days of month, spelled out", "0 5 1-31 * 5", "", ""},
		{"an nth weekday", "0 0 * * 5#2", "",
			`cron: "0 0 * * 5#2": what follows # is a comment to Temporal, which knows no nth weekday of a month; the ` +
				`second Friday is "0 0 8-14 * 5"`},
		{"a comment", "0 9 * * 1 # the weekly report", "", ""},
		{"no time at all", "0 0 30 2 *", "", `cron: "0 0 30 2 *" has no next time: the job never runs by itself`},
		{"@every in a zone", "@every 90m", "Europe/Berlin",
			`timezone: Europe/Berlin has no effect on @every, which counts from 1970-01-01T00:00:00Z`},
		{"a time that is skipped", "30 2 * * *", "Europe/Berlin",
			`cron: "30 2 * * *": does not run at 2027-03-28 02:30: the clocks of Europe/Berlin skip that time`},
		{"a time that is doubled", "30 1 * * *", "America/New_York",
			`cron: "30 1 * * *": runs twice at 2026-11-01 01:30: the clocks of America/New_York show that time twice`},
		{"a time that Temporal moves", "0,30 2 25 10 *", "Europe/Berlin",
			`cron: "0,30 2 25 10 *": does not run at 2026-10-25 02:30: the clocks of Europe/Berlin are turned that day; ` +
				`cron: "0,30 2 25 10 *": runs at 2026-10-25 03:30 too: the clocks of Europe/Berlin are turned that day`},
		{"times skipped and doubled", "CRON_TZ=America/New_York */20 1-2 * * *", "",
			`cron: "CRON_TZ=America/New_York */20 1-2 * * *": does not run at 2027-03-14 02:00 (and 2 more): the clocks ` +
				`of America/New_York skip that time; ` +
				`cron: "CRON_TZ=America/New_York */20 1-2 * * *": runs twice at 2026-11-01 01:00 (and 2 more): the clocks ` +
				`of America/New_York show that time twice`},
		{"on days on which no clock is turned", "30 2 * * 1-5", "Europe/Berlin", ""},
		{"at an hour at which no clock is turned", "30 4 * * *", "Europe/Berlin", ""},
		{"in each hour", "30 * * * *", "Europe/Berlin", ""},
		{"in a zone without summer time", "30 2 * * *", "Asia/Tokyo", ""},
		{"at a midnight that is skipped", "0 0 * * *", "Africa/Cairo",
			`cron: "0 0 * * *": does not run at 2027-04-30 00:00: the clocks of Africa/Cairo skip that time`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var told []string
			for _, doubt := range cron.Doubts(&latch.Schedule{Cron: test.cron, Timezone: test.timezone}, now) {
				told = append(told, doubt.String())
			}
			require.Equal(t, test.want, strings.Join(told, "; "))
		})
	}
	require.Empty(t, cron.Doubts(nil, now))
	require.Empty(t, cron.Doubts(&latch.Schedule{Cron: "0 25 * * *"}, now), "what is refused is not doubted too")
}
