package cli

import (
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// TestDoctorOnCallbacks: doctor says whether Temporal takes the API's completion callbacks, and
// starts nothing.
func TestDoctorOnCallbacks(t *testing.T) {
	const variable = "LATCH_COMPLETION_CALLBACK_URL"
	refused := serviceerror.NewInvalidArgument("invalid url: url does not match any configured callback address: x")
	for name, test := range map[string]struct {
		address string
		watched bool
		refused error
		says    string
	}{
		"taken":    {"http://127.0.0.1:7127", true, nil, "ok     completion callbacks: the server takes them, to http://127.0.0.1:7127\n"},
		"no watch": {"http://127.0.0.1:7127", false, refused, "note   completion callbacks: no watch is registered"},
		"refused": {"https://latch.internal/api", true, refused,
			`fix: add {Pattern: "latch.internal", AllowInsecure: false} to callback.allowedAddresses`},
		"refused, http":   {"http://latch.internal:7127", true, refused, `fix: add {Pattern: "latch.internal:7127", AllowInsecure: true} to`},
		"wrong":           {"latch.internal", true, nil, "wrong  settings of the API: " + variable + `: "latch.internal" is not an http or https URL`},
		"bears a secret":  {"http://ann:hunter2@latch.internal", true, nil, variable + `: "http://***@latch.internal" has credentials`},
		"not answered":    {"http://127.0.0.1:7127", true, serviceerror.NewUnavailable("gone"), "note   completion callbacks: it cannot be seen"},
		"without callers": {"", true, nil, "ok     temporal: reached"},
	} {
		t.Run(name, func(t *testing.T) {
			temporal := newTemporal()
			temporal.CallbackError = test.refused
			if test.watched {
				watch, err := latch.DecodeWatch([]byte(`{"id":"w","query":"A = 'b'",
					"webhooks":[{"id":"l","url":"https://example.com/","event":"WORKFLOW_FAILED"}]}`))
				require.NoError(t, err)
				store := registry.New(registry.Options{Service: temporal.WorkflowService, Namespace: "default"})
				_, _, err = store.Watches().Put(t.Context(), *watch, func(*latch.RegisteredWatch) error { return nil })
				require.NoError(t, err)
			}
			t.Setenv(variable, test.address)
			before := len(temporal.Runs)
			out := diagnosed(t, temporal)
			require.Contains(t, out, test.says)
			require.NotContains(t, out, "hunter2")
			require.Len(t, temporal.Runs, before)
		})
	}
}

// diagnosed runs doctor with the test's environment.
func diagnosed(t *testing.T, temporal *runstest.Temporal) string {
	t.Helper()
	c := newCommand("", nil)
	c.dial = func(context.Context) (*backend.Connection, error) {
		return &backend.Connection{Client: examined{temporal, examinedService{temporal.WorkflowService(), patient{operator: known()}}},
			Namespace: "default"}, nil
	}
	c.environ = os.Environ()
	c.start("doctor")
	return c.stdout.String() + c.stderr.String()
}
