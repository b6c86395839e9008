package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// account prints what happens, for people to follow.
type account struct {
	out    io.Writer
	colour bool
}

// style is a terminal's SGR code.
type style string

const (
	plain style = ""
	bold  style = "1"
	faint style = "2"
	good  style = "32"
	bad   style = "31"
	blue  style = "34"
)

func (a *account) print(s style, text string) {
	if a.colour && s != plain {
		text = "\x1b[" + string(s) + "m" + text + "\x1b[0m"
	}
	_, _ = fmt.Fprintln(a.out, text) // nobody is reading
}

// lines prints a text with a mark before its first line; further lines are
// indented.
func (a *account) lines(s style, mark, text string) {
	text = strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+strings.Repeat(" ", len([]rune(mark))))
	a.print(s, mark+text)
}

func (a *account) note(format string, args ...any) {
	a.lines(faint, "", fmt.Sprintf(format, args...))
}

func (a *account) heading(format string, args ...any) {
	a.print(bold, "\n"+fmt.Sprintf(format, args...))
}

// quote prints what a document says.
func (a *account) quote(source, text string) {
	a.print(faint, "   "+source+":")
	a.print(faint, "   │ "+strings.ReplaceAll(text, "\n", "\n   │ "))
}

// does prints an action on Latch; came prints a request or a response.
func (a *account) does(format string, args ...any) {
	a.lines(plain, "   → ", fmt.Sprintf(format, args...))
}

func (a *account) came(format string, args ...any) {
	a.lines(plain, "   ← ", fmt.Sprintf(format, args...))
}

// right prints a check that held; wrong prints one that did not.
func (a *account) right(format string, args ...any) {
	a.lines(good, "   ✓ ", fmt.Sprintf(format, args...))
}

func (a *account) wrong(text string) {
	a.lines(bad, "   ✗ ", text)
}

// page prints the address of something to look at.
func (a *account) page(url string) {
	a.lines(blue, "   ", url)
}

func (a *account) log(what, text string) {
	a.heading("%s", what)
	a.lines(faint, "   ", text)
}

// row prints a case's line of the summary, followed by the pages of its runs.
func (a *account) row(number int, one outcome) {
	s, verdict := good, "right"
	switch {
	case one.notRun:
		s, verdict = faint, "not run"
	case len(one.failures) > 0:
		s, verdict = bad, "WRONG"
	}
	a.print(s, fmt.Sprintf("   %d  %-66s %-7s %6d ms", number, one.title, verdict, one.took.Round(time.Millisecond).Milliseconds()))
	for _, url := range one.pages {
		a.print(faint, "      "+url)
	}
}
