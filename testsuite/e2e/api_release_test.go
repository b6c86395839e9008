package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Contract, "HTTP API": a release is started once under its workflow id, and once under an
// Idempotency-Key. stop, rollback and skip are answered.
func TestAPIReleases(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	var first, again, other map[string]string
	body := heldRelease("one-" + b.queue)
	s.call("POST", "/latch/v1/releases", body, "X-API-Key", "run-key-0123456789", "Idempotency-Key", "k1").read(t, 201, &first)
	s.call("POST", "/latch/v1/releases", body, "X-API-Key", "run-key-0123456789", "Idempotency-Key", "k1").read(t, 201, &again)
	require.Equal(t, first, again)
	changed := s.call("POST", "/latch/v1/releases", strings.Replace(body, "The shop", "Another", 1), "X-API-Key",
		"run-key-0123456789", "Idempotency-Key", "k1")
	require.Contains(t, changed.problem(t, 422).Detail, "Idempotency-Key")
	conflict := s.as("run-key-0123456789", "POST", "/latch/v1/releases", body).problem(t, 409)
	require.Equal(t, first["run_id"], conflict.RunID)
	require.Equal(t, first["workflow_id"], conflict.WorkflowID)
	s.as("run-key-0123456789", "POST", "/latch/v1/releases?workflow_id=other-"+b.queue, body).read(t, 201, &other)
	require.Equal(t, "other-"+b.queue, other["workflow_id"])

	s.token(first["workflow_id"])
	var skipped latch.Record
	path := "/latch/v1/releases/one-" + b.queue
	s.as("run-key-0123456789", "POST", path+"/skip", `{"webhook":"board","event":"BEFORE_RELEASE"}`).problem(t, 422)
	s.as("run-key-0123456789", "POST", path+"/skip",
		`{"webhook":"board","event":"BEFORE_RELEASE","reason":"not today"}`).read(t, 200, &skipped)
	require.Equal(t, latch.ResultSkipped, skipped.Result)
	require.Contains(t, skipped.Error, "skipped by ci")
	require.Eventually(t, func() bool {
		status := b.status(first["workflow_id"])
		return status.Event == latch.EventBeforeReleaseComplete && len(status.Locks) == 1
	}, patience, tick)
	s.as("run-key-0123456789", "POST", path+"/rollback", `{"by":"mallory","reason":"wrong build"}`).read(t, 200, nil)
	require.NoError(t, shared.client.GetWorkflow(b.ctx, first["workflow_id"], "").Get(b.ctx, nil))
	var state struct {
		Status, Reason string
		DecidedBy      latch.DecidedBy `json:"decided_by"`
		Steps          []latch.StepResult
	}
	s.as("read-key-0123456789", "GET", path, "").read(t, 200, &state)
	require.Equal(t, latch.ReleaseRolledBack, state.Status)
	require.Equal(t, "ci", state.DecidedBy.By)
	require.Equal(t, latch.StepUndone, state.Steps[0].Status)
	s.as("run-key-0123456789", "POST", path+"/stop", "").problem(t, 409)
	s.call("POST", "/latch/v1/releases", body, "X-API-Key", "run-key-0123456789", "Idempotency-Key", "k1").read(t, 201, &again)
	require.Equal(t, first, again, "the same call made after the run's end starts nothing")
	s.as("run-key-0123456789", "POST", "/latch/v1/releases/other-"+b.queue+"/stop", "").read(t, 200, nil)
	s.as("read-key-0123456789", "GET", "/latch/v1/releases/nobody", "").problem(t, 404)
}

// Contract, "HTTP API": an event is fired once under an Idempotency-Key, with or without an id.
func TestAPIEvents(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	var first, again map[string]string
	for _, into := range []*map[string]string{&first, &again} {
		s.call("POST", "/latch/v1/events", `{"event":"INSTANCE_CREATED"}`, "X-API-Key", "run-key-0123456789",
			"Idempotency-Key", b.queue).read(t, 201, into)
	}
	require.Equal(t, first, again)
	var result latch.EmissionResult
	require.NoError(t, shared.client.GetWorkflow(b.ctx, first["workflow_id"], "").Get(b.ctx, &result))
	require.Equal(t, first["id"], result.ID)
	s.as("run-key-0123456789", "POST", "/latch/v1/events", `{"id":"e-`+b.queue+`","event":"INSTANCE_CREATED"}`).read(t, 201, &first)
	require.Equal(t, "emit-e-"+b.queue, first["workflow_id"])
	s.as("run-key-0123456789", "POST", "/latch/v1/events", `{"event":"JOB_START"}`).problem(t, 422)
}

// Contract, "HTTP API": InvalidSpec lists all problems, by field.
func TestAPIInvalidRelease(t *testing.T) {
	t.Parallel()
	s := setup(t).serve("LATCH_API_KEYS", apiKeys)
	got := s.as("run-key-0123456789", "POST", "/latch/v1/releases", `{"id":"x","stepz":[],"on_failure":"pray",
		"webhooks":[{"id":"w",
			"events":[{"event":"BEFORE_RELEASE","blocking":true,"when":"1 +"}]}]}`).problem(t, 422)
	var fields []string
	for _, each := range got.Errors {
		fields = append(fields, each.Location)
	}
	require.Subset(t, fields, []string{"body.stepz", "body.steps", "body.on_failure", "body.webhooks[0].events[0].when"})
	s.as("run-key-0123456789", "POST", "/latch/v1/releases", "not json").problem(t, 400)
	s.as("run-key-0123456789", "POST", "/latch/v1/releases", "").problem(t, 400)
	s.as("run-key-0123456789", "POST", "/latch/v1/releases", `{"id":"`+strings.Repeat("x", 3<<20)+`"}`).problem(t, 413)
	s.as("lock-key-0123456789", "POST", "/latch/v1/locks/a:b:c/release", `{"reason":"`+strings.Repeat("x", 300<<10)+`"}`).problem(t, 413)
}
