package output

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/latch-run/latch/internal/rawjson"
)

// A Printer prints for a person, or for a program.
type Printer struct {
	// Out is standard output, and Err standard error.
	Out, Err io.Writer
	// In is standard input, from which a person answers.
	In io.Reader
	// JSON reports that standard output is one JSON value and nothing else.
	JSON bool
	// Terminal reports that standard output is a terminal. Tables are then aligned.
	Terminal bool
	// Interactive reports that standard input is a terminal. A person can then answer.
	Interactive bool
	// Plain disables colours.
	Plain bool
}

// Value prints one JSON value on standard output.
func (p *Printer) Value(value any) {
	_ = rawjson.Write(p.Out, value) // nobody can read an error about a closed output
}

// Printf prints a text on standard output.
func (p *Printer) Printf(format string, args ...any) { fmt.Fprintf(p.Out, format, args...) }

// Notef prints a line about the output on standard error.
func (p *Printer) Notef(format string, args ...any) { fmt.Fprintf(p.Err, format+"\n", args...) }

// Warnf prints a warning on standard error.
func (p *Printer) Warnf(format string, args ...any) { p.Notef("Warning: "+format, args...) }

// Confirm asks the person a question on standard error, and reports whether the
// answer is yes.
func (p *Printer) Confirm(question string) bool {
	fmt.Fprintf(p.Err, "%s [y/N] ", OneLine(question))
	answer, _ := bufio.NewReader(p.In).ReadString('\n')
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}

// Colours reports whether standard output is coloured: on a terminal, and not in
// JSON.
func (p *Printer) Colours() bool { return p.Terminal && !p.JSON && !p.Plain }

// Table prints a table on standard output.
func (p *Printer) Table(table *Table) { table.write(p.Out, p.Terminal, p.Colours()) }

// NoteTable prints a table on standard error, in the same format as on standard output.
func (p *Printer) NoteTable(table *Table) { table.write(p.Err, p.Terminal, p.Colours()) }

// Show returns a cell's text, in its colour if colours are on.
func (p *Printer) Show(cell Cell) string { return cell.Show(p.Colours()) }
