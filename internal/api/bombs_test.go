package api_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// The API uses little memory for inputs that would cost the type-checker gigabytes or,
// together, minutes. No test may run in parallel with this one.
func TestExpressionBombs(t *testing.T) {
	f := apitest.Temporal()
	f.OnStart = func(run *runstest.Run) { run.Info.Status = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED } // so that the next may start
	handler := apitest.WithKeys(t, f)
	release := func(when ...string) string {
		var webhooks []string
		for i, each := range when {
			webhooks = append(webhooks,
				fmt.Sprintf(`{"id":"w%d","url":"https://example.com/","events":[{"event":"BEFORE_RELEASE","when":%q}]}`, i, each))
		}
		return strings.TrimSuffix(smallRelease, "}") + `,"webhooks":[` + strings.Join(webhooks, ",") + `]}`
	}
	var many []string
	for i := range 50 {
		many = append(many, fmt.Sprintf("vars.n==%d%s", i, strings.Repeat("||vars.a==1", 1300)))
	}
	bodies := map[string]int{release(many...): 422}
	for n := 8; n <= 40; n += 8 {
		bodies[release("size([1]"+strings.Repeat(".map(x,{x:x})", n)+") > 0")] = 201
	}
	for body, want := range bodies {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got := apitest.Call(handler, "POST", "/latch/v1/releases", body, "X-API-Key", "run")
		runtime.ReadMemStats(&after)
		require.Equal(t, want, got.Code, got.Body)
		require.Less(t, (after.TotalAlloc-before.TotalAlloc)>>20, uint64(200), "MiB")
		if want == 422 {
			require.Contains(t, got.Body.String(), "all expressions together have")
		}
	}
}
