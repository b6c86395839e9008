package protocol_test

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/filled"
	"github.com/latch-run/latch/internal/protocol"
)

// shots are deliveries that were answered in different ways, or not at all.
func shots(n int) []protocol.Shot {
	all := make([]protocol.Shot, n)
	for i := range all {
		outcome := &protocol.Outcome{Delivered: true, Attempts: 1,
			Request:  &latch.RecordRequest{Method: "POST", URL: fmt.Sprintf("https://hooks.example.com/%d", i), Bytes: i},
			Response: &latch.RecordResponse{Status: 200, Headers: map[string]string{"Content-Type": "text/html"}, Body: "<ok>"}}
		switch i % 7 {
		case 1:
			outcome.Response, outcome.Error = nil, "no answer"
		case 2:
			outcome.Response.Status = 201
		case 3:
			outcome.Data = latch.Object{"result": json.RawMessage(`"pass"`)}
		case 4:
			outcome.Answer.NoObject = "is empty"
		case 5:
			outcome.Response.Headers["Content-Type"] = "text/plain"
		case 6:
			all[i].Queue = "a worker's own"
			continue
		}
		all[i].Outcome = outcome
	}
	return all
}

// read returns what a history has of a volley's answer.
func read(t *testing.T, answer protocol.VolleyAnswer) (read protocol.VolleyAnswer, size int) {
	t.Helper()
	encoded, err := json.Marshal(answer)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(encoded, &read))
	return read, len(encoded)
}

// A volley's answer is the same after packing and unpacking, joined or not. Joining and
// compressing a hundred shots saves most of their size.
func TestPackedShotsAreTheSame(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 20, 100} {
		answer, err := protocol.Pack(shots(n))
		require.NoError(t, err)
		inHistory, size := read(t, answer)
		got, err := inHistory.Unpack()
		require.NoError(t, err)
		require.Len(t, got, n)
		for i, shot := range shots(n) {
			require.Equal(t, shot, got[i])
		}
		require.Equal(t, n < 20, len(answer.Joined) == 0)
		if n == 100 {
			require.Less(t, size, n*30)
			require.Same(t, got[0].Outcome.Response, got[7].Outcome.Response)
		}
	}
}

// Nothing of a shot gets lost, whatever it has.
func TestPackedShotsAreComplete(t *testing.T) {
	t.Parallel()
	all := make([]protocol.Shot, 10)
	for i := range all {
		all[i].Outcome = new(protocol.Outcome)
		filled.Set(all[i].Outcome)
	}
	answer, err := protocol.Pack(slices.Clone(all))
	require.NoError(t, err)
	require.NotEmpty(t, answer.Joined)
	got, err := answer.Unpack()
	require.NoError(t, err)
	require.Equal(t, all, got)
}

// Histories of earlier versions have shots that were compressed with their answers.
func TestShotsOfEarlierVersionsAreRead(t *testing.T) {
	t.Parallel()
	encoded, err := json.Marshal(shots(20))
	require.NoError(t, err)
	got, err := protocol.VolleyAnswer{Packed: deflated(t, encoded)}.Unpack()
	require.NoError(t, err)
	require.Equal(t, shots(20), got)
}

func deflated(t *testing.T, plain []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	writer, err := flate.NewWriter(&packed, flate.BestSpeed)
	require.NoError(t, err)
	_, err = writer.Write(plain)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	return packed.Bytes()
}

// An answer that cannot be unpacked is an error: no answer is made up.
func TestUnpackRefuses(t *testing.T) {
	t.Parallel()
	large, err := protocol.Pack([]protocol.Shot{{Queue: string(bytes.Repeat([]byte("q"), 3*protocol.MaximumVolleyBytes))}})
	require.NoError(t, err)
	joined := func(text string) protocol.VolleyAnswer {
		return protocol.VolleyAnswer{Joined: deflated(t, []byte(text))}
	}
	for name, answer := range map[string]protocol.VolleyAnswer{
		"nonsense": {Packed: []byte("nonsense")}, "more nonsense": {Joined: []byte("nonsense")}, "too large": large,
		"an answer for no shot":     joined(`{"shots":[],"answers":[],"by":[-1]}`),
		"a place without an answer": joined(`{"shots":[{"outcome":{}}],"answers":[],"by":[0]}`),
		"an answer of nothing":      joined(`{"shots":[{"outcome":{}}],"answers":[{}],"by":[0]}`),
		"an answer without outcome": joined(`{"shots":[{"queue":"q"}],"answers":[{"response":{"status":200}}],"by":[0]}`),
	} {
		_, err := answer.Unpack()
		require.ErrorContains(t, err, "unpack shots", name)
	}
}
