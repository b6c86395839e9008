package closes

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"google.golang.org/protobuf/types/known/timestamppb"
)

var start = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// A fakeRun closes, and is listed some time later.
type fakeRun struct {
	id             string
	closed, listed time.Time
}

// A visibility is a list like Temporal's: sorted by the time of the close, latest first, and by
// id for equal times. A position in it is the last run of a page.
type visibility struct {
	now   time.Time
	runs  []fakeRun
	page  int
	calls int

	sorted int // so many runs are in order
}

var bound = regexp.MustCompile(`^Query AND CloseTime >= '([^']+)'$`)

func (v *visibility) list(_ context.Context, query string, size int,
	page []byte) (listed []*workflowpb.WorkflowExecutionInfo, next []byte, err error) {
	v.calls++
	if found := byID.FindStringSubmatch(query); found != nil {
		return v.asked(found[1] == "Query", strings.Fields(found[2])), nil, nil
	}
	found := bound.FindStringSubmatch(query)
	if found == nil {
		return nil, nil, fmt.Errorf("query %q", query)
	}
	from, err := time.Parse(time.RFC3339Nano, found[1])
	if err != nil {
		return nil, nil, err
	}
	if v.sorted != len(v.runs) {
		slices.SortFunc(v.runs, before)
		v.sorted = len(v.runs)
	}
	rest := v.runs
	if len(page) > 0 {
		rest = rest[1+slices.IndexFunc(rest, func(run fakeRun) bool { return run.id == string(page) }):]
	}
	size = min(size, v.page)
	var all []fakeRun
	for _, run := range rest {
		if run.closed.Before(from) {
			break
		}
		if run.listed.After(v.now) {
			continue
		}
		if len(all) == size {
			next = []byte(all[size-1].id)
			break
		}
		all = append(all, run)
	}
	for _, run := range all {
		listed = append(listed, run.info())
	}
	return listed, next, nil
}

var byID = regexp.MustCompile(`^(Query|ExecutionStatus != 'Running') AND one of \(([^)]*)\)$`)

// among is the term that byID reads.
func among(runIDs ...string) string { return "one of (" + strings.Join(runIDs, " ") + ")" }

// asked lists the runs with these ids, as far as they are listed. Those that begin with "other"
// do not match the query.
func (v *visibility) asked(matching bool, ids []string) (listed []*workflowpb.WorkflowExecutionInfo) {
	for _, run := range v.runs {
		if slices.Contains(ids, run.id) && !run.listed.After(v.now) && !(matching && strings.HasPrefix(run.id, "other")) {
			listed = append(listed, run.info())
		}
	}
	return listed
}

func (r fakeRun) info() *workflowpb.WorkflowExecutionInfo {
	return &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{RunId: r.id}, CloseTime: timestamppb.New(r.closed)}
}

// before is the order of the list.
func before(a, b fakeRun) int { return cmp.Or(b.closed.Compare(a.closed), cmp.Compare(a.id, b.id)) }

// A watcher continues only from what was stored, like a workflow.
type watcher struct {
	testing.TB
	*visibility
	cursor Cursor
	memory Memory
	hints  Hints
	told   map[string]int
	// wrong is how far the clock of the worker is ahead of the server's.
	wrong time.Duration
}

func newWatcher(t testing.TB, page int, runs ...fakeRun) *watcher {
	return &watcher{TB: t, visibility: &visibility{now: start, page: page, runs: runs}, cursor: Cursor{Since: start},
		told: map[string]int{}}
}

func (w *watcher) finder() *Finder {
	return &Finder{List: w.list, Query: "Query", Among: among, Takes: func(*workflowpb.WorkflowExecutionInfo) bool { return true }}
}

// step takes a step and stores its result. If lost is set, the worker is killed before that. It
// reports whether the pass has ended.
func (w *watcher) step(lost bool) bool {
	w.Helper()
	found, hints, err := w.finder().Hinted(w.Context(), w.hints, w.now.Add(w.wrong))
	require.NoError(w, err)
	next, ended := w.cursor, false
	if len(found) == 0 {
		found, next, ended, err = w.finder().Step(w.Context(), w.cursor, &w.memory, w.now.Add(w.wrong))
		require.NoError(w, err)
	}
	require.LessOrEqual(w, len(found), MaximumFound)
	if lost {
		return false
	}
	var told []Told
	for _, run := range found {
		w.told[run.GetExecution().GetRunId()]++
		told = append(told, Told{run.GetExecution().GetRunId(), closedAt(run)})
	}
	w.cursor, w.hints = copied(w, next), copied(w, hints)
	w.hints.Drop(told)
	w.memory.Add(told, w.cursor.Remembers())
	w.memory = copied(w, w.memory)
	return ended
}

// pass takes steps to the end of a pass.
func (w *watcher) pass() {
	w.Helper()
	for !w.step(false) {
	}
}

func copied[T any](t testing.TB, value T) (read T) {
	t.Helper()
	encoded, err := json.Marshal(value)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(encoded, &read))
	return read
}

func (w *watcher) requireEachOnce() {
	w.Helper()
	for _, run := range w.runs {
		if !run.closed.Before(w.cursor.Since) {
			require.Equal(w, 1, w.told[run.id], "%s, which closed at %s and was listed %s later", run.id,
				run.closed.Sub(start), run.listed.Sub(run.closed))
		}
	}
	require.Len(w, w.told, len(w.runs))
}

// runsAt returns the given number of runs that close at the same time.
func runsAt(prefix string, count int, closed, listed time.Duration) (runs []fakeRun) {
	for i := range count {
		runs = append(runs, fakeRun{fmt.Sprintf("%s-%04d", prefix, i), start.Add(closed), start.Add(listed)})
	}
	return runs
}

// Runs that close at the same time are all found, whatever pages they are on and whenever they
// are listed.
func TestTiesAreFoundOnce(t *testing.T) {
	t.Parallel()
	for _, page := range []int{1, 7, 100, 1000} {
		w := newWatcher(t, page, runsAt("listed", 250, time.Second, time.Second)...)
		w.runs = append(w.runs, runsAt("later", 250, time.Second, 3*time.Second)...)
		for range 5 {
			w.now = w.now.Add(time.Second)
			w.pass()
		}
		w.requireEachOnce()
	}
}

// A run that is listed after others that closed later is found: in the next pass if it is
// slightly late, and otherwise in the next pass that lists far back.
func TestRunsThatAreListedLateAreFound(t *testing.T) {
	t.Parallel()
	w := newWatcher(t, 100, runsAt("late", 1, 1*time.Second, 9*time.Second)...)
	w.runs = append(w.runs, runsAt("very-late", 1, 2*time.Second, Long-time.Minute)...)
	for second := range time.Duration(Long / time.Second) {
		w.runs = append(w.runs, runsAt(fmt.Sprint("other-", int(second)), 1, second*time.Second, second*time.Second)...)
	}
	for !w.now.After(start.Add(9 * time.Second)) {
		w.pass()
		w.now = w.now.Add(time.Second)
	}
	require.Equal(t, 1, w.told["late-0000"], "a short look back finds it")
	for !w.now.After(start.Add(Long + longEvery)) {
		w.pass()
		w.now = w.now.Add(time.Second)
	}
	w.requireEachOnce()
}

// Runs that closed before the watch began are not reported, even if they are listed after that.
func TestRunsBeforeTheWatchAreNotFound(t *testing.T) {
	t.Parallel()
	w := newWatcher(t, 10, runsAt("before", 3, -time.Millisecond, time.Second)...)
	w.runs = append(w.runs, runsAt("after", 3, 0, time.Second)...)
	w.now = start.Add(2 * time.Second)
	w.pass()
	require.Len(t, w.told, 3)
}

// A backlog of any length is processed. Runs that close meanwhile are not lost. More runs than
// can be remembered are found once each.
func TestABacklogBeyondTheMemory(t *testing.T) {
	t.Parallel()
	w := newWatcher(t, 500)
	for i := range 3 * MaximumRemembered {
		closed := start.Add(time.Duration(i) * 20 * time.Millisecond)
		w.runs = append(w.runs, fakeRun{strconv.Itoa(i), closed, closed})
	}
	w.now = start.Add(time.Minute)
	for !w.now.After(start.Add(15 * time.Minute)) {
		w.now = w.now.Add(3 * time.Second)
		w.step(false)
	}
	w.pass()
	w.pass()
	w.requireEachOnce()
	require.LessOrEqual(t, len(w.memory.Told), MaximumRemembered*len(entry{}))
}

// A run that closed in the future, by the clock of a broken server, does not hide others.
func TestACloseInTheFuture(t *testing.T) {
	t.Parallel()
	w := newWatcher(t, 10, runsAt("future", 1, 24*time.Hour, 0)...)
	for second := range time.Duration(100) {
		w.runs = append(w.runs, runsAt(fmt.Sprint("run-", int(second)), 2, second*time.Second, second*time.Second)...)
	}
	for range 110 {
		w.pass()
		w.now = w.now.Add(time.Second)
	}
	w.requireEachOnce()
}

// Each run is found once, whatever the clocks of the workers say that look: one that is ahead, one
// that is behind, one that jumps, two that differ.
func TestAWorkersClockMayBeWrong(t *testing.T) {
	t.Parallel()
	for name, wrong := range map[string]func(second int) time.Duration{
		"ahead":        func(int) time.Duration { return 25 * time.Hour },
		"behind":       func(int) time.Duration { return -25 * time.Hour },
		"jumps ahead":  func(second int) time.Duration { return map[bool]time.Duration{true: 2 * time.Hour}[second > 60] },
		"jumps behind": func(second int) time.Duration { return map[bool]time.Duration{true: -2 * time.Hour}[second > 60] },
		"of two":       func(second int) time.Duration { return time.Duration(second%2) * time.Hour },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWatcher(t, 100)
			for second := range 60 {
				at := time.Duration(second) * time.Second
				w.runs = append(w.runs, runsAt(fmt.Sprint("run-", second), 2, at, at)...)
				if second%50 == 0 {
					w.runs = append(w.runs, runsAt(fmt.Sprint("late-", second), 1, at, at+2*time.Minute)...)
				}
			}
			for second := range 300 {
				w.wrong = wrong(second)
				w.pass()
				w.now = w.now.Add(time.Second)
			}
			w.requireEachOnce()
		})
	}
}

// A pass for one query is not continued with another.
func TestAnotherQueryBeginsAnotherPass(t *testing.T) {
	t.Parallel()
	w := newWatcher(t, 2, runsAt("run", 5, time.Second, time.Second)...)
	w.now = start.Add(2 * time.Second)
	require.False(t, w.step(false))
	page := w.cursor.Pass.Page
	other := w.finder()
	other.Query = "Other"
	other.List = func(_ context.Context, query string, _ int, at []byte) ([]*workflowpb.WorkflowExecutionInfo, []byte, error) {
		require.Equal(t, "Other AND CloseTime >= '2026-11-29T12:00:00Z'", query)
		require.Empty(t, at)
		return nil, nil, nil
	}
	require.NotEmpty(t, page)
	_, next, ended, err := other.Step(t.Context(), w.cursor, &w.memory, w.now)
	require.NoError(t, err)
	require.True(t, ended)
	require.Nil(t, next.Pass)
}

// A pass that finds nothing costs one call, and does not change the cursor.
func TestNothingCostsOneCall(t *testing.T) {
	t.Parallel()
	w := newWatcher(t, 10)
	w.pass()
	cursor := w.cursor
	w.calls, w.now = 0, w.now.Add(time.Second)
	w.pass()
	require.Equal(t, 1, w.calls)
	require.Equal(t, cursor, w.cursor)
}

// FuzzEveryCloseIsToldOnce: runs close at any times, including equal ones, and are listed late
// in any order. Pages are short, and workers are killed between any two steps.
func FuzzEveryCloseIsToldOnce(f *testing.F) {
	for seed := range uint64(10) {
		f.Add(seed, uint8(seed*21), uint16(120*seed))
	}
	f.Fuzz(func(t *testing.T, seed uint64, page uint8, runs uint16) {
		chance := rand.New(rand.NewPCG(seed, 1))
		w := newWatcher(t, 1+int(page))
		span := time.Duration(1+chance.IntN(600)) * time.Second
		for i := range int(runs % 2000) {
			closed := time.Duration(chance.Int64N(int64(span))).Truncate(time.Duration(1+chance.IntN(3000)) * time.Millisecond)
			late := time.Duration(chance.Int64N(int64(3 * time.Second)))
			if chance.IntN(10) == 0 { // a pass that lists far back may be this late, and must still find it
				late = time.Duration(chance.Int64N(int64(Long - 2*longEvery)))
			}
			w.runs = append(w.runs, fakeRun{strconv.Itoa(i), start.Add(closed), start.Add(closed + late)})
		}
		for !w.now.After(start.Add(span + Long)) {
			w.step(chance.IntN(5) == 0)
			w.now = w.now.Add(time.Duration(chance.Int64N(int64(4 * time.Second))))
		}
		w.now = w.now.Add(longEvery)
		w.pass()
		w.pass()
		w.requireEachOnce()
	})
}
