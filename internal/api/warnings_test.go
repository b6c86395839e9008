package api_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/api/apitest"
)

// warnings returns the warnings in an answer.
func warnings(t *testing.T, answer string) (found []api.Warning) {
	t.Helper()
	var read struct{ Warnings []api.Warning }
	require.NoError(t, json.Unmarshal([]byte(answer), &read))
	return read.Warnings
}

// The answers of POST and PUT contain warnings about a registered webhook, and a webhook is
// accepted with its warnings.
func TestAnswersOfRegisteredWebhooksWarn(t *testing.T) {
	t.Parallel()
	handler := apitest.New(t, apitest.Temporal(), api.Options{})
	const hook = `{"id":"w","url":"https://example.com/","event":"JOB_FAILURE","body":{"rows":"${job.status.kvp.rows}"}}`
	made := apitest.Call(handler, "POST", "/latch/v1/webhooks", hook)
	require.Equal(t, 201, made.Code, made.Body)
	found := warnings(t, made.Body.String())
	require.Len(t, found, 1)
	require.Equal(t, "body.rows", found[0].Path)
	require.Contains(t, found[0].Message, "job.status.kvp is empty at JOB_FAILURE of a job that failed")
	put := apitest.Call(handler, "PUT", "/latch/v1/webhooks/w", made.Body.String())
	require.Equal(t, 200, put.Code, put.Body)
	require.Equal(t, found, warnings(t, put.Body.String()))
	require.NotContains(t, apitest.Call(handler, "GET", "/latch/v1/webhooks/w", "").Body.String(), "warnings")
}
