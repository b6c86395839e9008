package activities

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/vars"
)

// A run is held if a hook may hold it, or if it is to be refused. One that continues as new is not.
func TestWhoHoldsARun(t *testing.T) {
	t.Parallel()
	own := []latch.Webhook{{ID: "own", URL: "https://own.example.com", Event: latch.EventJobSuccess}}
	const (
		tells    = `{"id":"tells","url":"https://example.com","event":"JOB_SUCCESS"}`
		blocks   = `{"id":"blocks","events":[{"event":"JOB_START","blocking":true}]}`
		approved = `{"id":"approved","events":[{"event":"JOB_START","blocking":true,"approvals":[{"users":["ann"]}]}]}`
		enforced = `{"id":"own","enforced":true,"url":"https://example.com","event":"JOB_FAILURE"}`
	)
	for name, c := range map[string]struct {
		registered     []string
		continues      bool
		listens, holds bool
	}{
		"told":                     {[]string{tells}, false, true, false},
		"held":                     {[]string{tells, blocks}, false, true, true},
		"refused":                  {[]string{approved}, false, true, true},
		"an enforced id":           {[]string{enforced}, false, true, true},
		"continues":                {[]string{blocks, approved, enforced}, true, true, false},
		"by nothing of the others": {nil, false, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read := inputOfLifecycle(&protocol.LifecycleRun{Type: "Order"}, vars.Run{}, latch.Time{})
			heard := New(Options{}).hear(read, protocol.Admission{Own: own}, registered(t, c.registered...), c.continues)
			require.Equal(t, protocol.Listening{Listens: c.listens, Holds: c.holds}, heard)
		})
	}
}
