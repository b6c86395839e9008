package runs

import (
	"context"
	"errors"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
)

// CountReleases returns the number of releases that match the filter, or nil if
// Temporal cannot count them: it does not know titles, and knows results only
// of runs that write search attributes. It makes one or two calls. from is the
// cursor of the list, whose since and until apply.
func (r *Runs) CountReleases(ctx context.Context, filter ReleaseFilter, from string) (*int64, error) {
	at := cursor{Since: filter.Since, Until: filter.Until}
	if err := at.decode(from, 1); err != nil {
		return nil, err
	}
	filter.Since, filter.Until = at.Since, at.Until
	if err := filter.Check(); err != nil {
		return nil, err
	}
	if strings.TrimSpace(filter.Search) != "" {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, countTimeout)
	defer cancel()
	var all, unknown int64
	group, grouped := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		all, err = r.Count(grouped, filter.query(true))
		return err
	})
	if filter.needsStatus() {
		group.Go(func() (err error) {
			unknown, err = r.Count(grouped, filter.query(true)+" AND "+latch.SearchAttributeID+" IS NULL")
			return err
		})
	}
	err := group.Wait()
	var invalid *serviceerror.InvalidArgument
	switch {
	case errors.As(err, &invalid): // the namespace lacks the attributes
		return nil, nil
	case err != nil:
		return nil, err
	case unknown > 0:
		return nil, nil
	}
	return &all, nil
}

// countTimeout bounds the duration of a count.
const countTimeout = 10 * time.Second

// needsStatus reports whether Temporal knows the filter's status only from the
// search attribute.
func (f *ReleaseFilter) needsStatus() bool {
	switch f.Status {
	case "", latch.ReleaseRunning, latch.ReleaseCancelled, latch.ReleaseFailed:
		return false
	default:
		return true
	}
}
