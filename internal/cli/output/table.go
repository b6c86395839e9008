package output

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// A Colour is the colour of a cell, as an SGR parameter.
type Colour string

const (
	None   Colour = ""
	Green  Colour = "32"
	Red    Colour = "31"
	Yellow Colour = "33"
	Dim    Colour = "2"
	Bold   Colour = "1"
)

// A Cell is one field of a table or line.
type Cell struct {
	Text   string
	Colour Colour
}

// Plain returns a cell without a colour.
func Plain(text string) Cell { return Cell{Text: text} }

// In returns a cell of the given colour.
func (c Colour) In(text string) Cell { return Cell{Text: text, Colour: c} }

// Show returns the cell's text, in its colour if colours are on.
func (c Cell) Show(coloured bool) string {
	if !coloured || c.Colour == None || c.Text == "" {
		return c.Text
	}
	return "\x1b[" + string(c.Colour) + "m" + c.Text + "\x1b[0m"
}

// A Table is printed with a header: aligned on a terminal, and otherwise as tab-separated
// lines, for other programs.
type Table struct {
	header []string
	rows   [][]Cell
}

// NewTable returns a table without rows.
func NewTable(header ...string) *Table { return &Table{header: header} }

// Add adds a row, which has one cell for each field of the header.
func (t *Table) Add(row ...Cell) { t.rows = append(t.rows, row) }

func (t *Table) write(to io.Writer, terminal, coloured bool) {
	if !terminal {
		fmt.Fprintln(to, strings.Join(t.header, "\t"))
		for _, row := range t.rows {
			texts := make([]string, len(row))
			for i, cell := range row {
				texts[i] = cell.Text
			}
			fmt.Fprintln(to, strings.Join(texts, "\t"))
		}
		return
	}
	rows := [][]Cell{make([]Cell, len(t.header))}
	for i, name := range t.header {
		rows[0][i] = Bold.In(name)
	}
	rows = append(rows, t.rows...)
	widths := widthsOf(rows)
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell.Show(coloured))
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell.Text)+2))
			}
		}
		fmt.Fprintln(to, strings.TrimRight(line.String(), " "))
	}
}

// widthsOf returns the width of each column in characters.
func widthsOf(rows [][]Cell) []int {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell.Text))
		}
	}
	return widths
}
