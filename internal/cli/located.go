package cli

import (
	"errors"
	"fmt"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/spec"
)

// A source is the origin of an input: a file, and the document in it.
type source struct {
	file  *spec.File
	place string
}

// located adds the line and column to each problem, if they are known.
func (s source) located(problems latch.Problems) latch.Problems {
	if s.file == nil {
		return problems
	}
	return s.file.Located(s.place, problems)
}

// refused adds the lines to the problems that a backend found in the file.
func (c *checked) refused(err error) error {
	var failed *failure.Error
	if errors.As(err, &failed) && len(failed.Problems) > 0 {
		failed.Problems = c.from.located(failed.Problems)
		failed.Text = output.Printable(fmt.Sprintf("%s: %v", c.file, failed.Problems))
	}
	return err
}
