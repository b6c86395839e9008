package deliveries_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/deliveries"
)

// kept is the record of a delivery that was kept so long before noon.
func kept(id string, before time.Duration) latch.Record {
	record := failed(id, before)
	record.Result, record.Kept, record.Tries, record.Attempts = latch.ResultSkipped, true, nil, 0
	record.Job, record.Error = "", "not sent: the endpoint is disabled"
	return record
}

// addBusy adds a run that answers only once it has missed so many questions.
func addBusy(f *fake, misses int) {
	busy := f.run("emit-busy", completed, kept("dlv_old", 2*time.Hour))
	answer, asked := busy.Answer, 0
	busy.Answer = func(query string) (any, error) {
		if asked++; asked <= misses {
			return nil, serviceerror.NewDeadlineExceeded("too busy")
		}
		return answer(query)
	}
}

// A run that gave no answer is asked again before what was found goes out: what it kept may come
// first. Whoever waits is told how far the search is.
func TestRunsAreAskedAgainForWhatTheyKept(t *testing.T) {
	t.Parallel()
	for misses, want := range map[int][]string{1: {"dlv_old", "dlv_new"}, 2: {"dlv_new"}} {
		f := &fake{}
		addBusy(f, misses)
		f.run("emit-other", completed, kept("dlv_new", time.Hour))
		var looked []string
		bulk, err := logOf(f).RedeliverKept(t.Context(), deliveries.Filter{Webhook: "down"}, false,
			func(runs, found int) { looked = append(looked, fmt.Sprint(found, " of ", runs)) })
		require.NoError(t, err)
		var sent []string
		for _, each := range bulk.Deliveries {
			require.Equal(t, deliveries.OutcomeStarted, each.Outcome)
			sent = append(sent, each.DeliveryID+" "+each.FiredBy)
		}
		require.Len(t, f.Starts, 1)
		require.Equal(t, len(want), len(sent))
		for i, id := range want {
			require.Equal(t, id+map[string]string{"dlv_old": " emit-busy", "dlv_new": " emit-other"}[id], sent[i])
		}
		require.Equal(t, 2-len(want), bulk.Unanswered)
		require.Equal(t, len(want) < 2, bulk.Incomplete)
		require.Equal(t, 2, bulk.Runs)
		require.Equal(t, []string{"1 of 2", fmt.Sprint(len(want), " of 2")}, looked)
	}
}

// The only run of a time is asked again, too. If it does not answer either, that is an error.
func TestTheOnlyRunIsAskedAgain(t *testing.T) {
	t.Parallel()
	for misses, found := range map[int]int{1: 1, 2: 0} {
		f := &fake{}
		addBusy(f, misses)
		bulk, err := logOf(f).RedeliverKept(t.Context(), deliveries.Filter{Webhook: "down"}, false, func(int, int) {})
		if found == 0 {
			require.ErrorContains(t, err, "too busy")
			continue
		}
		require.NoError(t, err)
		require.Len(t, bulk.Deliveries, found)
	}
}

// Runs that use up the time in which they are asked again count as unanswered, and what was found
// goes out.
func TestAskingAgainEndsInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		busy, asked := f.run("emit-busy", completed, kept("dlv_old", 2*time.Hour)), 0
		busy.Answer = func(string) (any, error) {
			if asked++; asked > 1 {
				time.Sleep(deliveries.KeptLimit * 3 / 4)
			}
			return nil, serviceerror.NewDeadlineExceeded("too busy")
		}
		f.run("emit-other", completed, kept("dlv_new", time.Hour))
		bulk, err := logOf(f).RedeliverKept(t.Context(), deliveries.Filter{Webhook: "down"}, false, func(int, int) {})
		require.NoError(t, err)
		require.Len(t, bulk.Deliveries, 1)
		require.Equal(t, 1, bulk.Unanswered)
		require.Equal(t, 2, bulk.Runs)
		require.Len(t, f.Starts, 1)
	})
}
