package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/failure"
)

// What comes too late is TooLate and exits with 1, whatever the message and the way, whether the run
// refuses it or has closed; a closed lock's record comes along.
func TestWhatComesTooLate(t *testing.T) {
	t.Parallel()
	const lock = "release-1:board:r4nd0m"
	const state = `{"token":"` + lock + `","open":false,"record":` + settledRecord + `}`
	for _, test := range []struct {
		command string
		// route is the call of the API's that sends the message.
		route string
		// ofALock says that the record of the lock comes along.
		ofALock bool
	}{
		{"lock release " + lock + " --result fail", "POST /latch/v1/locks/" + lock + "/release", true},
		{"lock release " + lock + " --vote reject", "POST /latch/v1/locks/" + lock + "/release", true},
		{"lock extend " + lock + " --for 4h", "POST /latch/v1/locks/" + lock + "/extend", true},
		{"lock extend " + lock + " --timeout 48h", "POST /latch/v1/locks/" + lock + "/extend", true},
		{"lock extend " + lock + " --until 2026-08-01T10:00:00Z", "POST /latch/v1/locks/" + lock + "/extend", true},
		{"release stop 1", "POST /latch/v1/releases/release-1/stop", false},
		{"release rollback 1", "POST /latch/v1/releases/release-1/rollback", false},
		{"release retry 1", "POST /latch/v1/releases/release-1/retry", false},
		{"release skip 1 --reason x --lock " + lock, "POST /latch/v1/releases/release-1/skip", false},
		{"release skip 1 --reason x --step migrate", "POST /latch/v1/releases/release-1/skip", false},
	} {
		t.Run(test.command, func(t *testing.T) {
			t.Parallel()
			args := append(strings.Fields(test.command), "-o", "json")
			check := func(code int, out, errors string) {
				t.Helper()
				require.Equal(t, failure.ExitFailed, code, errors)
				failed := object(t, out)["error"].(map[string]any)
				require.Equal(t, latch.ErrorTooLate, failed["type"], errors)
				if test.ofALock {
					require.Equal(t, "dlv_1", failed["record"].(map[string]any)["delivery_id"], errors)
				}
			}
			refusal := temporal.NewNonRetryableApplicationError("it is closed", latch.ErrorTooLate, nil, json.RawMessage(settledRecord))
			refuses := updating(answering(newTemporal("release-1"), always("["+settledRecord+"]", nil)), "", refusal)
			check(execute("", refuses, args...))
			closed := answering(newTemporal("release-1"), always("["+settledRecord+"]", nil))
			check(execute("", closed, args...))
			api := newAPI(t, map[string][]apiAnswer{
				"GET /latch/v1/releases/1":    {{200, `{"workflow_id":"release-1","id":"1","status":"running"}`}},
				"GET /latch/v1/locks/" + lock: {{200, state}},
				test.route:                    {{409, `{"detail":"It is closed.","workflow_id":"release-1","record":` + settledRecord + `}`}},
			})
			check(api.run("", args...))
		})
	}
}

// A lock that no run has made is not one that was closed.
func TestExtendALockOfNoRun(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--for", "4h"}, {"--timeout", "48h"}} {
		code, out, _ := execute("", newTemporal(), append([]string{"lock", "extend", "none:board:r", "-o", "json"}, args...)...)
		require.Equal(t, failure.ExitFailed, code)
		require.Equal(t, latch.ErrorUnknownLock, object(t, out)["error"].(map[string]any)["type"])
	}
}
