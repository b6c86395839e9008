package collector_test

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/collector"
)

// GOGC has the last word. The test is not parallel: the collector is the
// process's own.
func TestTheEnvironmentSaysOtherwise(t *testing.T) {
	before := debug.SetGCPercent(77)
	defer debug.SetGCPercent(before)
	t.Setenv("GOGC", "77")
	collector.Set()
	require.Equal(t, 77, debug.SetGCPercent(77))
}
