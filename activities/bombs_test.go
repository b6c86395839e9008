package activities

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// A worker uses little memory for inputs that would cost the type-checker gigabytes, which it
// admits, or together minutes, which it refuses. No test may run in parallel with this one.
func TestAdmissionOfExpressionBombs(t *testing.T) {
	emission := func(when ...string) json.RawMessage {
		var webhooks []string
		for i, each := range when {
			webhooks = append(webhooks, fmt.Sprintf(`{"id":"w%d","url":"https://example.com/","events":[{"event":"CREATED","when":%q}]}`, i, each))
		}
		return json.RawMessage(`{"event":"CREATED","webhooks":[` + strings.Join(webhooks, ",") + `]}`)
	}
	var many []string
	for i := range 130 {
		many = append(many, fmt.Sprintf("vars.n==%d%s", i, strings.Repeat("||vars.a==1", 1300)))
	}
	inputs := []json.RawMessage{emission(many...)}
	for n := 8; n <= 40; n += 8 {
		inputs = append(inputs, emission("size([1]"+strings.Repeat(".map(x,{x:x})", n)+") > 0"))
	}
	for i, input := range inputs {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := decode(protocol.AdmitRequest{Kind: latch.EmissionKind, Input: input})
		runtime.ReadMemStats(&after)
		require.Less(t, (after.TotalAlloc-before.TotalAlloc)>>20, uint64(200), "MiB")
		if i == 0 {
			require.ErrorContains(t, err, "all expressions together have")
		} else {
			require.NoError(t, err)
		}
	}
}
