package mittoapi_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/api"
)

// warnings returns the warnings in an answer.
func warnings(t *testing.T, answer string) (found []api.Warning) {
	t.Helper()
	var read struct{ Warnings []api.Warning }
	require.NoError(t, json.Unmarshal([]byte(answer), &read))
	return read.Warnings
}

// Contract, "Mitto's job API": the answer of a call that writes a job or a webhook contains
// warnings about probable mistakes, which are ignored in requests.
func TestAnswersOfMittoWarn(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	const hook = `{"url":"https://example.com/","event_type":"JOB_COMPLETE","enabeld":false,
		"body":"{\"rows\": \"${job['status']['kvp']['rows']}\"}"}`
	for _, answer := range []string{
		b.do(201, "POST", "/v2/jobs", strings.Replace(cmdJob, "{", `{"titel":"x",`, 1)),
		b.do(200, "PATCH", "/v2/jobs/22739", `{"markdown":"x"}`),
	} {
		require.Equal(t, []api.Warning{
			{Path: "titel", Message: `unknown key, kept without effect; did you mean "title"?`}}, warnings(t, answer))
	}
	made := b.do(201, "POST", "/v2/jobs/22739/webhooks", hook)
	found := warnings(t, made)
	require.Len(t, found, 2)
	require.Equal(t, "enabeld", found[0].Path)
	require.Equal(t, "body", found[1].Path)
	require.Contains(t, found[1].Message, "write ${job.status.kvp[?'rows'].orValue('none')}")
	require.Equal(t, found, warnings(t, b.do(200, "PUT", "/webhooks/2273900001", made)))
	shown := b.do(200, "GET", "/webhooks/2273900001", "")
	require.NotContains(t, shown, "warnings")
	require.Contains(t, shown, `"enabeld":false`, "it is kept")

	var bulk struct {
		Results []struct{ Warnings []api.Warning }
	}
	require.NoError(t, json.Unmarshal(
		[]byte(b.do(201, "POST", "/v2/bulk/jobs", `[
			{"name":"a","type":"cmd","conf":{"cmd":"true"}},
			{"titel":"x","type":"cmd","conf":{"cmd":"true"}}]`)), &bulk))
	require.Empty(t, bulk.Results[0].Warnings)
	require.Len(t, bulk.Results[1].Warnings, 1)
	require.Contains(t, b.do(422, "POST", "/v2/jobs/22739/webhooks",
		`{"url":"https://example.com/","event_type":"JOB_START","body":"${nobody}"}`), "body.body")
}
