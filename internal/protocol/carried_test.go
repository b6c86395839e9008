package protocol_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/verdict"
)

// A state survives packing and unpacking. A state that cannot be read, or is too large, is an
// error.
func TestPackCarried(t *testing.T) {
	t.Parallel()
	left := &protocol.State{RunID: "first", Started: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), Kept: 7,
		Records: []latch.Record{{DeliveryID: "dlv_1", Result: latch.ResultPending, Data: latch.Object{},
			Lock: &latch.RecordLock{Token: "r:1"}}},
		Firings: []protocol.FiringState{{Event: "BEFORE_STEP", Step: "a", Scope: verdict.Decides, Awaited: true,
			Hooks: []protocol.HookState{{Webhook: "w", Delivery: verdict.UnderWay,
				UnderWay: &protocol.Delivery{Send: protocol.Send{PriorAttempts: 2}}}}}},
		Release: &protocol.ReleaseState{Undos: []int{0, 2}, Gates: 3}}
	packed, err := protocol.PackCarried(left)
	require.NoError(t, err)
	got, err := protocol.UnpackCarried(packed)
	require.NoError(t, err)
	want, err := json.Marshal(left)
	require.NoError(t, err)
	again, err := json.Marshal(got)
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(again))

	_, err = protocol.UnpackCarried(packed[:len(packed)/2])
	require.ErrorContains(t, err, "unpack the state of the run")
	_, err = protocol.UnpackCarried([]byte("{}"))
	require.ErrorContains(t, err, "unpack the state of the run")
	left.Phase = strings.Repeat("x", 17<<20)
	_, err = protocol.PackCarried(left)
	require.ErrorContains(t, err, "at most 16777216 are carried on")
}
