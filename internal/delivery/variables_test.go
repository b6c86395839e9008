package delivery

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/vars"
)

// The table of variables contains the keys of all variables that a delivery sets.
func TestVariablesHaveTheKeysOfTheTable(t *testing.T) {
	t.Parallel()
	response, _ := vars.Find("response")
	require.Equal(t, vars.KeysOf[TaskResponse](), response.Keys)
	webhook, _ := vars.Find("webhook")
	written := map[string]string{}
	require.NoError(t, json.Unmarshal(encodeID("a"), &written))
	require.Len(t, written, len(webhook.Keys))
	require.Contains(t, written, webhook.Keys[0])
}
