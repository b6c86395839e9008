package protocol

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// What stands for the earlier jobs is small, and is read as such. To a worker of an earlier version it
// is a job that has not succeeded.
func TestUntoldSiblings(t *testing.T) {
	t.Parallel()
	untold := Untold{Count: 1_000, Attempt: 2}
	encoded, err := json.Marshal(untold.Siblings())
	require.NoError(t, err)
	require.JSONEq(t, `{"":{"status":"untold","kvp":{"count":1000,"attempt":2}}}`, string(encoded))
	var passed Siblings
	require.NoError(t, json.Unmarshal(encoded, &passed))
	require.Equal(t, &untold, passed.Untold())
	require.NotEqual(t, latch.JobSucceeded, passed[""].Status)

	for _, other := range []Siblings{nil, {}, {"a": {Status: latch.JobSucceeded}}, {"": {KVP: latch.Object{"count": []byte(`"many"`)}}}} {
		require.Nil(t, other.Untold(), "%v", other)
	}
}
