package cron

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/latch-run/latch/internal/typo"
)

// numbers are the numbers that a field matches; nil matches all.
type numbers map[int]bool

func (n numbers) has(number int) bool { return n == nil || n[number] }

// A field is a field of an expression: numbers, or names of at least the
// shortest length.
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

// weekdays is the field in which 7 means 0.
var weekdays = &fields[5]

// parse parses a list of *, n and n-m, each with an optional step. With a step,
// n begins a range that ends at the field's maximum.
func (f *field) parse(list string) (numbers, error) {
	parsed := numbers{}
	for part := range strings.SplitSeq(list, ",") {
		part, text, stepped := strings.Cut(part, "/")
		step := 1
		if stepped {
			var err error
			if step, err = strconv.Atoi(text); err != nil || step < 1 {
				return nil, fmt.Errorf("a step is a whole number from 1, not %q", text)
			}
		}
		first, last, err := f.span(part, stepped)
		if err != nil {
			return nil, err
		}
		for number := first; number <= last; number += step {
			if f.name == weekdays.name {
				parsed[number%7] = true
			} else {
				parsed[number] = true
			}
		}
	}
	if len(parsed) == f.count() {
		return nil, nil
	}
	return parsed, nil
}

// count returns how many numbers the field has.
func (f *field) count() int {
	if f.name == weekdays.name {
		return 7
	}
	return f.maximum - f.minimum + 1
}

// span parses *, n or n-m.
func (f *field) span(part string, stepped bool) (first, last int, err error) {
	if part == "*" {
		return f.minimum, f.maximum, nil
	}
	from, to, ranged := strings.Cut(part, "-")
	if first, err = f.value(from); err != nil {
		return 0, 0, err
	}
	switch {
	case ranged:
		if last, err = f.value(to); err == nil && last < first {
			err = fmt.Errorf("the range %q ends before it begins", part)
		}
	case stepped:
		last = f.maximum
	default:
		last = first
	}
	return first, last, err
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
		return 0, fmt.Errorf("%q is not in the range %d to %d%s%s", text, f.minimum, f.maximum, f.orNames(), f.hint(text))
	}
	return number, nil
}

func (f *field) orNames() string {
	if f.names == nil {
		return ""
	}
	return ", nor a name such as " + f.names[1][:3]
}

// hint says what to write in place of a construct of other cron systems.
func (f *field) hint(text string) string {
	upper := strings.ToUpper(text)
	switch {
	case text == "?":
		return "; write * for any"
	case strings.HasPrefix(text, "*"), text == "":
		return ""
	case upper == "L" || strings.HasSuffix(upper, "L") || strings.HasSuffix(upper, "W"):
		return "; Temporal knows neither L (last) nor W (nearest workday)"
	case strings.HasPrefix(upper, "H"):
		return "; Temporal does not support H (a random time)"
	case f.name == "year":
		return "; the sixth field is the year here, and seconds, which come first, take seven fields"
	default:
		return typo.Hint(text, f.spellings())
	}
}

// spellings returns the names in a field and their abbreviations.
func (f *field) spellings() []string {
	var all []string
	for _, name := range f.names {
		if len(name) >= 3 {
			all = append(all, name[:3], name)
		}
	}
	return all
}
