package cli

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/cli/failure"
)

const (
	lostDelivery = `{"delivery_id":"dlv_1","webhook":"billing","event":"JOB_SUCCESS","job":"books",
		"workflow_id":"job-books","run_id":"run-1","result":"fail","data":{},"attempts":7,
		"tries":[{"number":7,"started_at":"2026-07-01T10:00:00Z","duration_ms":1,"status":503}],
		"error":"answered 503","response":{"status":503},"started_at":"2026-07-01T10:00:00Z",
		"completed_at":"2026-07-01T11:00:00Z"}`
	answeredNo = `{"delivery_id":"dlv_2","webhook":"board","event":"BEFORE_RELEASE","release":"shop",
		"workflow_id":"release-shop","run_id":"run-2","result":"fail","data":{},"attempts":1,
		"tries":[{"number":1,"started_at":"2026-07-01T10:00:00Z","duration_ms":1,"status":200}],
		"response":{"status":200},"started_at":"2026-07-01T09:00:00Z","completed_at":"2026-07-01T09:00:00Z"}`
	lostRow = "2026-07-01T10:00:00Z\tfail\tbilling\tJOB_SUCCESS\tjob books\t7\t503\tdlv_1\tanswered 503\n"

	deliveryList = `{"records":[` + lostDelivery + `],"runs":3}`
	bulkStarted  = `{"deliveries":[{"delivery_id":"dlv_1","webhook":"billing","event":"JOB_SUCCESS",
		"job":"books","outcome":"started","workflow_id":"redeliver-dlv_1","run_id":"r","redelivery":1}],
		"started":1,"skipped":0,"errors":0,"runs":3,"next_cursor":"next"}`
	bulkRest = `{"deliveries":[
		{"delivery_id":"dlv_3","webhook":"billing","event":"JOB_SUCCESS","outcome":"skipped",
			"reason":"delivered"},
		{"delivery_id":"dlv_4","webhook":"billing","event":"JOB_SUCCESS","outcome":"error",
			"error":"Temporal has forgotten its run"}],
		"started":0,"skipped":1,"errors":1,"runs":2,"unanswered":1}`
)

// A list from Temporal is a table, or JSON. --failed omits the successful deliveries.
func TestDeliveriesOnTemporal(t *testing.T) {
	t.Parallel()
	temporal := answering(newTemporal("job-books"), always("["+lostDelivery+","+answeredNo+"]", nil))
	wanted := []string{"deliveries", "--since", "2026-07-01T00:00:00Z", "--webhook", "billing"}
	code, out, errors := execute("", temporal, wanted...)
	require.Equal(t, failure.ExitOK, code, errors)
	require.Equal(t, "TIME\tRESULT\tWEBHOOK\tEVENT\tOF\tATTEMPTS\tANSWER\tDELIVERY\tERROR\n"+lostRow+
		"2026-07-01T09:00:00Z\tfail\tboard\tBEFORE_RELEASE\trelease shop\t1\t200\tdlv_2\t-\n", out)
	require.True(t, temporal.Disconnected)
	require.Contains(t, temporal.Queries[0], "LatchWebhooks = 'billing'")
	require.Contains(t, temporal.Queries[0], "CloseTime >= '2026-07-01T00:00:00Z'")
	code, out, _ = execute("", temporal, append(wanted, "--failed", "-o", "json")...)
	require.Equal(t, failure.ExitOK, code)
	require.Len(t, object(t, out)["records"], 1)
	code, _, errors = execute("", temporal, append(wanted, "--limit", "1")...)
	require.Equal(t, failure.ExitOK, code)
	require.Contains(t, errors, "There are more")
}

// All wrong flags are reported at once, before any request.
func TestDeliveriesUsage(t *testing.T) {
	t.Parallel()
	code, _, errors := execute("", nil, "deliveries", "--redeliver", "--since", "soon", "--until", "later", "--limit", "-1")
	require.Equal(t, failure.ExitUsage, code)
	for _, told := range []string{"--since:", "--until:", "--limit:", "--failed", "--yes"} {
		require.Contains(t, errors, told)
	}
	code, _, errors = execute("", nil, "deliveries", "--dry-run")
	require.Equal(t, failure.ExitUsage, code)
	require.Contains(t, errors, "--dry-run goes with --redeliver")
}

// A bulk redelivery goes through all pages and reports each delivery. The exit code is 1 if one
// could not be sent again.
func TestRedeliverFailedByTheAPI(t *testing.T) {
	t.Parallel()
	f := newAPI(t, map[string][]apiAnswer{"POST /latch/v1/deliveries/redeliver": {{200, bulkStarted}, {200, bulkRest}}})
	code, out, errors := f.run("", "deliveries", "--failed", "--redeliver", "--yes", "--since", "2026-07-01T00:00:00Z", "--webhook", "billing")
	require.Equal(t, failure.ExitFailed, code)
	require.Equal(t, "DONE\tWEBHOOK\tEVENT\tOF\tDELIVERY\tNOTE\n"+
		"started\tbilling\tJOB_SUCCESS\tjob books\tdlv_1\tredelivery 1: redeliver-dlv_1\n"+
		"skipped\tbilling\tJOB_SUCCESS\t-\tdlv_3\twas delivered since\n"+
		"error\tbilling\tJOB_SUCCESS\t-\tdlv_4\tTemporal has forgotten its run\n"+
		"1 sent again, 1 skipped, 1 could not be\n", out)
	require.Contains(t, errors, "no worker answered for 1 run")
	require.JSONEq(t, `{"failed":true,"since":"2026-07-01T00:00:00Z","webhook":"billing","limit":200}`, f.bodies[0])
	require.JSONEq(t, `{"failed":true,"since":"2026-07-01T00:00:00Z","webhook":"billing","limit":200,"cursor":"next"}`, f.bodies[1])

	dry := newAPI(t, map[string][]apiAnswer{
		"POST /latch/v1/deliveries/redeliver": {{200, `{"deliveries":[],"started":0,"skipped":0,"errors":0,"runs":0}`}}})
	require.Equal(t, "no delivery failed\n", dry.ok("", "deliveries", "--failed", "--redeliver", "--dry-run"))
	require.JSONEq(t, `{"failed":true,"limit":200,"dry_run":true}`, dry.bodies[0])
}

// A person sees what would be sent again, and confirms it.
func TestRedeliverFailedAsks(t *testing.T) {
	t.Parallel()
	for answer, sent := range map[string]bool{"y\n": true, "n\n": false, "": false} {
		f := newAPI(t, map[string][]apiAnswer{"GET /latch/v1/deliveries?failed=true&limit=200": {{200, deliveryList}},
			"POST /latch/v1/deliveries/redeliver": {{200, `{"deliveries":[],"started":0,"skipped":0,"errors":0,"runs":3}`}}})
		c := newCommand(answer, nil)
		c.environ, c.out.Interactive = []string{"LATCH_API=" + f.url}, true
		code := c.start("deliveries", "--failed", "--redeliver")
		require.Contains(t, c.stderr.String(), lostRow)
		require.Contains(t, c.stderr.String(), "Send 1 delivery again? [y/N]")
		require.Equal(t, sent, len(f.calls) == 2, "%q", answer)
		require.Equal(t, map[bool]int{true: failure.ExitOK, false: failure.ExitFailed}[sent], code)
	}
}

// One delivery is sent again by its id. An error says what prevents it.
func TestRedeliverOneByTheAPI(t *testing.T) {
	t.Parallel()
	f := newAPI(t, map[string][]apiAnswer{"POST /latch/v1/deliveries/dlv_1/redeliver": {
		{202, `{"delivery_id":"dlv_1","workflow_id":"redeliver-dlv_1","run_id":"r","redelivery":2,"status":"running"}`},
		{409, `{"status":409,"detail":"redeliver-dlv_1 is running already"}`}}})
	require.Equal(t, "Redelivery 2 of dlv_1 started\n  workflow: redeliver-dlv_1\n  run: r\n", f.ok("", "deliveries", "redeliver", "dlv_1"))
	code, out, errors := f.run("", "deliveries", "redeliver", "dlv_1", "--workflow-id", "job-books", "--run-id", "run-1", "-o", "json")
	require.Equal(t, failure.ExitFailed, code)
	require.Contains(t, errors, "is running already")
	require.Contains(t, out, `"type": "AlreadyRunning"`)
	require.JSONEq(t, `{"workflow_id":"job-books","run_id":"run-1"}`, f.bodies[1])
}
