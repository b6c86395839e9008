package main

import (
	"fmt"
	"os"
	"strings"
)

// The comments of Markdown between which the program writes.
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

// markdown is the report as a table for each store.
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

// others are the sides beside Latch, each with its name unless it is the only
// kind there is.
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

// aim is the goal, and whether it is met.
func (r Result) aim() string {
	if r.Goal == nil {
		return ""
	}
	return strings.TrimPrefix(r.Goal.text(), "goal: ")
}

// cell is the median with the least and the most.
func (f Figure) cell() string {
	if spread := f.between(); spread != "" {
		return short(f.Median) + " (" + spread + ")"
	}
	return short(f.Median)
}
