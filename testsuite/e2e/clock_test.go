package e2e

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/testsuite/receiver"
)

// atTime runs a check with a fake clock that shows the time at which a request arrived. The
// check must not wait for anything outside.
func atTime(t *testing.T, at time.Time, check func()) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		time.Sleep(time.Until(at)) // of a bubble's clock, which begins in 2000
		check()
	})
}

// A verifier verifies signatures like the Standard Webhooks library, which rejects a timestamp
// that is more than five minutes off.
type verifier interface {
	Verify(payload []byte, headers http.Header) error
}

// verify makes the library check a request at the time when it arrived.
func verify(t *testing.T, by verifier, request receiver.Request) error {
	t.Helper()
	var err error
	atTime(t, request.At, func() { err = by.Verify(request.Body, request.Header) })
	return err
}

func TestARequestIsLookedAtWhenItCame(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Time{time.Date(2001, 2, 3, 4, 5, 6, 7, time.UTC), time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)} {
		var shown time.Time
		atTime(t, at, func() { shown = time.Now() })
		require.True(t, at.Equal(shown), shown)
	}
}
