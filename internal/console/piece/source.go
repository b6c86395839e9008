package piece

import (
	"strings"
	"unicode/utf8"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
)

// Bounds of what a [Source] shows.
const (
	// sourceAround is the number of lines shown before and after one with a
	// problem.
	sourceAround = 2
	// maximumLines bounds the lines shown, and maximumLine the length of each,
	// in bytes.
	maximumLines = 200
	maximumLine  = 400
)

// A Source is a text that a person wrote, with problems shown below the lines
// that they are about. Only these lines are shown, with a few around them.
type Source struct {
	// ID is unique in the page; a line's element is ID-<number>.
	ID, Name string
	Lines    []SourceLine
}

// A SourceLine is one line of a source.
type SourceLine struct {
	// Number counts from 1.
	Number int
	Text   string
	// Problems are the problems in the line.
	Problems []string
	// Gap is true if lines before it are left out.
	Gap bool
}

// SourceOf returns the lines of a text that the problems are about. If no
// problem has a line, it returns none.
func SourceOf(id, name, text string, problems latch.Problems) Source {
	source, wrong, column := Source{ID: id, Name: name}, map[int][]string{}, map[int]int{}
	for _, problem := range problems {
		if problem.Line > 0 {
			message := strings.TrimPrefix(problem.Path+": "+problem.Message, ": ")
			if wrong[problem.Line] == nil {
				column[problem.Line] = problem.Column
			}
			wrong[problem.Line] = append(wrong[problem.Line], message)
		}
	}
	last := 0
	for i, line := range strings.Split(text, "\n") {
		number := i + 1
		if len(source.Lines) == maximumLines || !isNear(number, wrong) {
			continue
		}
		source.Lines = append(source.Lines, SourceLine{Number: number, Text: around(strings.TrimSuffix(line, "\r"), column[number]),
			Problems: wrong[number], Gap: number > last+1})
		last = number
	}
	return source
}

// around cuts a long line so that the column, which counts characters from 1,
// is visible.
func around(line string, column int) string {
	if len(line) <= maximumLine {
		return line
	}
	start, at := 0, 0
	for i := range line {
		if at++; at == column {
			start = max(0, i-maximumLine/2)
		}
	}
	if start == 0 {
		return excerpt.Of(line, maximumLine)
	}
	for start < len(line) && !utf8.RuneStart(line[start]) { // of a text that is not UTF-8, maybe to its end
		start++
	}
	return "…" + excerpt.Of(line[start:], maximumLine)
}

// isNear reports whether a line has a problem or is close to one that has.
func isNear(number int, wrong map[int][]string) bool {
	for at := number - sourceAround; at <= number+sourceAround; at++ {
		if len(wrong[at]) > 0 {
			return true
		}
	}
	return false
}
