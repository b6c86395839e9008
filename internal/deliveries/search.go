package deliveries

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
)

// A DeliveryPart is one page of a search result.
type DeliveryPart struct {
	Records    []latch.Record `json:"records" doc:"Newest first by started_at; of a delivery that its run handed over, its final record"`
	NextCursor string         `json:"next_cursor,omitempty" doc:"The parameter cursor of the next part, with the same other parameters; absent on the last"`
	Incomplete bool           `json:"incomplete,omitempty" doc:"Not all runs were asked: next_cursor continues with the others, whose records may be newer; the records of runs counted by unanswered are missing"`
	Unanswered int            `json:"unanswered,omitempty" doc:"How many runs no worker answered for, or could not"`
	Unread     []UnreadRun    `json:"unread,omitempty" doc:"Runs that could not be read as a whole, and why; at most 20"`
	Runs       int            `json:"runs" doc:"How many runs were asked"`
}

// Search returns at most limit records that match the filter, in all runs,
// newest first, from the cursor on. A cursor is valid only for the same filter,
// and keeps the times of the first call. A call asks a bounded number of runs,
// so a page may have few records, or none, although there is a next one.
//
// Search needs no search attributes. Without them it asks all of Latch's own
// runs in that time, and does not find users' own workflows. An invalid filter
// or cursor is a [*RefusedError].
func (l *Log) Search(ctx context.Context, filter Filter, cursor string, limit int) (*DeliveryPart, error) {
	s, err := l.search(ctx, filter, cursor, limit)
	if err != nil {
		return nil, err
	}
	return s.part(), nil
}

// A searchCursor is the position of a search: a page of Temporal's list, and a
// place among the records of its runs.
type searchCursor struct {
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// Bare is true if the namespace has no search attributes.
	Bare bool `json:"bare,omitempty"`
	// Page is the page's token and From the place; absent at the beginning.
	Page []byte `json:"page,omitempty"`
	From *place `json:"from,omitempty"`
	// Silent lists task queues on which no worker answered during an earlier
	// page. Each could take as long as a whole page.
	Silent []string `json:"silent,omitempty"`
}

// maximumSilent bounds the task queues in a cursor.
const maximumSilent = 20

// A sink receives the records that a search finds.
type sink interface {
	add(records []latch.Record)
	// settled reports whether the runs after last need not be asked.
	settled(last *workflowpb.WorkflowExecutionInfo) bool
}

// A search is one call of [Log.Search] or [Log.Statistics] in progress.
type search struct {
	log    *Log
	filter Filter
	cursor searchCursor
	// sink receives the records; found is the sink of a search that lists them.
	sink  sink
	found *newestRecords
	next  []byte

	mutex sync.Mutex
	// silent are the task queues that no worker answers on.
	silent silence
	runs   int
	// unanswered counts the runs that did not answer, and refusal is one of
	// their errors.
	unanswered int
	refusal    error
	unread     []UnreadRun
	// missed are the runs that did not answer, if asked is set. It is called whenever runs were asked.
	missed []*workflowpb.WorkflowExecutionInfo
	asked  func()
	// passed lists failed deliveries that need no redelivery any more, at most
	// limit.
	passed []passed
}

type passed struct {
	record latch.Record
	fate   fate
}

func (l *Log) search(ctx context.Context, filter Filter, cursor string, limit int) (*search, error) {
	found := &newestRecords{limit: max(limit, len(filter.IDs)), records: []latch.Record{}}
	s := &search{log: l, filter: filter, silent: newSilence(nil), found: found, sink: found}
	s.cursor.Since, s.cursor.Until = filter.Since, filter.Until
	if cursor != "" && !decodeCursor(cursor, &s.cursor) {
		return nil, badCursor(cursor)
	}
	s.filter.Since, s.filter.Until, s.found.from = s.cursor.Since, s.cursor.Until, s.cursor.From
	if err := s.filter.check(); err != nil {
		return nil, err
	}
	s.silent = newSilence(s.cursor.Silent)
	return s, s.carryOut(ctx)
}

// carryOut runs the search, without search attributes if the namespace has
// none.
func (s *search) carryOut(ctx context.Context) error {
	err := s.run(ctx)
	var unknown *serviceerror.InvalidArgument
	if errors.As(err, &unknown) && !s.cursor.Bare && len(s.cursor.Page) == 0 {
		s.cursor.Bare = true
		err = s.run(ctx)
	}
	if err == nil && s.asked == nil { // else they are asked again
		err = s.unheard()
	}
	return err
}

// unheard returns why no run has answered, if none has.
func (s *search) unheard() error {
	if s.runs > 0 && s.unanswered == s.runs {
		return s.refusal
	}
	return nil
}

func (s *search) run(ctx context.Context) (err error) {
	s.next, err = s.log.scan(ctx, scan{query: s.filter.query(!s.cursor.Bare), page: s.cursor.Page, ask: s.ask, settled: s.sink.settled})
	return err
}

// part returns the records found. If there are more than limit, the next page
// begins with the rest, otherwise with the next runs.
func (s *search) part() *DeliveryPart {
	records, last := s.found.part()
	part := &DeliveryPart{Records: records, Incomplete: s.next != nil || s.unanswered > 0, Unanswered: s.unanswered, Unread: s.unread, Runs: s.runs}
	next := s.cursor
	switch {
	case last != nil:
		next.From = last
	case s.next != nil:
		next.Page, next.From = s.next, nil
	default:
		return part
	}
	next.Silent = s.silent.queues()
	next.Silent = next.Silent[:min(len(next.Silent), maximumSilent)]
	part.NextCursor = encodeCursor(next)
	return part
}

// ask adds the records of the runs.
func (s *search) ask(ctx context.Context, runs []*workflowpb.WorkflowExecutionInfo) error {
	told := make([][]latch.Record, len(runs))
	group, asking := errgroup.WithContext(ctx)
	group.SetLimit(askers)
	for i, run := range runs {
		group.Go(func() (err error) {
			told[i], err = s.recordsOf(asking, run)
			return s.tolerate(ctx, run, err)
		})
	}
	err := group.Wait()
	s.sink.add(slices.Concat(told...))
	s.runs += len(runs)
	if s.asked != nil {
		s.asked()
	}
	return err
}

// askAgain asks the runs that did not answer once more, in half of the time that is left. If that
// does not suffice, all of them count as before.
func (s *search) askAgain(ctx context.Context) error {
	asking := ctx
	if deadline, limited := ctx.Deadline(); limited {
		var cancel context.CancelFunc
		asking, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
	}
	missed, unread, refusal := s.missed, s.unread, s.refusal
	s.missed, s.unread, s.unanswered, s.refusal, s.silent = nil, nil, 0, nil, newSilence(nil)
	s.runs -= len(missed)
	err := s.ask(asking, missed)
	if err != nil && asking.Err() != nil && ctx.Err() == nil {
		s.unread, s.unanswered, s.refusal, err = unread, len(missed), refusal, nil
	}
	return err
}

var errSilent = errors.New("no worker answers on the run's task queue")

// tolerate counts a run that does not answer, so that runs of a worker that is
// gone do not hide the others. It returns an error of Temporal itself, which
// ends the search.
func (s *search) tolerate(ctx context.Context, run *workflowpb.WorkflowExecutionInfo, err error) error {
	var denied *serviceerror.PermissionDenied
	var namespace *serviceerror.NamespaceNotFound
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil || errors.As(err, &denied) || errors.As(err, &namespace):
		return err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.unanswered++
	if s.asked != nil {
		s.missed = append(s.missed, run)
	}
	s.noteUnread(run, err)
	if !errors.Is(err, errSilent) {
		s.refusal = err
	}
	var broken *serviceerror.QueryFailed
	if !errors.As(err, &broken) && !runs.IsPaused(err) { // these concern one run
		s.silent.missed(run.GetTaskQueue())
	}
	return nil
}

func (s *search) isSilent(queue string) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.silent.has(queue)
}

func (s *search) heard(queue string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.silent.heard(queue)
}

// recordsOf returns the run's records that match the filter.
func (s *search) recordsOf(ctx context.Context, run *workflowpb.WorkflowExecutionInfo) ([]latch.Record, error) {
	if run.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW && len(s.filter.IDs) == 0 {
		return nil, nil // its records are in the run that continues it
	}
	if s.isSilent(run.GetTaskQueue()) {
		return nil, errSilent
	}
	var all, taken []latch.Record
	err := s.log.query(ctx, runOf(run), latch.QueryHistory, &all, latch.HistoryQuery{Webhook: s.filter.Webhook, Event: s.filter.Event})
	var notBegun *serviceerror.WorkflowNotReady
	if hasNoRecords(err) || errors.As(err, &notBegun) {
		return nil, nil
	}
	if err == nil {
		s.heard(run.GetTaskQueue())
	}
	for i := range all {
		record, err := s.followed(ctx, run, all[i])
		if err != nil {
			return nil, err
		}
		if child := run.GetExecution().GetWorkflowId(); strings.HasPrefix(child, latch.PrefixDelivery) {
			record.HandedTo = child
		}
		if taken, err = s.take(ctx, runOf(run), record, taken); err != nil {
			return nil, err
		}
	}
	return taken, err
}

// take appends the record if it matches the filter.
func (s *search) take(ctx context.Context, run execution, record latch.Record, to []latch.Record) ([]latch.Record, error) {
	if !s.filter.takes(&record) || s.filter.Failed && !Failed(&record) || s.filter.Kept && !record.Kept {
		return to, nil
	}
	if !s.filter.Failed && !s.filter.Kept {
		return append(to, record), nil
	}
	record, now, err := s.log.fateOf(ctx, run, record)
	if err != nil {
		return to, err
	}
	if now != stillFailed {
		s.pass(record, now)
		return to, nil
	}
	return append(to, record), nil
}

// pass records a failed delivery that needs no redelivery, once.
func (s *search) pass(record latch.Record, now fate) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	known := slices.ContainsFunc(s.passed, func(p passed) bool { return p.record.DeliveryID == record.DeliveryID })
	if !known && len(s.passed) < s.found.limit {
		s.passed = append(s.passed, passed{record, now})
	}
}
