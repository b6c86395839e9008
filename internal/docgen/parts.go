package main

import (
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/vars"
)

// A part is a kind of generated text.
type part struct {
	name string
	// make returns the part's Markdown. of is the parameter in the comment.
	make func(of string) (string, error)
}

var parts = []part{
	{"keys", keys},
	{"shape", shape},
	{"events", events},
	{"variables", func(string) (string, error) { return variables(), nil }},
	{"settings", settingsOf},
	{"routes", routes},
	{"commands", commands},
	{"pictures", pictures},
	{"source", source},
}

// A table is a Markdown table.
type table struct{ b strings.Builder }

func newTable(heads ...string) *table {
	t := &table{}
	t.row(heads...)
	t.b.WriteString(strings.Repeat("|---", len(heads)) + "|\n")
	return t
}

func (t *table) row(cells ...string) {
	t.b.WriteString("|")
	for _, cell := range cells {
		t.b.WriteString(strings.TrimSuffix(" "+strings.ReplaceAll(cell, "|", `\|`), " ") + " |")
	}
	t.b.WriteString("\n")
}

func (t *table) String() string { return t.b.String() }

// code encloses a text in backticks; "" stays empty.
func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

func variables() string {
	return "| variable | kind | only in | keys | |\n|---|---|---|---|---|\n" + vars.Markdown()
}

// events returns the table of the built-in events of one kind of run: job,
// release or operator.
func events(of string) (string, error) {
	t := newTable("event", "when it fires", "a hook may block", "hooks decide")
	for _, event := range latch.BuiltInEvents() {
		if string(event.Of) == of {
			t.row(code(event.Name), event.Means, yes(event.MayBlock), yes(event.Decides))
		}
	}
	return t.String(), nil
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return ""
}
