package spec

import (
	"strings"

	"github.com/latch-run/latch"
)

// Located returns the problems with the line and column of each, as far as
// known. place is that of a [Document], "" for a file with one document.
func (f *File) Located(place string, problems latch.Problems) latch.Problems {
	located := make(latch.Problems, len(problems))
	for i, problem := range problems {
		if at, found := f.Locate(place, problem.Path, aimOf(problem)); found && problem.Line == 0 {
			problem.Line, problem.Column = at.Line, at.Column
		}
		located[i] = problem
	}
	return located
}

// aimOf returns the part of a member that a problem is about.
func aimOf(problem latch.Problem) Aim {
	switch {
	case strings.HasPrefix(problem.Message, "is given twice"):
		return AtSecondKey
	case strings.HasPrefix(problem.Message, "unknown key"):
		return AtKey
	default:
		return AtValue
	}
}
