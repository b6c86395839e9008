package latch_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// problemsOf returns the problems as lines "path: message", or none if err is nil.
func problemsOf(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var problems latch.Problems
	require.True(t, errors.As(err, &problems), "%T is no latch.Problems: %v", err, err)
	var lines []string
	for _, problem := range problems {
		lines = append(lines, problem.String())
	}
	return lines
}

// kinds are the decoders of the inputs, by the names that tables use.
var kinds = map[string]func(string) error{
	"job":      func(s string) error { _, err := latch.DecodeJob([]byte(s)); return err },
	"release":  func(s string) error { _, err := latch.DecodeRelease([]byte(s)); return err },
	"emission": func(s string) error { _, err := latch.DecodeEmission([]byte(s)); return err },
	"gate":     func(s string) error { _, err := latch.DecodeGate([]byte(s)); return err },
	"lock":     func(s string) error { return new(latch.LockRelease).Decode([]byte(s)) },
	"extend":   func(s string) error { return new(latch.LockExtension).Decode([]byte(s)) },
	"webhook":  func(s string) error { _, err := latch.DecodeRegisteredWebhook([]byte(s)); return err },
	"record":   func(s string) error { return new(latch.RecordUpdate).Decode([]byte(s)) },
	"control":  func(s string) error { return new(latch.Control).Decode([]byte(s)) },
	"skip":     func(s string) error { return new(latch.Skip).Decode([]byte(s)) },
	"history":  func(s string) error { return new(latch.HistoryQuery).Decode([]byte(s)) },
}

// These wrap the inputs of tables.
const (
	task = `"task":{"http":{"url":"https://example.com/"}}`
	step = `{"name":"a","do":{"http":{"url":"https://example.com/"}}}`
)

func aJob(rest string) string     { return `{"id":"1",` + task + `,` + rest + `}` }
func aTask(task string) string    { return `{"id":"1","task":` + task + `}` }
func aRelease(rest string) string { return `{"id":"1","steps":[` + step + `],` + rest + `}` }
func anEmission(rest string) string {
	return `{"event":"INSTANCE_CREATED",` + rest + `}`
}
func aHook(rest string) string {
	return `"webhooks":[{"id":"w","url":"https://example.com/",` + rest + `}]`
}
func atEvent(event, rest string) string {
	return aHook(`"events":[{"event":"` + event + `"` + rest + `}]`)
}
