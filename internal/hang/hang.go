package hang

import (
	"context"
	"os"
	"testing"
	"time"
)

// Limit is how long a test waits for an event before it fails. It is less than the ten minutes
// after which `go test` itself ends tests by default.
const Limit = 8 * time.Minute

// SDKVariable is the environment variable that turns the SDK's deadlock detector off, for
// processes that a test starts.
const SDKVariable = "TEMPORAL_DEBUG"

// The SDK reads its variable when its package is initialized. Go initializes
// packages in the order of their import paths as far as their imports allow,
// and this one imports none of the SDK's.
func init() {
	if err := os.Setenv(SDKVariable, "1"); err != nil {
		panic(err) // only a malformed name fails
	}
}

// Context returns the test's context with a deadline of [Limit] from now.
func Context(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), Limit)
	t.Cleanup(cancel)
	return ctx
}
