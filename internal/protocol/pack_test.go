package protocol_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

func shots(n int) []protocol.Shot {
	all := make([]protocol.Shot, n)
	for i := range all {
		all[i].Outcome = &protocol.Outcome{Delivered: true, Attempts: 1,
			Request: &latch.RecordRequest{Method: "POST", URL: fmt.Sprintf("https://hooks.example.com/%d", i), Bytes: i}}
	}
	return all
}

// A volley's answer is the same after packing and unpacking, compressed or not. Compressing a
// hundred shots saves most of their size.
func TestPackedShotsAreTheSame(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 10, 100} {
		answer, err := protocol.Pack(shots(n))
		require.NoError(t, err)
		encoded, err := json.Marshal(answer)
		require.NoError(t, err)
		var read protocol.VolleyAnswer
		require.NoError(t, json.Unmarshal(encoded, &read))
		got, err := read.Unpack()
		require.NoError(t, err)
		require.Len(t, got, n)
		for i, shot := range shots(n) {
			require.Equal(t, shot, got[i])
		}
		if n == 100 {
			require.Less(t, len(encoded), n*30)
		}
	}
}

// An answer that cannot be unpacked is an error: no answer is made up.
func TestUnpackRefuses(t *testing.T) {
	t.Parallel()
	large, err := protocol.Pack([]protocol.Shot{{Queue: string(bytes.Repeat([]byte("q"), 3*protocol.MaximumVolleyBytes))}})
	require.NoError(t, err)
	for name, answer := range map[string]protocol.VolleyAnswer{"nonsense": {Packed: []byte("nonsense")}, "too large": large} {
		_, err := answer.Unpack()
		require.ErrorContains(t, err, "unpack shots", name)
	}
}
