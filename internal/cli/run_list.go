package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/counted"
	"github.com/latch-run/latch/internal/runs"
)

const (
	// runsShown is the default of --limit of a list of releases or gates.
	runsShown = 100
	// runsAtOnce is how many of them one request asks for, which is the API's maximum.
	runsAtOnce = 200
)

// A runsCall holds the flags of a list of releases or gates.
type runsCall struct {
	kind   latch.Kind
	filter runs.RunFilter
	span   timeSpan
	list   listCall
}

// flags adds the flags to the command. searched says what a search looks into, and statuses are
// those that the list can be filtered by.
func (c *runsCall) flags(command *cobra.Command, searched string, statuses []string) {
	command.Flags().StringVar(&c.filter.Search, "search", "", "only those of which "+searched+" contains this, in any case")
	command.Flags().StringVar(&c.filter.Status, "status", "", "only those of this status: "+strings.Join(statuses, ", "))
	c.span.flags(command, "only those that began since then", "only those that began before then")
	c.list.flags(command, runsShown, "at most so many")
}

// check parses the times, and returns all problems of the flags.
func (c *runsCall) check() (err error) {
	var wrongTimes error
	c.filter.Since, c.filter.Until, wrongTimes = c.span.times()
	var wrongFilter error
	if refused := c.filter.Check(c.kind); refused != nil {
		wrongFilter = ofFlag(refused)
	}
	if err := errors.Join(wrongTimes, wrongFilter, c.list.check()); err != nil {
		return failure.OfUsage(err)
	}
	return nil
}

// gatherRuns checks the flags and reads the list, up to the limit. If entries are left out, next
// is where they begin.
func gatherRuns[R any](ctx context.Context, open opener, out *output.Printer, call runsCall,
	read func(ctx context.Context, world backend.Backend, filter runs.RunFilter, cursor string, limit int) (rows []R, next string, err error),
) (rows []R, next string, err error) {
	if err := call.check(); err != nil {
		return nil, "", err
	}
	world, err := open(ctx)
	if err != nil {
		return nil, "", err
	}
	return gather(out, call.list, runsAtOnce, func(cursor string, limit int) ([]R, string, error) {
		return read(ctx, world, call.filter, cursor, limit)
	})
}

// warnOfPartial says that some rows have only what Temporal's list contains.
func warnOfPartial(out *output.Printer, kind latch.Kind, partial int) {
	if partial > 0 {
		out.Warnf("%s could not be asked, and show only what stands in Temporal's list: is a worker polling their task queues, "+
			"and are the keys here that their payloads are encrypted with?",
			counted.Of(partial, string(kind), string(kind)+"s"))
	}
}
