package closes

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// hint says that runs have closed, and reports whether that is news.
func (w *watcher) hint(runs ...fakeRun) bool {
	var hints []Hint
	for _, run := range runs {
		hints = append(hints, Hint{run.id, run.closed})
	}
	news := w.hints.Add(hints, &w.memory, &w.cursor)
	w.hints = copied(w, w.hints)
	return news
}

// beat is the time between two passes of these tests.
const beat = 5 * time.Second

// busy returns a run for each beat, each listed at once.
func busy(span time.Duration) (runs []fakeRun) {
	for at := time.Duration(0); at < span; at += beat {
		runs = append(runs, runsAt(fmt.Sprint("busy-", at), 1, at, at)...)
	}
	return runs
}

// until makes a pass each beat.
func (w *watcher) until(after time.Duration) {
	w.Helper()
	for ; !w.now.After(start.Add(after)); w.now = w.now.Add(beat) {
		w.pass()
	}
}

// A run that is listed later than any pass lists back is missed without a hint, and found once with
// one, however often the hint comes.
func TestAHintFindsWhatTheListAloneWouldNot(t *testing.T) {
	t.Parallel()
	const listed = Long + time.Minute
	for _, hinted := range []bool{false, true} {
		w := newWatcher(t, 100, busy(2*listed)...)
		late := runsAt("late", 1, 5*time.Second, 5*time.Second+listed)[0]
		w.runs = append(w.runs, late)
		w.until(2 * beat)
		if hinted {
			require.True(t, w.hint(late))
			require.False(t, w.hint(late, late), "it is known")
		}
		w.until(listed)
		require.Zero(t, w.told[late.id], "it is not listed yet")
		w.until(2*listed - beat)
		if !hinted {
			require.Zero(t, w.told[late.id])
			continue
		}
		require.Empty(t, w.hints.Runs)
		require.False(t, w.hint(late), "it may have been told of, and the memory has forgotten it")
		w.until(2*listed + longEvery)
		w.requireEachOnce()
	}
}

// A run is found at once by its hint, and no pass finds it again; a hint after a pass has found the
// run is no news.
func TestAHintAndAPassFindARunOnce(t *testing.T) {
	t.Parallel()
	w := newWatcher(t, 100, busy(30*time.Second)...)
	first, second := runsAt("first", 1, 3*time.Second, 3*time.Second)[0], runsAt("second", 1, 4*time.Second, 4*time.Second)[0]
	w.runs = append(w.runs, first, second)
	w.now = start.Add(5 * time.Second)
	require.True(t, w.hint(first))
	require.False(t, w.step(false), "a step that finds the run of a hint lists nothing")
	require.Equal(t, map[string]int{first.id: 1}, w.told)
	require.False(t, w.hint(first))
	w.until(20 * time.Second)
	require.Equal(t, 1, w.told[second.id])
	require.False(t, w.hint(second))
	w.until(30*time.Second + longEvery)
	w.requireEachOnce()
}

// A run that the query does not match is asked for until it is listed, and no longer.
func TestAHintOfAnotherRun(t *testing.T) {
	t.Parallel()
	w := newWatcher(t, 100)
	other := fakeRun{"other", start.Add(time.Second), start.Add(time.Minute)}
	w.runs = []fakeRun{other}
	w.now = start.Add(2 * time.Second)
	require.True(t, w.hint(other))
	asks := func() int {
		w.calls = 0
		_, hints, err := w.finder().Hinted(t.Context(), w.hints, w.now)
		require.NoError(t, err)
		w.hints = hints
		return w.calls
	}
	require.Equal(t, 1, asks())
	require.Len(t, w.hints.Runs, 1)
	require.Zero(t, asks(), "not again at once")
	w.now = w.now.Add(hintsEvery)
	require.Equal(t, 1, asks())
	w.now = start.Add(time.Minute)
	require.Equal(t, 2, asks())
	require.Empty(t, w.hints.Runs)
	require.Empty(t, w.told)
}

// A run that is never listed is asked for for a day.
func TestAHintOfARunThatIsNeverListed(t *testing.T) {
	t.Parallel()
	w := newWatcher(t, 100)
	require.True(t, w.hint(runsAt("never", 1, 0, 0)[0]))
	w.now = start.Add(hintsFor)
	_, w.hints, _ = w.finder().Hinted(t.Context(), w.hints, w.now)
	require.Len(t, w.hints.Runs, 1)
	w.now = w.now.Add(hintsEvery)
	_, w.hints, _ = w.finder().Hinted(t.Context(), w.hints, w.now)
	require.Empty(t, w.hints.Runs)
}

// Hints are bounded: those of the runs that closed last are kept. Runs that closed before the
// watch began are left out.
func TestHintsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWatcher(t, 100)
	require.False(t, w.hint(runsAt("before", 1, -time.Second, 0)[0]))
	for i := range MaximumHints + 10 {
		w.runs = append(w.runs, fakeRun{strconv.Itoa(i), start.Add(time.Duration(i) * time.Second), start})
	}
	require.True(t, w.hint(w.runs...))
	require.Len(t, w.hints.Runs, MaximumHints)
	require.Equal(t, "10", w.hints.Runs[0].RunID)
}

// More runs than a step may find are found in several, without a rest between them.
func TestManyHints(t *testing.T) {
	t.Parallel()
	w := newWatcher(t, 100, runsAt("run", 250, time.Second, time.Second)...)
	w.now = start.Add(time.Second)
	require.True(t, w.hint(w.runs...))
	for range 3 {
		require.True(t, w.hints.Due(w.now))
		require.False(t, w.step(false))
	}
	require.Empty(t, w.hints.Runs)
	w.until(2*time.Second + longEvery)
	w.requireEachOnce()
}

// A worker whose clock is wrong does not keep the others from asking.
func TestHintsAreDueWhateverTheClock(t *testing.T) {
	t.Parallel()
	hints := Hints{Runs: []Hint{{"a", start}}, AskAt: start.Add(time.Hour)}
	require.True(t, hints.Due(start))
	require.True(t, hints.Due(start.Add(2*time.Hour)))
	hints.AskAt = start.Add(time.Second)
	require.False(t, hints.Due(start))
	require.False(t, (&Hints{}).Due(start))
}

// FuzzHintsAndPassesTellOnce: of some runs hints come, at any time and more than once, while
// passes find the same runs, some of which are listed later than a pass lists back.
func FuzzHintsAndPassesTellOnce(f *testing.F) {
	for seed := range uint64(10) {
		f.Add(seed, uint8(seed*21), uint16(60*seed))
	}
	f.Fuzz(func(t *testing.T, seed uint64, page uint8, runs uint16) {
		chance := rand.New(rand.NewPCG(seed, 2))
		w := newWatcher(t, 1+int(page))
		hints := map[int][]fakeRun{} // by the second in which they come
		for i := range int(runs % 1000) {
			closed := time.Duration(chance.IntN(900)) * time.Second
			run := fakeRun{strconv.Itoa(i), start.Add(closed), start.Add(closed + time.Duration(chance.IntN(4))*time.Second)}
			hinted := chance.IntN(3)
			if chance.IntN(20) == 0 { // only a hint that comes soon can find it
				run.listed = run.closed.Add(Long + time.Duration(chance.IntN(600))*time.Second)
				second := int(closed/time.Second) + 3
				hints[second] = append(hints[second], run)
			}
			for range hinted {
				second := int(closed/time.Second) + chance.IntN(900)
				hints[second] = append(hints[second], run)
			}
			w.runs = append(w.runs, run)
		}
		for second := range 2 * 900 {
			if of := hints[second]; len(of) > 0 {
				w.hint(of...)
			}
			if second%3 == 0 {
				w.step(chance.IntN(5) == 0)
			}
			w.now = w.now.Add(time.Second)
		}
		w.now = start.Add(45 * time.Minute) // all is listed
		for len(w.hints.Runs) > 0 {
			w.step(false)
		}
		w.pass()
		w.pass()
		w.requireEachOnce()
	})
}
