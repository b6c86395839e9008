package runs_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
)

// The error of a worker that cannot replay a run differs from that of a worker without the
// query, and from others.
func TestWhatAWorkerOfAnOlderBuildAnswers(t *testing.T) {
	t.Parallel()
	for message, isOld := range map[string]bool{
		"unable to find workflow type: latch.EmitBatch. Supported types: [latch.Emit]":                    true,
		"[TMPRL1100] nondeterministic workflow: history event is MarkerRecorded, replay command is Timer": true,
		"unknown queryType status": false,
		"the query panicked":       false,
	} {
		f := newFake(t)
		f.running("a", latch.Status{}).Err = &serviceerror.QueryFailed{Message: message}
		var status latch.Status
		err := f.over().Query(t.Context(), "release-a", "", latch.QueryStatus, &status)
		var old *runs.OldWorkerError
		require.Equal(t, isOld, errors.As(err, &old), message)
		require.ErrorContains(t, err, message)
		if isOld {
			require.ErrorContains(t, err, "it is of an older build, or lacks Latch's plugin; replace it by one of the newest build")
		}
	}
}

// A query that a stopping worker took, or that waited for one, is asked again.
func TestAWorkerThatStopsBeforeItAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		answers := []error{&serviceerror.QueryFailed{Message: "context canceled"}, serviceerror.NewCanceled("context canceled"), nil}
		f.running("a", latch.Status{}).Answer = func(string) (any, error) {
			err := answers[0]
			answers = answers[1:]
			return latch.Status{Status: "waiting"}, err
		}
		var status latch.Status
		require.NoError(t, f.over().Query(t.Context(), "release-a", "", latch.QueryStatus, &status))
		require.Equal(t, "waiting", status.Status)
		require.Empty(t, answers)

		began := time.Now()
		answers = []error{serviceerror.NewCanceled("grpc: the client connection is closing")}
		require.Error(t, f.over().Query(t.Context(), "release-a", "", latch.QueryStatus, &status))
		require.Equal(t, began, time.Now(), "a closed client is not asked again")
	})
}
