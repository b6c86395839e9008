package mitto_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/mitto"
	"github.com/latch-run/latch/internal/protocol"
)

// facts.md, `status`: id is an int, returncode that of the command.
func TestStatusOfRuns(t *testing.T) {
	t.Parallel()
	began := fmt.Sprintf(`"id":%d,"run_id":"r","pid":null,"updates":null,"count":null,"started_at":%s`,
		protocol.RunNumber("22739", "r"), noonText)
	require.JSONEq(t, `{`+began+`,"returncode":null,"error":null,"completed_at":null,"kvp":{}}`,
		encoded(t, mitto.Running("22739", "r", latch.NewTime(noon))))
	ended := latch.JobResult{StartedAt: latch.NewTime(noon), CompletedAt: latch.NewTime(later),
		KVP: latch.Object{"a b": json.RawMessage("1.0")}}
	for name, test := range map[string]struct {
		status, error    string
		exit, returncode int
	}{
		"succeeded":                {latch.JobSucceeded, "", 0, 0},
		"a command failed":         {latch.JobFailed, "command /bin/sh: exit status 3", 3, 3},
		"a command was killed":     {latch.JobFailed, "command /bin/sh: signal: killed", -9, -9},
		"failed without a command": {latch.JobFailed, "status 500", 0, 1},
		"timed out":                {latch.JobTimedOut, "timed out after 5s", 0, 1},
	} {
		result := ended
		result.Status, result.Error, result.ExitStatus = test.status, test.error, test.exit
		require.JSONEq(t, fmt.Sprintf(`{%s,"returncode":%d,"error":%q,"completed_at":%s,"kvp":{"a b":1.0}}`, began,
			test.returncode, test.error, laterText),
			encoded(t, mitto.Ended("22739", "r", result)), name)
	}
}
