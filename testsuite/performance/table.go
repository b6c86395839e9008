package main

import (
	"fmt"
	"math"
	"strings"
	"text/tabwriter"
)

// table returns the report for a terminal: one line for each side of each
// metric.
func (r *Report) table() string {
	var text strings.Builder
	fmt.Fprintf(&text, "\n%s\n%s\n", r.about(), r.how())
	store := ""
	out := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, result := range r.Rows {
		if result.Store != store {
			store = result.Store
			fmt.Fprintf(out, "\nTemporal on %s\n", storeTitles[store])
		}
		fmt.Fprintf(out, "\n%s\n", result.heading())
		for _, figure := range result.Sides {
			fmt.Fprintf(out, "  %s\t%s\t%s\t%s\n", figure.Side, figure.value(result.Unit), figure.between(), result.note(figure.Side))
		}
	}
	_ = out.Flush() // into memory
	return text.String()
}

// heading returns the title of the row and its metric.
func (r Result) heading() string {
	if r.Metric == "" {
		return r.Title
	}
	return r.Title + ": " + r.Metric
}

// line returns one line of progress.
func (r Result) line() string {
	var sides []string
	for _, figure := range r.Sides {
		sides = append(sides, figure.Side+" "+figure.value(r.Unit))
	}
	text := "    " + r.Metric + " " + strings.Join(sides, "; ")
	if r.Goal != nil {
		text += " (" + r.note(ours) + ")"
	}
	return text
}

// note says whether Latch's figure meets its goal.
func (r Result) note(side string) string {
	if side != ours || r.Goal == nil {
		return ""
	}
	return r.Goal.text()
}

func (v verdict) text() string {
	word := "missed"
	if v.Met {
		word = "met"
	}
	if v.times {
		return fmt.Sprintf("goal: %s: %s, %s ×", v.Goal, word, short(v.Reached))
	}
	return fmt.Sprintf("goal: %s: %s", v.Goal, word)
}

func (f Figure) value(unit string) string { return strings.TrimSpace(short(f.Median) + " " + unit) }

// between returns the range over several rounds.
func (f Figure) between() string {
	if len(f.All) < 2 {
		return ""
	}
	return short(f.Min) + "–" + short(f.Max)
}

// short formats a figure with three significant digits, or all digits before
// the decimal point if there are more.
func short(figure float64) string {
	switch size := math.Abs(figure); {
	case size == math.Trunc(size), size >= 100:
		return thousands(math.Round(figure))
	case size >= 10:
		return fmt.Sprintf("%.1f", figure)
	default:
		return fmt.Sprintf("%.2f", figure)
	}
}

// thousands formats a whole number with commas.
func thousands(figure float64) string {
	text := fmt.Sprintf("%.0f", figure)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
