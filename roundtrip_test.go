package latch_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

var instant = latch.NewTime(time.Date(2026, 7, 1, 12, 30, 0, 123456789, time.UTC))

// full sets every settable field below value, so that a field that JSON loses is noticed.
func full(value reflect.Value) {
	switch v := value.Addr().Interface().(type) {
	case *json.RawMessage:
		*v = json.RawMessage(`{"n":1.10}`)
		return
	case *latch.Time:
		*v = instant
		return
	case *latch.Duration:
		*v = latch.Duration(90 * time.Second)
		return
	case *latch.SequenceJob:
		v.Registered = "other"
		return
	}
	switch value.Kind() {
	case reflect.Pointer:
		value.Set(reflect.New(value.Type().Elem()))
		full(value.Elem())
	case reflect.Struct:
		for i := range value.NumField() {
			full(value.Field(i))
		}
	case reflect.Slice:
		value.Set(reflect.MakeSlice(value.Type(), 2, 2))
		full(value.Index(0))
		full(value.Index(1))
	case reflect.Map:
		element := reflect.New(value.Type().Elem()).Elem()
		full(element)
		value.Set(reflect.MakeMap(value.Type()))
		value.SetMapIndex(reflect.ValueOf("key"), element)
	case reflect.String:
		value.SetString("text")
	case reflect.Bool:
		value.SetBool(true)
	case reflect.Int, reflect.Int64:
		value.SetInt(3)
	case reflect.Float64:
		value.SetFloat(1.5)
	default:
		panic("no value for a " + value.Type().String())
	}
}

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
		switch v := sample.(type) {
		case *latch.JobResult: // is recursive
			v.ID, v.Status, v.Jobs = "1", latch.JobSucceeded, []latch.JobResult{{ID: "2", KVP: latch.Object{}}}
			v.KVP, v.StartedAt = latch.Object{"a": json.RawMessage("1")}, instant
		default:
			full(reflect.ValueOf(sample).Elem())
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
