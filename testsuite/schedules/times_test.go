// Package schedules compares Latch's calculations of schedules with those of Temporal's server.
package schedules

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	schedulepb "go.temporal.io/api/schedule/v1"
	"go.temporal.io/server/service/worker/scheduler"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cron"
)

func none() int { return 0 }

// server computes the next times with Temporal's own code.
func server(schedule *latch.Schedule, after time.Time, n int) ([]string, error) {
	compiled, err := scheduler.NewSpecBuilder(none, none).NewCompiledSpec(&schedulepb.ScheduleSpec{
		CronString: []string{schedule.Cron}, TimezoneName: schedule.Timezone,
	})
	if err != nil {
		return nil, err
	}
	times := []string{}
	for len(times) < n {
		next, err := compiled.GetNextTime("", after)
		if err != nil || next.Nominal.IsZero() {
			return times, err
		}
		after = next.Nominal
		times = append(times, after.UTC().Format(time.RFC3339))
	}
	return times, nil
}

func latchs(schedule *latch.Schedule, after time.Time, n int) []string {
	times := []string{}
	for _, next := range cron.Next(schedule, after, n) {
		times = append(times, next.UTC().Format(time.RFC3339))
	}
	return times
}

var zones = []string{"", "UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/Santiago",
	"America/Asuncion", "America/Havana",
	"Africa/Cairo", "Africa/Casablanca", "Asia/Beirut", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Sydney",
	"Pacific/Auckland", "Pacific/Chatham",
	"Pacific/Apia", "Antarctica/Troll", "Australia/Lord_Howe", "America/St_Johns", "America/Sao_Paulo"}

// Latch computes the same times as Temporal, including days with clock changes, and rejects
// what Temporal rejects.
func TestTimesAreThoseOfTemporal(t *testing.T) {
	t.Parallel()
	chance := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[chance.IntN(len(from))] }
	expression := func() string {
		minute := pick("0", "30", "15", "*", "*/20", "5/10", "0,30", "59", "1-3", "60", "")
		hour := pick("0", "1", "2", "3", "23", "*", "*/2", "0-4", "1,2,3", "22/1", "24")
		day := pick("*", "*", "*", "1", "25", "28-31", "1,15", "*/7", "32", "L")
		month := pick("*", "*", "3", "oct", "3,4,9-11", "FEB", "13")
		weekday := pick("*", "*", "0", "7", "5", "5-7", "sun", "mon-fri", "*/2", "0-7", "1-7/2", "3-7/3", "8", "5L", "5#2")
		fields := []string{minute, hour, day, month, weekday}
		switch chance.IntN(8) {
		case 0:
			fields = append(fields, pick("*", "2027", "2026-2028", "2025", "1999", "2100"))
		case 1:
			fields = append(append([]string{pick("0", "30", "*/30", "59", "60")}, fields...), pick("*", "2027/2"))
		}
		return strings.Join(fields, " ")
	}
	for range 20_000 {
		schedule := &latch.Schedule{Cron: expression(), Timezone: pick(zones...)}
		after := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(chance.Int64N(int64(2 * 365 * 24 * time.Hour))))
		if location, err := time.LoadLocation(schedule.Timezone); err == nil && chance.IntN(2) == 0 {
			if _, turn := after.In(location).ZoneBounds(); !turn.IsZero() {
				after = turn.Add(time.Duration(chance.Int64N(int64(4*time.Hour))) - 3*time.Hour)
			}
		}
		want, err := server(schedule, after, 6)
		about := fmt.Sprintf("%q in %q after %s", schedule.Cron, schedule.Timezone, after.UTC().Format(time.RFC3339))
		if err != nil {
			require.NotEmpty(t, cron.Check(schedule), "%s: %v", about, err)
			continue
		}
		require.Empty(t, cron.Check(schedule), about)
		require.Equal(t, want, latchs(schedule, after, 6), about)
	}
}

// Expressions beyond five to seven fields: words, intervals, time zones in front, comments, and
// invalid ones.
func TestWordsAndIntervalsAreThoseOfTemporal(t *testing.T) {
	t.Parallel()
	after := time.Date(2026, 10, 24, 23, 59, 30, 0, time.UTC)
	for _, expression := range []string{
		"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly", "@reboot", "@Daily", "@", " @daily ", "@daily # comment",
		"@every 90s", "@every 7h", "@every 1d", "@every 1.5d", "@every .5d/6h", "@every 1d12h", "@every 4h/15m",
		"@every 4h/4h", "@every 4h/-1m", "@every 4h/", "@every",
		"@every 500ms", "@every 0s", "@every -1h", "@every 1500ms", "@every  1h", "@every 1h 5m", "@every 1h/ 5m",
		"@every 1w", "@every 1y2d", "@every 876000h", "@every 2h#x",
		"CRON_TZ=Europe/Berlin @daily", "TZ=America/New_York 0 1 * * *", "CRON_TZ=Europe/Berlin", "TZ= 0 1 * * *", "TZ=Mars/Base 0 0 * * *",
		"CRON_TZ=Europe/Berlin  0 2 * * *", "cron_tz=UTC 0 0 * * *",
		"0 0 * * 7", "0 0 * * 0-7/7", "0 0 * * */7", "0 0 * * sat-sun", "0 0 * * su", "0 0 * * s", "0 0 * JANUARY *",
		"0 0 * j *", "0 0 * * tuesdayx",
		"0 0 ? * *", "0 0 L * *", "0 0 15W * *", "0 0 * * 5L", "0 0 * * 5#2", "H 0 * * *", "0 0 1-5-9 * *", "0 0 1/2/3 * *",
		"0 0 1/ * *", "0 0 ,1 * *", "0 0 +1 * *", "0 0 -1 * *",
		"22-2 * * * *", "0 22-2 * * *", " ", "#", "0 0 * *", "0 0 * * * * * *", "0 0 * * * # " + strings.Repeat("x", 200),
		"0 0 * * * # " + strings.Repeat("x", 201),
		"0 0 29 2 *", "0 0 31 4 *", "0 0 1 1 * 2100", "0 0 1 1 * 2101", "*/100 * * * *", "00 007 * * *", "0\t0\t*\t*\t*", "0 0 * * *\n",
	} {
		for _, zone := range []string{"", "Europe/Berlin", "America/New_York"} {
			schedule := &latch.Schedule{Cron: expression, Timezone: zone}
			want, err := server(schedule, after, 4)
			about := fmt.Sprintf("%q in %q", expression, zone)
			if err != nil {
				require.NotEmpty(t, cron.Check(schedule), "%s: %v", about, err)
				continue
			}
			require.Empty(t, cron.Check(schedule), about)
			require.Equal(t, want, latchs(schedule, after, 4), about)
		}
	}
}
