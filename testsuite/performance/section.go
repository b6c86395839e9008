package main

import (
	"fmt"
	"os"
	"strings"
)

// The Markdown comments between which the program writes.
const (
	sectionBegin = "<!-- measured (make bench) -->\n"
	sectionEnd   = "<!-- end of measured -->"
)

// writeSection puts the report between the two comments of a Markdown file.
func (r *Report) writeSection(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, begins := strings.Cut(string(text), sectionBegin)
	_, after, ends := strings.Cut(rest, sectionEnd)
	if !begins || !ends {
		return fmt.Errorf("%s: it lacks the lines %q and %q", file, strings.TrimSpace(sectionBegin), sectionEnd)
	}
	return os.WriteFile(file, []byte(before+sectionBegin+"\n"+r.markdown()+"\n"+sectionEnd+after), 0o644)
}

// markdown returns the report as a table for each store.
func (r *Report) markdown() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n\n%s\n", r.about(), r.how())
	store := ""
	for _, result := range r.Rows {
		if result.Store != store {
			store = result.Store
			fmt.Fprintf(&text, "\n### Temporal on %s\n\n| work | unit | by hand | Latch | goal |\n|---|---|---|---|---|\n", storeTitles[store])
		}
		fmt.Fprintf(&text, "| %s | %s | %s | %s | %s |\n", result.heading(), result.Unit, result.others(), result.mine(), result.aim())
	}
	return text.String()
}

// others returns the figures of the other sides, each with its name unless it
// is the only one.
func (r Result) others() string {
	var all []string
	for _, figure := range r.Sides {
		if figure.Side == ours {
			continue
		}
		all = append(all, strings.TrimPrefix(strings.TrimPrefix(figure.Side, onehand), ", ")+" "+figure.cell())
	}
	return strings.TrimSpace(strings.Join(all, "; "))
}

func (r Result) mine() string { return r.Sides[len(r.Sides)-1].cell() }

// aim returns the goal, and whether it was met.
func (r Result) aim() string {
	if r.Goal == nil {
		return ""
	}
	return strings.TrimPrefix(r.Goal.text(), "goal: ")
}

// cell returns the median with the range.
func (f Figure) cell() string {
	if spread := f.between(); spread != "" {
		return short(f.Median) + " (" + spread + ")"
	}
	return short(f.Median)
}
