package registry

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// An occupied Temporal has a workflow with the ids of schedules and of a run.
type occupied struct {
	kind, queue string
	// fails is how a schedule's description ends; nil never ends by itself.
	fails error
}

func (o occupied) store() *Store {
	temporal := &runstest.Temporal{RunIDs: func(int) string { return "run-1" }}
	for _, id := range []string{"temporal-sys-scheduler:latch-webhooks-latch", "temporal-sys-scheduler:latch-job-22739", "job-22739"} {
		temporal.Add(id, o.kind, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING).Info.TaskQueue = o.queue
	}
	temporal.Schedules.Err = o.fails
	return New(Options{Service: temporal.WorkflowService})
}

// A workflow with the id of a schedule is recognized and named, quickly, whether or not a
// worker answers it. A schedule is not mistaken for one.
func TestANamesakeOfAScheduleIsNamed(t *testing.T) {
	t.Parallel()
	unknownQuery := serviceerror.NewQueryFailed("unknown queryType describe")
	for name, test := range map[string]struct {
		temporal occupied
		namesake bool
	}{
		"nobody answers for it":           {occupied{kind: "shop.Evil", queue: "shop"}, true},
		"it does not know the question":   {occupied{kind: "shop.Evil", queue: "shop", fails: unknownQuery}, true},
		"it answers something else":       {occupied{kind: "shop.Evil", queue: "shop", fails: serviceerror.NewInternal("cannot decode")}, true},
		"it bears the scheduler's name":   {occupied{kind: schedulerType, queue: "shop"}, true},
		"one of Latch's own":              {occupied{kind: latch.WorkflowRelease, queue: "latch"}, true},
		"a schedule that is slow":         {occupied{kind: schedulerType, queue: schedulerQueue}, false},
		"a schedule that cannot be asked": {occupied{kind: schedulerType, queue: schedulerQueue, fails: unknownQuery}, false},
		"one that lies elsewhere":         {occupied{kind: sentinelType, queue: "x"}, false},
		"Temporal is out of reach":        {occupied{kind: "shop.Evil", fails: serviceerror.NewUnavailable("down")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				asked := time.Now()
				_, err := test.temporal.store().Webhooks().List(t.Context())
				require.Error(t, err)
				var namesake *NamesakeError
				require.Equal(t, test.namesake, errors.As(err, &namesake), "%v", err)
				if !test.namesake {
					return
				}
				require.LessOrEqual(t, time.Since(asked), suspicion)
				require.Equal(t, "temporal-sys-scheduler:latch-webhooks-latch", namesake.WorkflowID)
				require.ErrorContains(t, err,
					`the workflow "temporal-sys-scheduler:latch-webhooks-latch" (run run-1, type "`+test.temporal.kind+
						`") uses the id reserved for the schedule "latch-webhooks-latch"; terminate it`)
				_, err = test.temporal.store().Get(t.Context(), "22739")
				require.ErrorAs(t, err, &namesake)
				require.Equal(t, "temporal-sys-scheduler:latch-job-22739", namesake.WorkflowID)
			})
		})
	}
}

// A job is not registered under an id at which something else runs, and a run of another type
// is not the job's. The errors name what they are.
func TestANamesakeIsToldWhenSomethingIsWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		job := &latch.Job{ID: "22739", Task: &latch.Task{Command: &latch.CommandTask{Argv: []string{"true"}}}}
		store := occupied{kind: "shop.Evil", queue: "shop"}.store()
		var namesake *NamesakeError
		_, err := store.Create(t.Context(), Definition{ID: "22739", Job: job})
		require.ErrorAs(t, err, &namesake)
		require.ErrorContains(t, err, `the schedule "latch-job-22739"`)
		_, err = store.Webhooks().Create(t.Context(), latch.RegisteredWebhook{})
		require.ErrorAs(t, err, &namesake)
		_, err = store.Start(t.Context(), &Entry{Definition: Definition{ID: "22739", Job: job}}, "", nil)
		require.ErrorAs(t, err, &namesake)
		require.ErrorContains(t, err, `the workflow "job-22739" (run run-1, type "shop.Evil") uses the id reserved for the run of job "22739"`)
		_, err = occupied{kind: latch.WorkflowJobRun}.store().Start(t.Context(), &Entry{Definition: Definition{ID: "22739", Job: job}}, "", nil)
		var running *serviceerror.WorkflowExecutionAlreadyStarted
		require.ErrorAs(t, err, &running, "one of the job's own is under way")
	})
}

// An id that Temporal keeps for itself is no job's.
func TestReservedJobIDs(t *testing.T) {
	t.Parallel()
	_, err := New(Options{Service: new(runstest.Temporal).WorkflowService}).Create(t.Context(), Definition{ID: "temporal-sys-scheduler:x"})
	var refused *RefusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "id", refused.Field)
}
