package registry

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/latch-run/latch"
)

// A caller gets data that was loaded after its request, and concurrent callers share one load.
func TestFreshLoadsAfterItIsAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		loads := 0
		values := newFresh(func(context.Context, int) (int, error) {
			loads++
			began := loads
			time.Sleep(100 * time.Millisecond)
			return began, nil
		})
		answers := make(chan int, 3)
		ask := func() {
			value, err := values.get(t.Context())
			if err == nil {
				answers <- value
			}
		}
		go ask()
		synctest.Wait()
		go ask() // while the first load is in progress: it may have read old data
		go ask()
		synctest.Wait()
		require.Equal(t, 1, <-answers)
		require.Equal(t, []int{2, 2}, []int{<-answers, <-answers})
		require.Equal(t, 2, loads)
	})
}

// Who calls again and again loads at most twenty times a second, and spends at most a third of the
// time on it where loads are slow.
func TestASlowLoadIsUsedForLonger(t *testing.T) {
	t.Parallel()
	for takes, want := range map[time.Duration]int{10 * time.Millisecond: 20, 100 * time.Millisecond: 4, 400 * time.Millisecond: 1} {
		synctest.Test(t, func(t *testing.T) {
			loads := 0
			values := newFresh(func(context.Context, int) (int, error) {
				loads++
				time.Sleep(takes)
				return loads, nil
			})
			for began := time.Now(); time.Since(began) < time.Second; time.Sleep(time.Millisecond) {
				age := values.unhurried(lately, recently)
				if _, young := values.within(age); !young {
					flight, _, _ := values.join(age)
					<-flight.done
				}
			}
			require.InDelta(t, want, loads, 1, takes)
		})
	}
}

// A load that begins ahead is over before the value is too old: who calls again and again waits for
// the first one alone.
func TestALoadAheadKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		values := newFresh(func(context.Context, int) (int, error) {
			time.Sleep(400 * time.Millisecond)
			return 1, nil
		})
		first, _, _ := values.join(0)
		<-first.done
		for began := time.Now(); time.Since(began) < 10*time.Second; time.Sleep(10 * time.Millisecond) {
			values.ahead(time.Second)
			_, young := values.within(time.Second)
			require.True(t, young, time.Since(began))
		}
		synctest.Wait()
	})
}

// A caller that accepts data of a given age shares a load that began within that time, whether
// or not it has ended, and no other.
func TestFreshSharesALoadThatIsYoungEnough(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		loads := 0
		values := newFresh(func(context.Context, int) (int, error) {
			loads++
			began := loads
			time.Sleep(100 * time.Millisecond)
			return began, nil
		})
		loaded := func(age time.Duration) int {
			if value, young := values.within(age); young {
				return value
			}
			flight, _, _ := values.join(age)
			<-flight.done
			return flight.value
		}
		go loaded(0)
		time.Sleep(60 * time.Millisecond)
		begun := time.Now()
		require.Equal(t, 1, loaded(61*time.Millisecond), "it began since")
		require.Equal(t, 40*time.Millisecond, time.Since(begun))
		require.Equal(t, 1, loaded(101*time.Millisecond), "it has ended")
		require.Equal(t, 2, loaded(100*time.Millisecond), "it began before")
		go loaded(0)
		time.Sleep(60 * time.Millisecond)
		require.Equal(t, 4, loaded(60*time.Millisecond), "the one under way began before")
		require.Equal(t, 4, loads)
	})
}

// A process reads its own writes, even if an older load ends after the write.
func TestFreshKeepsWhatWasWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		values := newFresh(func(context.Context, string) (string, error) {
			time.Sleep(100 * time.Millisecond)
			return "before", nil
		})
		flight, _, _ := values.join(0)
		time.Sleep(50 * time.Millisecond)
		values.note("written", time.Now())
		<-flight.done
		synctest.Wait()
		value, young := values.within(time.Second)
		require.True(t, young)
		require.Equal(t, "written", value)
	})
}

// If a load takes long, callers get the previous data, unless it is too old.
func TestFreshGivesWhatWasBeforeALongLoad(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		loads := 0
		values := newFresh(func(context.Context, int) (int, error) {
			loads++
			began := loads
			if began > 1 {
				time.Sleep(10 * time.Second)
			}
			return began, nil
		})
		get := func() (int, time.Duration) {
			asked := time.Now()
			value, err := values.get(t.Context())
			require.NoError(t, err)
			return value, time.Since(asked)
		}
		value, _ := get()
		require.Equal(t, 1, value)
		value, took := get()
		require.Equal(t, 1, value)
		require.Equal(t, patience, took)
		time.Sleep(10 * time.Second)
		value, took = get()
		require.Equal(t, 2, value)
		require.Zero(t, took, "what took long is not loaded again at once")
		time.Sleep(2 * longestStale)
		value, _ = get()
		require.Greater(t, value, 2)
		synctest.Wait()
	})
}

// A failed load is reported, and the previous data stays.
func TestFreshKeepsWhatAFailedLoadLeaves(t *testing.T) {
	t.Parallel()
	fails := false
	values := newFresh(func(_ context.Context, before int) (int, error) {
		if fails {
			return 0, errors.New("no server")
		}
		return before + 1, nil
	})
	_, err := values.get(t.Context())
	require.NoError(t, err)
	fails = true
	_, err = values.get(t.Context())
	require.ErrorContains(t, err, "no server")
	fails = false
	value, err := values.get(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, value)
}

// This process's writes appear in lists that lag behind. Later writes of others stay.
func TestRecentOverLists(t *testing.T) {
	t.Parallel()
	now := time.Now()
	at := func(offset time.Duration) latch.Time { return latch.NewTime(now.Add(offset)) }
	written := func(id, title string, offset time.Duration) *Definition {
		return &Definition{ID: id, Job: &latch.Job{ID: id, Title: title}, UpdatedAt: at(offset), Revision: "r"}
	}
	var r recent
	r.wrote(written("new", "mine", 0))
	r.wrote(written("changed", "mine", 0))
	r.wrote(written("overtaken", "mine", 0))
	r.deleted("gone")
	r.deleted("made-again")
	merged := r.over(map[string]Row{
		"changed":    {ID: "changed", Title: "listed", UpdatedAt: at(-time.Hour)},
		"overtaken":  {ID: "overtaken", Title: "theirs", UpdatedAt: at(time.Second)},
		"gone":       {ID: "gone", CreatedAt: at(-time.Hour)},
		"made-again": {ID: "made-again", Title: "again", CreatedAt: at(time.Hour)},
	})
	titles := map[string]string{}
	for id, row := range merged {
		titles[id] = row.Title
	}
	require.Equal(t, map[string]string{"new": "mine", "changed": "mine", "overtaken": "theirs", "made-again": "again"}, titles)
}

// A note is a sentence for people, and lists everything that they see. A user's own note is
// recognized.
func TestNotes(t *testing.T) {
	t.Parallel()
	cron, follows := &latch.Schedule{Cron: "0 0 * * *"}, &latch.Schedule{After: "22739"}
	for name, each := range map[string]struct {
		definition Definition
		says       string
	}{
		"times":    {Definition{ID: "a", Job: &latch.Job{Schedule: cron}}, "Runs at its times"},
		"no times": {Definition{ID: "a", Job: &latch.Job{}}, "Paused because it has no times"},
		"after":    {Definition{ID: "a", Job: &latch.Job{Schedule: follows}}, "runs after job 22739"},
		"paused":   {Definition{ID: "a", Job: &latch.Job{Schedule: cron}, Paused: true}, "Paused: runs only when"},
		"lacks":    {Definition{ID: "a", Lacks: "conf has\nno task"}, "Cannot run: conf has no task"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each.definition.Revision = "r1"
			text := note(&each.definition)
			require.Contains(t, text, each.says)
			row, known := readNote("a", text)
			require.True(t, known)
			require.Equal(t, RowOf(&each.definition), row)
		})
	}
	_, known := readNote("a", "Paused via Temporal UI: holidays")
	require.False(t, known)
}

// A row that is too large for a note is read from the definition.
func TestNoteIsBounded(t *testing.T) {
	t.Parallel()
	text := note(&Definition{ID: "a", Job: &latch.Job{Title: strings.Repeat("x", 2*maximumRow)}, Revision: "r1"})
	require.Less(t, len(text), maximumRow)
	_, known := readNote("a", text)
	require.False(t, known)
}

// Only the content of a definition counts as a change, not the time of its writing.
func TestSameDefinitions(t *testing.T) {
	t.Parallel()
	a := Definition{ID: "a", Job: &latch.Job{ID: "a", Vars: latch.Object{"n": json.RawMessage("9007199254740993")}}}
	b := Definition{ID: "a", Job: &latch.Job{ID: "a", Vars: latch.Object{"n": json.RawMessage("9007199254740993")}},
		Revision: "r", UpdatedAt: latch.NewTime(time.Now()), Followers: []string{}}
	require.True(t, same(&a, &b))
	b.Job.Vars["n"] = json.RawMessage("9007199254740992")
	require.False(t, same(&a, &b))
	b.Job.Vars["n"] = json.RawMessage("{")
	require.False(t, same(&b, &b), "what does not encode is written, so that its error is told")
}

// Lists are in the order of ids, numbers as numbers.
func TestOrderOfIDs(t *testing.T) {
	t.Parallel()
	require.Negative(t, CompareRows(Row{ID: "9"}, Row{ID: "10"}))
	require.Negative(t, CompareRows(Row{ID: "10"}, Row{ID: "a"}))
	require.Positive(t, CompareRows(Row{ID: "b"}, Row{ID: "a"}))
}

// A job is kept by an id of printable ASCII: Temporal's own worker cannot
// answer for a schedule with another. One is refused, and unknown, without a
// word to Temporal.
func TestIDsThatNoScheduleHas(t *testing.T) {
	t.Parallel()
	store := New(Options{Service: func() workflowservice.WorkflowServiceClient { panic("Temporal was asked") }})
	for _, id := range []string{"größe", "版", "a\x00", "\xff", "a\tb"} {
		_, err := store.Create(t.Context(), Definition{ID: id})
		var refused *RefusedError
		require.ErrorAs(t, err, &refused, "%q", id)
		require.Equal(t, "id", refused.Field)
		_, err = store.Get(t.Context(), id)
		require.ErrorIs(t, err, ErrUnknown, "%q", id)
		require.ErrorIs(t, store.Delete(t.Context(), id), ErrUnknown, "%q", id)
	}
	for _, id := range []string{"1", "a b/c:d", "~!"} {
		require.True(t, isJobID(id), "%q", id)
	}
}

// Frequent callers get recently loaded data, and load it if it is older.
func TestFreshWithin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		loads := 0
		values := newFresh(func(context.Context, int) (int, error) { loads++; return loads, nil })
		_, young := values.within(time.Hour)
		require.False(t, young, "nothing was loaded yet")
		_, err := values.get(t.Context())
		require.NoError(t, err)
		time.Sleep(lately - time.Millisecond)
		value, young := values.within(lately)
		require.True(t, young)
		require.Equal(t, 1, value)
		time.Sleep(time.Millisecond)
		_, young = values.within(lately)
		require.False(t, young)
	})
}
