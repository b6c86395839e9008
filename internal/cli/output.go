package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// printJSON writes the machine's output: one JSON value on standard output.
func (a *app) printJSON(value any) {
	encoder := json.NewEncoder(a.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(value) // a closed standard output is nobody's to tell
}

func (a *app) printf(format string, args ...any) { fmt.Fprintf(a.out, format, args...) }

// warn prints what is doubtful, on standard error.
func (a *app) warn(format string, args ...any) {
	fmt.Fprintf(a.err, "Warning: "+format+"\n", args...)
}

// Colours of a cell, as SGR parameters.
const (
	plain  = ""
	green  = "32"
	red    = "31"
	yellow = "33"
	dim    = "2"
	bold   = "1"
)

// A cell is one field of a table or line.
type cell struct{ text, colour string }

// show returns the cell's text, in its colour where there are colours.
func (c cell) show(coloured bool) string {
	if !coloured || c.colour == plain || c.text == "" {
		return c.text
	}
	return "\x1b[" + c.colour + "m" + c.text + "\x1b[0m"
}

// A table is printed below its header: aligned on a terminal, elsewhere as lines
// of tab-separated fields, for other programs to cut.
type table struct {
	header []string
	rows   [][]cell
}

func (t *table) write(to io.Writer, terminal, coloured bool) {
	if !terminal {
		fmt.Fprintln(to, strings.Join(t.header, "\t"))
		for _, row := range t.rows {
			texts := make([]string, len(row))
			for i, c := range row {
				texts[i] = c.text
			}
			fmt.Fprintln(to, strings.Join(texts, "\t"))
		}
		return
	}
	rows := [][]cell{make([]cell, len(t.header))}
	for i, name := range t.header {
		rows[0][i] = cell{name, bold}
	}
	rows = append(rows, t.rows...)
	widths := make([]int, len(t.header))
	for _, row := range rows {
		for i, c := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(c.text))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, c := range row {
			line.WriteString(c.show(coloured))
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.text)+2))
			}
		}
		fmt.Fprintln(to, strings.TrimRight(line.String(), " "))
	}
}

// printable keeps what other systems answered from steering the terminal:
// control characters other than line breaks become U+FFFD.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) {
			return utf8.RuneError
		}
		return r
	}, text)
}

// oneLine is printable in one line of bounded length.
func oneLine(text string) string {
	const most = 200
	text = strings.Join(strings.Fields(printable(text)), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// shell quotes an argument for a shell where it needs that.
func shell(argument string) string {
	const safe = "%+,-./:=@_"
	special := func(r rune) bool {
		return (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)) && !strings.ContainsRune(safe, r)
	}
	if argument != "" && !strings.ContainsFunc(argument, special) {
		return argument
	}
	return "'" + strings.ReplaceAll(argument, "'", `'\''`) + "'"
}

func quoteAll(texts []string, separator string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = fmt.Sprintf("%q", text)
	}
	return strings.Join(quoted, separator)
}
