package delivery

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// An endpoint takes no more than its share of a worker, and gives it back.
func TestEndpointsShareAWorker(t *testing.T) {
	t.Parallel()
	e := newEndpoints(2)
	first, err := e.enter("https://slow")
	require.NoError(t, err)
	_, err = e.enter("https://slow")
	require.NoError(t, err)
	_, err = e.enter("https://slow")
	var busy *BusyError
	require.ErrorAs(t, err, &busy)
	require.False(t, busy.Broken)
	require.GreaterOrEqual(t, busy.Wait, shortestTurn)
	require.LessOrEqual(t, busy.Wait, longestTurn)
	_, err = e.enter("https://other")
	require.NoError(t, err, "another endpoint has a share of its own")
	first(nil)
	_, err = e.enter("https://slow")
	require.NoError(t, err)
}

// An endpoint that does not answer gets some probes at a time, until one is
// answered: even with an error, since then it is there.
func TestDeadEndpointIsProbed(t *testing.T) {
	t.Parallel()
	dead := &UnreachableError{message: "refused"}
	e := newEndpoints(10 * probes)
	fail := func(n int) {
		for range n {
			leave, err := e.enter("https://dead")
			require.NoError(t, err)
			leave(dead)
		}
	}
	fail(brokenAfter)
	var leaves []func(error)
	for range probes {
		leave, err := e.enter("https://dead")
		require.NoError(t, err)
		leaves = append(leaves, leave)
	}
	_, err := e.enter("https://dead")
	var busy *BusyError
	require.ErrorAs(t, err, &busy)
	require.True(t, busy.Broken)

	leaves[0](&StatusError{Status: 503})
	for range probes {
		_, err = e.enter("https://dead")
		require.NoError(t, err, "an answer brings it back")
	}
}

// A delivery by itself is never held up: its own retry says when it goes out.
func TestLoneDeliveryIsNeverBusy(t *testing.T) {
	t.Parallel()
	e := newEndpoints(1)
	for range 10 * brokenAfter {
		leave, err := e.enter("https://dead")
		require.NoError(t, err)
		leave(&UnreachableError{message: "refused"})
	}
}

// Endpoints that answer are forgotten once nothing is under way to them.
func TestEndpointsAreForgotten(t *testing.T) {
	t.Parallel()
	e := newEndpoints(1)
	for _, err := range []error{nil, errors.New("refused by the guard"), &StatusError{Status: 500}} {
		leave, entered := e.enter("https://example")
		require.NoError(t, entered)
		leave(err)
		require.Empty(t, e.known)
	}
}
