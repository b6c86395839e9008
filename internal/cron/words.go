package cron

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/latch-run/latch"
)

// mostTimes bounds the times of a day, or days of a month, that Words lists.
const mostTimes = 6

// Words describes when a job runs by itself, such as "every day at 03:00
// (UTC)", or returns "" for a schedule without times. An expression that is too
// complex for words is returned as it is.
func Words(schedule *latch.Schedule) string {
	switch {
	case schedule == nil:
		return ""
	case schedule.After != "":
		text := "after job " + schedule.After
		switch schedule.On {
		case latch.OnSuccess:
			return text + ", when it succeeded"
		case latch.OnFailure:
			return text + ", when it failed"
		}
		return text
	case schedule.Cron == "":
		return ""
	}
	times, zone := timesOf(schedule)
	text := ""
	switch {
	case times == nil:
	case times.interval != nil:
		text = times.interval.words()
	default:
		text = times.calendar.words()
	}
	if text == "" {
		text = "at the times of " + schedule.Cron
	}
	return text + " (" + zone.String() + ")"
}

func (i *interval) words() string {
	text := "every " + span(i.every)
	if i.phase > 0 {
		text += ", " + span(i.phase) + " late"
	}
	return text
}

// span formats a duration without zero parts.
func span(duration time.Duration) string {
	text := duration.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}

// words describes the times of the calendar, or returns "" if that takes more
// than a sentence.
func (c *calendar) words() string {
	at, often := c.clock()
	days := c.days()
	if c.year != nil || at == "" && often == "" || days == "" {
		return ""
	}
	text := strings.TrimSpace(days + " " + at)
	if often != "" {
		if text = often; days != "every day" {
			text += " " + days
		}
	}
	if c.month != nil {
		var names []string
		for _, month := range sorted(c.month) {
			names = append(names, title(fields[4].names[month]))
		}
		text += " in " + and(names)
	}
	return text
}

// clock returns the times of day, or how often in a day.
func (c *calendar) clock() (at, often string) {
	seconds, minutes := sorted(c.second), sorted(c.minute)
	if len(seconds) != 1 || seconds[0] != 0 {
		return "", ""
	}
	step := stepOf(c.minute)
	switch {
	case c.hour != nil && len(minutes) == 1 && len(c.hour) <= mostTimes:
		var times []string
		for _, hour := range sorted(c.hour) {
			times = append(times, fmt.Sprintf("%02d:%02d", hour, minutes[0]))
		}
		return "at " + and(times), ""
	case c.hour != nil:
		return "", ""
	case c.minute == nil:
		return "", "every minute"
	case step > 0:
		return "", fmt.Sprintf("every %d minutes", step)
	case len(minutes) == 1:
		return "", fmt.Sprintf("every hour at minute %d", minutes[0])
	default:
		return "", ""
	}
}

// stepOf returns the step between minutes that are evenly spaced from 0 on, or
// 0 for others.
func stepOf(minutes numbers) int {
	if len(minutes) < 2 || 60%len(minutes) != 0 {
		return 0
	}
	step := 60 / len(minutes)
	for minute := range minutes {
		if minute%step != 0 {
			return 0
		}
	}
	return step
}

// days says on which days.
func (c *calendar) days() string {
	switch {
	case c.day == nil && c.weekday == nil:
		return "every day"
	case c.day != nil && c.weekday != nil || len(c.day) > mostTimes:
		return ""
	case c.weekday == nil:
		var days []string
		for _, day := range sorted(c.day) {
			days = append(days, fmt.Sprint(day))
		}
		return "on day " + and(days) + " of the month"
	}
	days := sorted(c.weekday)
	if slices.Equal(days, []int{1, 2, 3, 4, 5}) {
		return "Monday to Friday"
	}
	var names []string
	for _, day := range days {
		names = append(names, title(weekdays.names[day]))
	}
	return "on " + and(names)
}

func sorted(n numbers) []int { return slices.Sorted(maps.Keys(n)) }

func title(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

// and joins words for a sentence.
func and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
