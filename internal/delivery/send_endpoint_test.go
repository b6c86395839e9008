package delivery

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// An endpoint uses at most its share of a worker, and frees it afterwards.
func TestEndpointsShareAWorker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoints(2)
		first, err := e.enter(t.Context(), origin{"https", "slow"}, 0)
		require.NoError(t, err)
		_, err = e.enter(t.Context(), origin{"https", "slow"}, 0)
		require.NoError(t, err)
		_, err = e.enter(t.Context(), origin{"https", "slow"}, 0)
		var busy *BusyError
		require.ErrorAs(t, err, &busy)
		require.False(t, busy.Broken)
		require.True(t, busy.Queued)
		require.GreaterOrEqual(t, busy.Wait, shortestTurn)
		require.LessOrEqual(t, busy.Wait, longestTurn)
		_, err = e.enter(t.Context(), origin{"https", "other"}, 0)
		require.NoError(t, err, "another endpoint has a share of its own")
		first.leave(nil)
		_, err = e.enter(t.Context(), origin{"https", "slow"}, 0)
		require.NoError(t, err)
	})
}

// An endpoint that does not answer receives some probes at a time until one is answered. An
// error status counts as an answer.
func TestDeadEndpointIsProbed(t *testing.T) {
	t.Parallel()
	dead := &UnreachableError{message: "refused"}
	e := newEndpoints(10 * probes)
	fail := func(n int) {
		for range n {
			taken, err := e.enter(t.Context(), origin{"https", "dead"}, 0)
			require.NoError(t, err)
			taken.leave(dead)
		}
	}
	fail(brokenAfter)
	var probing []place
	for range probes {
		taken, err := e.enter(t.Context(), origin{"https", "dead"}, 0)
		require.NoError(t, err)
		probing = append(probing, taken)
	}
	_, err := e.enter(t.Context(), origin{"https", "dead"}, 0)
	var busy *BusyError
	require.ErrorAs(t, err, &busy)
	require.True(t, busy.Broken)

	probing[0].leave(&StatusError{Status: 503})
	for range probes {
		_, err = e.enter(t.Context(), origin{"https", "dead"}, 0)
		require.NoError(t, err, "an answer brings it back")
	}
}

// A single delivery is never held back: its own retry decides when it is sent.
func TestLoneDeliveryIsNeverBusy(t *testing.T) {
	t.Parallel()
	e := newEndpoints(1)
	for range 10 * brokenAfter {
		taken, err := e.enter(t.Context(), origin{"https", "dead"}, 0)
		require.NoError(t, err)
		taken.leave(&UnreachableError{message: "refused"})
	}
}

// Endpoints without requests in flight are forgotten once there are many.
func TestEndpointsAreForgotten(t *testing.T) {
	t.Parallel()
	e := newEndpoints(1)
	for i := range 3 * maximumQuiet {
		taken, err := e.enter(t.Context(), origin{"https", fmt.Sprint(i)}, 0)
		require.NoError(t, err)
		taken.leave([]error{nil, errors.New("refused by the guard"), &StatusError{Status: 500}}[i%3])
	}
	require.Empty(t, e.busy)
	require.Equal(t, maximumQuiet, e.lately.Len())
}

// Endpoints are counted whether or not requests are in flight. One that left 50 consecutive
// attempts without an answer is silent until it answers.
func TestEndpointsAreCountedByState(t *testing.T) {
	t.Parallel()
	all := newEndpoints(0)
	dead, alive := origin{"https", "dead.example"}, origin{"https", "alive.example"}
	for range brokenAfter {
		at, err := all.enter(t.Context(), dead, 0)
		require.NoError(t, err)
		at.leave(&UnreachableError{})
	}
	at, err := all.enter(t.Context(), alive, 0)
	require.NoError(t, err)
	counts := func() [2]int { known, silent := all.count(); return [2]int{known, silent} }
	require.Equal(t, [2]int{2, 1}, counts())
	at.leave(nil)
	require.Equal(t, [2]int{2, 1}, counts())
	at, err = all.enter(t.Context(), dead, 0)
	require.NoError(t, err)
	require.Equal(t, [2]int{2, 1}, counts())
	at.leave(nil)
	require.Equal(t, [2]int{2, 0}, counts())
}
