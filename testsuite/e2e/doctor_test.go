package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// `starter doctor` on a real server: the exit code is 0 without problems, 1 for a secret
// without a host binding, and 3 if Temporal does not answer.
func TestDoctor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var report struct {
		OK       bool
		Findings []struct{ Check, Status, Message, Fix string }
	}
	examine := func(code int, settings ...string) string {
		t.Helper()
		b.starter(settings, "doctor", "-o", "json").read(t, code, &report)
		var text string
		for _, each := range report.Findings {
			text += each.Status + " " + each.Check + ": " + each.Message + "\n"
		}
		return text
	}
	fine := examine(0)
	require.True(t, report.OK)
	for _, part := range []string{"ok temporal: reached, server 1.", `ok namespace: "default" keeps`, "ok registry: ", "ok clock: no difference",
		`a worker polls the task queue "` + b.queue, "ok settings of the worker", "ok settings of the API"} {
		require.Contains(t, fine, part)
	}
	require.Contains(t, examine(1, "LATCH_SECRET_BOARD=value-of-the-board"), `wrong secrets: "board" is bound to no host`)
	require.Contains(t, examine(1, "TEMPORAL_NAMESPACE=nowhere"), `there is no namespace "nowhere"`)
	require.Contains(t, examine(3, "TEMPORAL_ADDRESS="+freeAddress(t)), "wrong temporal: cannot reach Temporal")
}
