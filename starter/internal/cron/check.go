package cron

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a machine without a time zone database judges as any other

	"github.com/latch-run/latch"
)

// Check gives what Temporal would refuse in the schedule, with paths that begin
// below it. A nil schedule, and one that follows a job, have nothing to refuse.
func Check(schedule *latch.Schedule) latch.Problems {
	var problems latch.Problems
	if schedule == nil {
		return nil
	}
	if schedule.Cron != "" {
		zone, expression, err := splitZone(schedule.Cron)
		if err == nil {
			err = checkExpression(expression)
		}
		if err != nil {
			problems.Addf("cron", "%q: %v", schedule.Cron, err)
		}
		if err := checkZone(zone); err != nil {
			problems.Addf("cron", "%q: %v", schedule.Cron, err)
		}
		if zone != "" && schedule.Timezone != "" && zone != schedule.Timezone {
			problems.Addf("timezone", "%q is another zone than the cron expression's own, %q", schedule.Timezone, zone)
		}
	}
	if err := checkZone(schedule.Timezone); err != nil {
		problems.Addf("timezone", "%v", err)
	}
	return problems
}

// splitZone takes TZ=… or CRON_TZ=… from an expression's front.
func splitZone(expression string) (zone, rest string, err error) {
	expression = strings.TrimSpace(expression)
	for _, prefix := range []string{"TZ=", "CRON_TZ="} {
		named, found := strings.CutPrefix(expression, prefix)
		if !found {
			continue
		}
		zone, rest, found = strings.Cut(named, " ")
		if !found {
			return "", "", fmt.Errorf("nothing follows the time zone")
		}
		return zone, strings.TrimSpace(rest), nil
	}
	return "", expression, nil
}

func checkZone(name string) error {
	if name == "Local" {
		return fmt.Errorf("a time zone is an IANA name such as Europe/Berlin; Local would be the server's")
	}
	if _, err := time.LoadLocation(name); err != nil {
		return fmt.Errorf("there is no time zone %q; one is an IANA name such as Europe/Berlin or UTC", name)
	}
	return nil
}

// words stand for whole expressions.
var words = []string{"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}

func checkExpression(expression string) error {
	expression, _, _ = strings.Cut(expression, "#") // a comment
	expression = strings.TrimSpace(expression)
	if interval, found := strings.CutPrefix(expression, "@every"); found {
		return checkInterval(interval)
	}
	for _, word := range words {
		if expression == word {
			return nil
		}
	}
	if strings.HasPrefix(expression, "@") {
		return fmt.Errorf("the words are @every and %s", strings.Join(words, ", "))
	}
	values := strings.Fields(expression)
	if len(values) < 5 || len(values) > 7 {
		return fmt.Errorf("has %d fields, not the 5 to 7 of [second] minute hour day-of-month month day-of-week [year]", len(values))
	}
	these := fields
	if len(values) < 7 {
		these = fields[1:]
	}
	for i, value := range values {
		if err := these[i].check(value); err != nil {
			return fmt.Errorf("%s %q: %w", these[i].name, value, err)
		}
	}
	return nil
}

// checkInterval takes an interval and, behind a slash, its phase. Temporal has
// days beside Go's units.
func checkInterval(text string) error {
	interval, phase, phased := strings.Cut(strings.TrimSpace(text), "/")
	times := []string{interval}
	if phased {
		times = append(times, phase)
	}
	for _, each := range times {
		if strings.HasSuffix(each, "d") {
			continue // Temporal judges
		}
		if _, err := time.ParseDuration(each); err != nil {
			return fmt.Errorf(`@every takes a duration such as "90s" or "4h", or one with a phase such as "4h/15m", not %q`, strings.TrimSpace(text))
		}
	}
	return nil
}

// A field is one of an expression's: numbers, or names from the shortest
// length on.
type field struct {
	name             string
	minimum, maximum int
	names            []string
	shortest         int
}

var fields = []field{
	{name: "second", maximum: 59},
	{name: "minute", maximum: 59},
	{name: "hour", maximum: 23},
	{name: "day of month", minimum: 1, maximum: 31},
	{name: "month", minimum: 1, maximum: 12, shortest: 3, names: []string{"", "january", "february", "march", "april", "may", "june", "july",
		"august", "september", "october", "november", "december"}},
	{name: "day of week", maximum: 7, shortest: 2, names: []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}},
	{name: "year", minimum: 2000, maximum: 2100},
}

// check takes a list of *, n and n-m, each with a step or none.
func (f *field) check(list string) error {
	for part := range strings.SplitSeq(list, ",") {
		part, step, stepped := strings.Cut(part, "/")
		if number, err := strconv.Atoi(step); stepped && (err != nil || number < 1) {
			return fmt.Errorf("a step is a whole number from 1, not %q", step)
		}
		if part == "*" {
			continue
		}
		from, to, ranged := strings.Cut(part, "-")
		first, err := f.value(from)
		if err != nil {
			return err
		}
		if !ranged {
			continue
		}
		last, err := f.value(to)
		if err != nil {
			return err
		}
		if last < first {
			return fmt.Errorf("the range %q ends before it begins", part)
		}
	}
	return nil
}

func (f *field) value(text string) (int, error) {
	if f.shortest > 0 && len(text) >= f.shortest {
		for number, name := range f.names {
			if strings.HasPrefix(name, strings.ToLower(text)) {
				return number, nil
			}
		}
	}
	number, err := strconv.Atoi(text)
	if err != nil || number < f.minimum || number > f.maximum {
		return 0, fmt.Errorf("%q is none of %d to %d%s", text, f.minimum, f.maximum, f.namesToo())
	}
	return number, nil
}

func (f *field) namesToo() string {
	if f.names == nil {
		return ""
	}
	return ", nor a name such as " + f.names[1][:3]
}
