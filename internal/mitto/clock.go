package mitto

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
)

// The keys of Mitto's clock in a schedule: {"minute": 0, "hour": 6, "ampm": "AM"}.
const (
	keyMinute = "minute"
	keyHour   = "hour"
	keyAMPM   = "ampm"
)

// Descriptions of valid values, for error messages.
const (
	rightMinute = "a whole number from 0 to 59"
	rightHour   = "a whole number from 1 to 12, of a clock of 12 hours (12 AM is midnight, 12 PM is noon)"
	rightAMPM   = `"AM" or "PM"`
)

// times reads the clock of a daily or hourly schedule into a cron expression.
// If the clock has none of its keys, `value` says when the job runs.
func (r *scheduleReader) times(key string, read func(clock latch.Object) string) {
	clock := members(r.object[key])
	isClock := slices.ContainsFunc([]string{keyMinute, keyHour, keyAMPM}, func(each string) bool { return !isNull(clock[each]) })
	switch {
	case !isNull(r.object[key]) && clock == nil:
		r.problems.Addf("schedule."+key, "must be an object, not %.60s", r.object[key])
	case isClock:
		if cron := read(clock); len(r.problems) == 0 {
			r.cron, r.cronFrom = rawjson.Encode(cron), key
		}
	case key == typeDaily:
		r.fromValue(key, `an object such as {"minute": 0, "hour": 6, "ampm": "AM"}`)
	default:
		r.fromValue(key, `an object such as {"minute": 5}`)
	}
}

// daily converts a time of day to a cron expression.
func (r *scheduleReader) daily(clock latch.Object) string {
	const path = "schedule." + typeDaily + "."
	minute := r.number(path+keyMinute, clock[keyMinute], 0, 59, rightMinute)
	hour := r.number(path+keyHour, clock[keyHour], 1, 12, rightHour) % 12
	switch half := clock[keyAMPM]; {
	case isNull(half):
		r.problems.Addf(path+keyAMPM, "required: %s", rightAMPM)
	case isText(half) && strings.EqualFold(text(half), "PM"):
		hour += 12
	case !isText(half) || !strings.EqualFold(text(half), "AM"):
		r.problems.Addf(path+keyAMPM, "must be %s, not %.60s", rightAMPM, half)
	}
	return fmt.Sprintf("%d %d * * *", minute, hour)
}

// hourly converts a minute of the hour to a cron expression.
func (r *scheduleReader) hourly(clock latch.Object) string {
	return fmt.Sprintf("%d * * * *", r.number("schedule."+typeHourly+"."+keyMinute, clock[keyMinute], 0, 59, rightMinute))
}

// number reads a whole number between two bounds (inclusive), written as a
// number or as a string of digits.
func (r *scheduleReader) number(path string, value json.RawMessage, lowest, highest int, right string) int {
	if isNull(value) {
		r.problems.Addf(path, "required: %s", right)
		return 0
	}
	number, err := strconv.Atoi(strings.TrimSpace(text(value)))
	if err != nil || number < lowest || number > highest {
		r.problems.Addf(path, "must be %s, not %.60s", right, value)
	}
	return number
}
