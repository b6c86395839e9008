//go:build !race

package cli

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/hang"
)

// validate answers in little time and memory for inputs that would cost the type-checker
// gigabytes or, together, minutes. No test may run in parallel with this one.
func TestValidateOfExpressionBombs(t *testing.T) {
	const step = `"steps":[{"name":"a","do":{"http":{"url":"https://example.com/"}}}]`
	inputs := map[string]int{}
	for n := 8; n <= 40; n += 8 {
		inputs[fmt.Sprintf(`{"id":"1",%s,
			"webhooks":[{"id":"w","url":"https://example.com/",
				"events":[{"event":"BEFORE_RELEASE","when":"size([1]%s) > 0"}]}]}`,
			step, strings.Repeat(".map(x,{x:x})", n))] = failure.ExitOK
	}
	var many []string
	for i := range 130 {
		many = append(many, fmt.Sprintf(`{"id":"w%d","url":"https://example.com/","events":[{"event":"BEFORE_RELEASE","when":"vars.n==%d%s"}]}`,
			i, i, strings.Repeat("||vars.a==1", 1300)))
	}
	inputs[`{"id":"1",`+step+`,"webhooks":[`+strings.Join(many, ",")+`]}`] = failure.ExitUsage
	for input, want := range inputs {
		var before, after runtime.MemStats
		var code int
		var out string
		runtime.ReadMemStats(&before)
		took := hang.CPUTime(func() { code, out, _ = execute(input, nil, "validate", "-") })
		runtime.ReadMemStats(&after)
		require.Equal(t, want, code, out)
		require.Less(t, took, 5*time.Second)
		require.Less(t, (after.TotalAlloc-before.TotalAlloc)>>20, uint64(200), "MiB")
		if want != failure.ExitOK {
			require.Contains(t, out, "all expressions together have")
		}
	}
}
