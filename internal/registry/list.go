package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	schedulepb "go.temporal.io/api/schedule/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/overload"
)

const (
	// pageSize is the number of schedules that one call lists.
	pageSize = 1000
	// readers bounds the schedules that are read concurrently.
	readers = 16
)

// List returns all registered jobs, sorted by id, numbers first. It may lag a
// moment behind writes of other processes, or up to a minute if there are so
// many jobs that listing them takes long.
func (s *Store) List(ctx context.Context) ([]Row, error) {
	listed, err := s.rows.get(ctx)
	if err != nil {
		return nil, fmt.Errorf("list registered jobs: %w", err)
	}
	return slices.SortedFunc(maps.Values(s.recent.over(listed)), CompareRows), nil
}

// CompareRows orders jobs as [Store.List] does.
func CompareRows(a, b Row) int {
	left, leftErr := strconv.ParseUint(a.ID, 10, 64)
	right, rightErr := strconv.ParseUint(b.ID, 10, 64)
	switch {
	case leftErr == nil && rightErr == nil:
		return cmp.Or(cmp.Compare(left, right), strings.Compare(a.ID, b.ID))
	case leftErr == nil:
		return -1
	case rightErr == nil:
		return 1
	default:
		return strings.Compare(a.ID, b.ID)
	}
}

// loadRows lists the schedules.
func (s *Store) loadRows(ctx context.Context, _ map[string]Row) (map[string]Row, error) {
	rows := map[string]Row{}
	var unread []string
	var token []byte
	for {
		request := &workflowservice.ListSchedulesRequest{Namespace: s.namespace, MaximumPageSize: pageSize, NextPageToken: token}
		page, err := overload.Again(ctx, func(ctx context.Context) (*workflowservice.ListSchedulesResponse, error) {
			return s.service().ListSchedules(ctx, request)
		})
		if err != nil {
			return nil, err
		}
		for _, entry := range page.GetSchedules() {
			id, ours := strings.CutPrefix(entry.GetScheduleId(), schedulePrefix)
			if !ours || !isJobID(id) || entry.GetInfo().GetWorkflowType().GetName() != latch.WorkflowTrigger {
				continue
			}
			row, known := readNote(id, entry.GetInfo().GetNotes())
			if !known {
				unread = append(unread, id)
				continue
			}
			rows[id] = row.at(entry.GetInfo())
		}
		if token = page.GetNextPageToken(); len(token) == 0 {
			return rows, s.readRows(ctx, rows, unread)
		}
	}
}

// at adds to a row what the list has in addition to the note.
func (r Row) at(info *schedulepb.ScheduleListInfo) Row {
	if next := info.GetFutureActionTimes(); len(next) > 0 && !info.GetPaused() {
		r.NextTime = latch.NewTime(next[0].AsTime())
	}
	if r.Schedule != nil && r.Schedule.Cron != "" {
		r.Paused = info.GetPaused()
	}
	return r
}

// readRows reads the jobs whose schedule has a note that somebody else wrote,
// for example the reason for pausing it.
func (s *Store) readRows(ctx context.Context, rows map[string]Row, ids []string) error {
	read, err := s.GetAll(ctx, ids)
	if err != nil {
		return err
	}
	for _, entry := range read {
		row := RowOf(&entry.Definition)
		if len(entry.NextTimes) > 0 {
			row.NextTime = latch.NewTime(entry.NextTimes[0])
		}
		rows[row.ID] = row
	}
	return nil
}

// GetAll reads jobs by their ids, concurrently. Jobs that do not exist are left
// out.
func (s *Store) GetAll(ctx context.Context, ids []string) ([]*Entry, error) {
	read := make([]*Entry, len(ids))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for i, id := range ids {
		group.Go(func() error {
			entry, err := s.Get(ctx, id)
			if errors.Is(err, ErrUnknown) {
				return nil
			}
			read[i] = entry
			return err
		})
	}
	err := group.Wait()
	return slices.DeleteFunc(read, func(e *Entry) bool { return e == nil }), err
}
