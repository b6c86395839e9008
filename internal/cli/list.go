package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/deliveries"
	"github.com/latch-run/latch/internal/runs"
)

// A listCall says which part of a list is requested.
type listCall struct {
	// limit is the largest number of entries; 0 means no limit.
	limit int
	// cursor is where an earlier call stopped.
	cursor string
}

// flags adds the flags of all lists to the command.
func (c *listCall) flags(command *cobra.Command, limit int, about string) {
	command.Flags().IntVar(&c.limit, "limit", limit, about+"; 0 is no limit")
	command.Flags().StringVar(&c.cursor, "cursor", "", "go on where an earlier list ended: the next_cursor of its JSON")
}

func (c *listCall) check() error {
	if c.limit < 0 {
		return fmt.Errorf("--limit: must be 0 (no limit) or more, not %d", c.limit)
	}
	return nil
}

// part returns how many entries to request next, at most most, if there already are have.
func (c *listCall) part(have, most int) int {
	if c.limit == 0 {
		return most
	}
	return min(most, c.limit-have)
}

// reached reports whether the limit is reached.
func (c *listCall) reached(have int) bool { return c.limit > 0 && have >= c.limit }

// A timeSpan holds the flags --since and --until.
type timeSpan struct{ since, until string }

func (s *timeSpan) flags(command *cobra.Command, since, until string) {
	command.Flags().StringVar(&s.since, "since", "", since+": a duration such as 2h, or an RFC 3339 time")
	command.Flags().StringVar(&s.until, "until", "", until)
}

// times returns both ends. The error names each wrong flag.
func (s *timeSpan) times() (since, until time.Time, err error) {
	now := time.Now()
	since, wrongSince := deliveries.ParseTime(s.since, now)
	until, wrongUntil := deliveries.ParseTime(s.until, now)
	var wrong []error
	if wrongSince != nil {
		wrong = append(wrong, fmt.Errorf("--since: %w", wrongSince))
	}
	if wrongUntil != nil {
		wrong = append(wrong, fmt.Errorf("--until: %w", wrongUntil))
	}
	return since, until, errors.Join(wrong...)
}

// ofFlag turns an error about an argument of a list into one about its flag.
func ofFlag(err error) error {
	var argument *runs.ArgumentError
	if errors.As(err, &argument) {
		return failure.OfUsage(fmt.Errorf("--%w", argument))
	}
	return err
}

// gather reads a list in pages of at most most entries, up to the limit. If entries are left
// out, next is where they begin.
func gather[T any](out *output.Printer, call listCall, most int, read func(cursor string, limit int) (part []T, next string, err error)) (all []T, next string, err error) {
	progress := out.Progress()
	defer progress.End()
	all = []T{}
	for cursor := call.cursor; ; {
		part, next, err := read(cursor, call.part(len(all), most))
		if err != nil {
			return nil, "", ofFlag(err)
		}
		all, cursor = append(all, part...), next
		if cursor == "" || call.reached(len(all)) {
			return all, cursor, nil
		}
		progress.Show("%d found", len(all))
	}
}

// sayMore notes that the limit left entries out, if next is not empty.
func sayMore(out *output.Printer, next string) {
	if next != "" {
		out.Notef("There are more; --limit bounds them.")
	}
}
