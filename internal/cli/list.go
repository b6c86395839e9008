package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/deliveries"
	temporalruns "github.com/latch-run/latch/internal/runs"
)

// A listCall says how much of a list is asked for.
type listCall struct {
	// limit is how many entries at most; 0 is no limit.
	limit int
	// cursor is where an earlier call left off.
	cursor string
}

// flags returns a list's command the flags that all lists have.
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

// part is how many entries to ask for next, at most most, where there are some.
func (c *listCall) part(have, most int) int {
	if c.limit == 0 {
		return most
	}
	return min(most, c.limit-have)
}

// reached reports whether the limit leaves no room for more.
func (c *listCall) reached(have int) bool { return c.limit > 0 && have >= c.limit }

// A timeSpan is the flags --since and --until.
type timeSpan struct{ since, until string }

func (s *timeSpan) flags(command *cobra.Command, since, until string) {
	command.Flags().StringVar(&s.since, "since", "", since+": a duration such as 2h, or an RFC 3339 time")
	command.Flags().StringVar(&s.until, "until", "", until)
}

// times reads both ends; the error names each flag that is wrong.
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

// ofFlag names the flag whose value a list does not take.
func ofFlag(err error) error {
	var argument *temporalruns.ArgumentError
	if errors.As(err, &argument) {
		return usageError(fmt.Errorf("--%w", argument))
	}
	return err
}

// A runLister lists runs: over Temporal, or the API.
type runLister interface {
	Releases(ctx context.Context, filter temporalruns.ReleaseFilter, cursor string, limit int) (*temporalruns.ReleasePart, error)
	Locks(ctx context.Context, filter temporalruns.LockFilter, cursor string, limit int) (*temporalruns.LockPart, error)
}

// runLister opens what lists runs; close ends it.
func (a *app) runLister(ctx context.Context) (lister runLister, closeLister func(), err error) {
	if a.api != nil {
		return apiRuns{a}, func() {}, nil
	}
	temporal, err := a.dial(ctx)
	if err != nil {
		return nil, nil, err
	}
	return temporalruns.New(temporalruns.Options{Client: temporal, Namespace: temporal.Namespace(), DataConverter: temporal.DataConverter()}), temporal.Close, nil
}

// apiRuns lists runs by the API.
type apiRuns struct{ app *app }

// Releases returns a part of the list of releases.
func (r apiRuns) Releases(ctx context.Context, filter temporalruns.ReleaseFilter, cursor string, limit int) (*temporalruns.ReleasePart, error) {
	part := &temporalruns.ReleasePart{}
	asked := apiclient.ReleaseFilter{Status: filter.Status, Since: exactly(filter.Since), Until: exactly(filter.Until)}
	if err := r.app.api.Releases(ctx, asked, cursor, limit, part); err != nil {
		return nil, r.app.apiFailure(err, kindFailed)
	}
	return part, nil
}

// Locks returns a part of the list of open locks.
func (r apiRuns) Locks(ctx context.Context, filter temporalruns.LockFilter, cursor string, limit int) (*temporalruns.LockPart, error) {
	part := &temporalruns.LockPart{}
	if err := r.app.api.Locks(ctx, apiclient.LockFilter(filter), cursor, limit, part); err != nil {
		return nil, r.app.apiFailure(err, kindFailed)
	}
	return part, nil
}

// gather reads a list part by part, each of at most most entries, up to the
// limit. Where that leaves some out, next is where they begin.
func gather[T any](a *app, call listCall, most int, read func(cursor string, limit int) (part []T, next string, err error)) (all []T, next string, err error) {
	progress := a.progress()
	defer progress.end()
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
		progress.show("%d found", len(all))
	}
}

// sayMore says on standard error that the limit left some out.
func (a *app) sayMore(next string) {
	if next != "" {
		fmt.Fprintln(a.err, "There are more; --limit bounds them.")
	}
}
