package latch_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/filled"
)

// TestEveryTypeSurvivesJSON encodes each type with every field set and decodes it with
// encoding/json, as workflows do with carried state.
func TestEveryTypeSurvivesJSON(t *testing.T) {
	t.Parallel()
	for _, sample := range []any{
		new(latch.Job), new(latch.Release), new(latch.Emission), new(latch.Gate), new(latch.Webhook), new(latch.Event),
		new(latch.Task), new(latch.Retry),
		new(latch.JobResult), new(latch.ReleaseResult), new(latch.EmissionResult), new(latch.GateResult),
		new(latch.Record), new(latch.Status),
		new(latch.LockRelease), new(latch.RecordUpdate), new(latch.Control), new(latch.Skip), new(latch.StepRetry),
		new(latch.HistoryQuery), new(latch.Problem),
	} {
		filled.Set(sample)
		if result, is := sample.(*latch.JobResult); is { // a job of a sequence has a result of its own
			result.Jobs = []latch.JobResult{{ID: "2", KVP: latch.Object{}}}
		}
		encoded, err := json.Marshal(sample)
		require.NoError(t, err)
		again := reflect.New(reflect.TypeOf(sample).Elem()).Interface()
		require.NoError(t, json.Unmarshal(encoded, again), string(encoded))
		require.Equal(t, sample, again)
	}
}

// TestWhatGoWritesIsTakenStrictly: the strict decoders accept every value that a Go service
// encodes.
func TestWhatGoWritesIsTakenStrictly(t *testing.T) {
	t.Parallel()
	retry := &latch.Retry{InitialInterval: latch.Duration(time.Second), BackoffCoefficient: 1.5, MaximumAttempts: 3}
	yes := true
	webhook := latch.Webhook{
		ID: "w", URL: "https://example.com/", Headers: map[string]string{"X-A": "1"},
		HeaderSecrets: map[string]string{"Authorization": "a"},
		Body:          json.RawMessage(`{"n":1.10}`), Enabled: &yes, Secret: "a", Timeout: latch.Duration(time.Minute), Retry: retry,
		Events: []latch.Event{{Event: latch.EventBeforeRelease, Blocking: true, LockTimeout: latch.Duration(time.Hour),
			OnError: latch.Continue, StopRelease: "false"}},
	}
	tasks := []latch.Task{
		{Activity: &latch.ActivityTask{Type: "A", Args: []json.RawMessage{json.RawMessage("null"), json.RawMessage(`"x"`)},
			Timeout: 1, Retry: retry}},
		{Workflow: &latch.WorkflowTask{Type: "W", ID: "x", Input: json.RawMessage("1")}},
		{HTTP: &latch.HTTPTask{URL: "https://example.com/", Body: json.RawMessage(`"x"`), Success: "true"}},
		{Command: &latch.CommandTask{Argv: []string{"true"}, Env: map[string]string{"A": "1"}}},
	}
	release := latch.Release{ID: "r", Vars: latch.Object{"a": json.RawMessage("1")},
		Webhooks: []latch.Webhook{webhook}, OnCancel: latch.Stop}
	job := latch.Job{ID: "j", Schedule: &latch.Schedule{Cron: "@daily"}, Retry: retry, Tags: []string{"a"}}
	for i := range tasks {
		name := string(rune('a' + i))
		release.Steps = append(release.Steps, latch.Step{Name: name, Do: &tasks[i], Undo: &tasks[i]})
		job.Jobs = append(job.Jobs, latch.SequenceJob{Job: &latch.Job{ID: name, Task: &tasks[i]}})
	}
	job.Jobs = append(job.Jobs, latch.SequenceJob{Registered: "other"})
	emission := latch.Emission{Event: "INSTANCE_CREATED", Data: latch.Object{}}

	for kind, value := range map[string]any{
		"release": release, "job": job, "emission": emission, "control": latch.Control{}, "history": latch.HistoryQuery{},
		"lock": latch.LockRelease{Lock: "w:h:r"}, "record": latch.RecordUpdate{DeliveryID: "dlv_1"},
		"skip": latch.Skip{Lock: "w:h:r", Reason: "x"},
	} {
		encoded, err := json.Marshal(value)
		require.NoError(t, err)
		require.NoError(t, kinds[kind](string(encoded)), "%s", encoded)
	}
	encoded, err := json.Marshal(release)
	require.NoError(t, err)
	decoded, err := latch.DecodeRelease(encoded)
	require.NoError(t, err)
	require.Equal(t, &release, decoded)
}
