package latch_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// reservedIDs are ids that Temporal or Latch relies on.
var reservedIDs = []string{
	"temporal-sys-scheduler:latch-webhooks-latch", "temporal-sys-scheduler:latch-job-22739", "temporal-sys-",
	"temporal-sys-batcher", "__temporal_x",
	"job-22739", "job-", "job-sequence/child", "latch-trigger-22739-2026-01-02T03:04:05Z", "latch-webhooks-latch", "latch-tags",
	"deliver-dlv_1", "redeliver-dlv_1", "operator-dlv_1",
}

// Contract, "Names": users may not run workflows under ids that Temporal or Latch relies on.
// Ids that only look similar are allowed.
func TestCheckWorkflowID(t *testing.T) {
	t.Parallel()
	for _, id := range reservedIDs {
		require.ErrorContains(t, latch.CheckWorkflowID(id), "is reserved: those that begin with", id)
	}
	for _, id := range []string{"", "release-shop", "emit-1", "jobs-1", "Job-1", "my-job-1", "temporal-system",
		"latchet", "deliver-parcel", "operator-ann", " job-1", "größe"} {
		require.NoError(t, latch.CheckWorkflowID(id), id)
	}
	require.Less(t, len(latch.CheckWorkflowID("job-"+strings.Repeat("x", 10_000)).Error()), 500)
}

// The same holds for the ids of tasks' workflows, if their beginning is known before they are
// rendered, and for names of types and task queues.
func TestReservedNamesInSpecs(t *testing.T) {
	t.Parallel()
	release := func(task string) error {
		_, err := latch.DecodeRelease([]byte(`{"id":"1","steps":[{"name":"a","do":` + task + `}]}`))
		return err
	}
	for _, id := range append(reservedIDs, "job-${vars.n}", "temporal-sys-${vars.n}") {
		require.ErrorContains(t, release(`{"workflow":{"type":"W","id":"`+id+`"}}`), "steps[0].do.workflow.id: ", id)
	}
	for _, id := range []string{"", "child-1", "${vars.id}", "$${job-1}", "child-job-${vars.n}"} {
		require.NoError(t, release(`{"workflow":{"type":"W","id":"`+id+`"}}`), id)
	}
	for field, task := range map[string]string{
		"workflow.type":       `{"workflow":{"type":"temporal-sys-batch-workflow"}}`,
		"workflow.task_queue": `{"workflow":{"type":"W","task_queue":"temporal-sys-per-ns-tq"}}`,
		"activity.type":       `{"activity":{"type":"__temporal_x"}}`,
		"activity.task_queue": `{"activity":{"type":"A","task_queue":"temporal-sys-per-ns-tq"}}`,
	} {
		require.ErrorContains(t, release(task), "steps[0].do."+field+": ", task)
	}
}

// The id of a job, release or emission may not have Temporal's reserved prefixes either.
func TestReservedIDsOfRuns(t *testing.T) {
	t.Parallel()
	const id = `"id":"temporal-sys-scheduler:x"`
	const task = `{"http":{"url":"https://example.com/"}}`
	for _, decode := range []func() error{
		func() error { _, err := latch.DecodeJob([]byte(`{` + id + `,"task":` + task + `}`)); return err },
		func() error {
			_, err := latch.DecodeJob([]byte(`{"id":"s","jobs":[{` + id + `,"task":` + task + `}]}`))
			return err
		},
		func() error {
			_, err := latch.DecodeRelease([]byte(`{` + id + `,"steps":[{"name":"a","do":` + task + `}]}`))
			return err
		},
		func() error { _, err := latch.DecodeEmission([]byte(`{` + id + `,"event":"CREATED"}`)); return err },
	} {
		require.ErrorContains(t, decode(), `id: "temporal-sys-scheduler:x" is reserved`)
	}
}
