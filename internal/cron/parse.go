package cron

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// words are names for whole expressions.
var words = []struct{ name, fields string }{
	{"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"}, {"@weekly", "0 0 * * 0"},
	{"@daily", "0 0 * * *"}, {"@midnight", "0 0 * * *"}, {"@hourly", "0 * * * *"},
}

// maximumComment bounds the comment after a #, in bytes.
const maximumComment = 200

// An expression is a cron expression without its time zone: either a calendar
// or an interval.
type expression struct {
	calendar *calendar
	interval *interval
	// fields are the fields as written; nil for a word or an interval.
	fields []string
	// comment is the text after a #; glued is true if no blank precedes it.
	comment string
	glued   bool
}

// splitZone splits TZ=… or CRON_TZ=… off the front of an expression.
func splitZone(text string) (zone, rest string, err error) {
	text = strings.TrimSpace(text)
	for _, prefix := range []string{"TZ=", "CRON_TZ="} {
		named, found := strings.CutPrefix(text, prefix)
		if !found {
			continue
		}
		zone, rest, found = strings.Cut(named, " ")
		if !found {
			return "", "", fmt.Errorf("nothing follows the time zone")
		}
		return zone, strings.TrimSpace(rest), nil
	}
	return "", text, nil
}

// parse parses an expression without its time zone.
func parse(text string) (*expression, error) {
	before, comment, commented := strings.Cut(text, "#")
	e := &expression{comment: strings.TrimSpace(comment)}
	e.glued = commented && before != "" && before == strings.TrimRight(before, " \t")
	if len(e.comment) > maximumComment {
		return nil, fmt.Errorf("its comment has %d bytes; at most %d may follow a #", len(e.comment), maximumComment)
	}
	text = strings.TrimSpace(before)
	if strings.HasPrefix(text, "@") {
		return e, e.parseWord(text)
	}
	e.fields = strings.Fields(text)
	var err error
	e.calendar, err = parseFields(e.fields)
	return e, err
}

func (e *expression) parseWord(text string) (err error) {
	if every, rest, _ := strings.Cut(text, " "); every == "@every" {
		e.interval, err = parseInterval(rest)
		return err
	}
	var names []string
	for _, word := range words {
		if text == word.name {
			e.calendar, err = parseFields(strings.Fields(word.fields))
			return err
		}
		names = append(names, word.name)
	}
	return fmt.Errorf("the words are @every and %s", strings.Join(names, ", "))
}

// parseFields parses 5 to 7 fields. With 6, the last is the year; only with 7
// is the first the second.
func parseFields(values []string) (*calendar, error) {
	switch len(values) {
	case 5:
		values = []string{"0", values[0], values[1], values[2], values[3], values[4], "*"}
	case 6:
		values = []string{"0", values[0], values[1], values[2], values[3], values[4], values[5]}
	case 7:
	default:
		return nil, fmt.Errorf("has %d fields, not the 5 to 7 of [second] minute hour day-of-month month day-of-week [year]", len(values))
	}
	c := &calendar{}
	for i, into := range []*numbers{&c.second, &c.minute, &c.hour, &c.day, &c.month, &c.weekday, &c.year} {
		parsed, err := fields[i].parse(values[i])
		if err != nil {
			return nil, fmt.Errorf("%s %q: %w", fields[i].name, values[i], err)
		}
		*into = parsed
	}
	return c, nil
}

// An interval is @every: times since 1970 in UTC that are phase after a
// multiple of every.
type interval struct{ every, phase time.Duration }

// rightInterval describes a valid @every, for error messages.
const rightInterval = `@every takes a duration such as "90s" or "4h", or one with a phase such as "4h/15m"`

// parseInterval parses the text after @every.
func parseInterval(text string) (*interval, error) {
	every, phase, phased := strings.Cut(text, "/")
	parsed := &interval{}
	var err error
	if parsed.every, err = parseDuration(every); err != nil {
		return nil, fmt.Errorf("%s, not %q", rightInterval, text)
	}
	if phased && phase != "" {
		if parsed.phase, err = parseDuration(phase); err != nil {
			return nil, fmt.Errorf("%s, not %q", rightInterval, text)
		}
	}
	switch {
	case parsed.every < time.Second:
		return nil, fmt.Errorf("@every %s is less than a second", every)
	case parsed.phase < 0, parsed.phase >= parsed.every:
		return nil, fmt.Errorf("the phase %s must be less than the interval %s, and not negative", phase, every)
	}
	return parsed, nil
}

var days = regexp.MustCompile(`([0-9]+\.?[0-9]*|\.[0-9]+)d`)

// parseDuration parses a Go duration that may contain days.
func parseDuration(text string) (time.Duration, error) {
	return time.ParseDuration(days.ReplaceAllStringFunc(text, func(found string) string {
		number, err := strconv.ParseFloat(strings.TrimSuffix(found, "d"), 64)
		if err != nil {
			return found // not valid in any duration
		}
		return strconv.FormatFloat(24*number, 'f', 6, 64) + "h"
	}))
}
