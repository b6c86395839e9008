package mitto_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/mitto"
)

var (
	noon  = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	later = noon.Add(time.Hour)
)

const (
	noonText  = `"2026-01-02T12:00:00.000Z"`
	laterText = `"2026-01-02T13:00:00.000Z"`
)

func read(t *testing.T, body string) latch.Object {
	t.Helper()
	object, err := mitto.Read([]byte(body))
	require.NoError(t, err)
	return object
}

func job(t *testing.T, body string) *mitto.Job {
	t.Helper()
	made, err := mitto.New("22739", read(t, body), noon)
	require.NoError(t, err)
	return stored(t, made)
}

// stored returns the job after it was stored and read again.
func stored(t *testing.T, job *mitto.Job) *mitto.Job {
	t.Helper()
	encoded, err := json.Marshal(job)
	require.NoError(t, err)
	back := new(mitto.Job)
	require.NoError(t, json.Unmarshal(encoded, back))
	return back
}

// native is a job that was registered in Latch's own JSON.
func native(t *testing.T, body string) *mitto.Job {
	t.Helper()
	parsed, err := latch.DecodeJob([]byte(body))
	require.NoError(t, err)
	return &mitto.Job{ID: parsed.ID, Latch: parsed, CreatedAt: latch.NewTime(noon), UpdatedAt: latch.NewTime(noon)}
}

// lines returns the problems, or none without an error.
func lines(t *testing.T, err error) []string {
	t.Helper()
	var problems latch.Problems
	if err != nil {
		require.True(t, errors.As(err, &problems), "%T: %v", err, err)
	}
	found := make([]string, 0, len(problems))
	for _, problem := range problems {
		found = append(found, problem.String())
	}
	return found
}

func encoded(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return string(text)
}
