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

// count returns the number of runs that match the filter, or nil if Temporal
// cannot count them; see [Runs.CountReleases].
func (r *Runs) count(ctx context.Context, l *listing, filter RunFilter, from string) (*int64, error) {
	if _, err := l.begin(&filter, from); err != nil {
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
		all, err = r.Count(grouped, l.query(&filter, true))
		return err
	})
	if status := l.find(filter.Status); status != nil && status.tagged {
		group.Go(func() (err error) {
			unknown, err = r.Count(grouped, l.query(&filter, true)+" AND "+latch.SearchAttributeID+" IS NULL")
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
