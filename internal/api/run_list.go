package api

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch/internal/runs"
)

// listAbout is what the lists of releases and of gates say of themselves.
const listAbout = "Running ones come first, newest first, then closed ones, last closed first. " +
	"Temporal's list lags a little: a run appears shortly after its start, and one that closes between two pages may be on both. " +
	"A page may have fewer than limit entries, or none, although a next page exists. Runs past Temporal's retention are not found."

// A RunListInput holds the parameters that the lists of releases and of gates
// share. It is exported for huma.
type RunListInput struct {
	Since  string `query:"since" maxLength:"100" doc:"Only those that started at this time or later: a duration back from now, such as 2h, or an RFC 3339 time"`
	Until  string `query:"until" maxLength:"100" doc:"Only those that started before this time"`
	Count  bool   `query:"count" doc:"Also count those of all pages"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" doc:"The next_cursor of the previous page; since and until stay those of the first page"`
}

// filter returns the filter of the parameters.
func (i *RunListInput) filter(status, search string) (runs.RunFilter, error) {
	since, until, err := period(i.Since, i.Until)
	return runs.RunFilter{Status: status, Since: since, Until: until, Search: search}, err
}

// listRuns reads a page of a list and, if the call requests it, the number of its
// entries at the same time.
func listRuns[Part any](ctx context.Context, input *RunListInput, filter runs.RunFilter,
	list func(context.Context, runs.RunFilter, string, int) (*Part, error),
	count func(context.Context, runs.RunFilter, string) (*int64, error),
) (part *Part, counted *int64, err error) {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		part, err = list(ctx, filter, input.Cursor, input.Limit)
		return err
	})
	if input.Count {
		group.Go(func() (err error) {
			counted, err = count(ctx, filter, input.Cursor)
			return err
		})
	}
	err = group.Wait()
	return part, counted, err
}
