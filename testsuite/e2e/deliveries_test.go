package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
	"github.com/latch-run/latch/testsuite/server"
)

// An island is a Temporal server for one test, with a worker and an API, so that lists over all
// runs contain only the test's.
type island struct {
	*served
	client  client.Client
	address string
}

func newIsland(t *testing.T, options server.Options, settings ...string) *island {
	t.Helper()
	own, err := server.Start(t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(func() { _ = own.Stop() })
	connected, err := client.Dial(server.Persistent(client.Options{HostPort: own.FrontendHostPort, Logger: quiet()}))
	require.NoError(t, err)
	t.Cleanup(connected.Close)
	b := setup(t, append(settings, "TEMPORAL_ADDRESS", own.FrontendHostPort)...)
	return &island{b.serve("LATCH_API_KEYS", apiKeys, "TEMPORAL_ADDRESS", own.FrontendHostPort), connected, own.FrontendHostPort}
}

// attributed lists the possible configurations of search attributes, on which lists must not
// depend.
var attributed = map[string]struct {
	options  server.Options
	settings []string
}{
	"with search attributes": {server.Options{SearchAttributes: searchAttributes},
		[]string{"LATCH_SEARCH_ATTRIBUTES", "true"}},
	"with attributes of other runs": {server.Options{SearchAttributes: searchAttributes}, nil},
	"without search attributes":     {server.Options{}, nil},
}

// job runs a job to its end.
func (i *island) job(id, webhooks string) latch.JobResult {
	i.Helper()
	run, err := i.client.ExecuteWorkflow(i.ctx, client.StartWorkflowOptions{ID: "job-" + id, TaskQueue: i.queue}, latch.WorkflowJobRun,
		json.RawMessage(i.spec(jobWith(id, webhooks))))
	require.NoError(i, err)
	var result latch.JobResult
	require.NoError(i, run.Get(i.ctx, &result))
	return result
}

// exhausted runs jobs whose endpoint /down fails until their retries have ended and then works,
// and jobs whose endpoint /no answers fail. It returns the sorted ids of the deliveries that
// failed.
func (i *island) exhausted(jobs int) []string {
	i.Helper()
	const attempts = 2
	i.receiver.Script("/down", append(slices.Repeat([]receiver.Answer{receiver.Status(503)}, jobs*attempts),
		receiver.JSON(200, `{"taken":true}`))...)
	i.receiver.Script("/no", receiver.JSON(200, `{"result":"fail"}`))
	var ids []string
	for n := range jobs {
		result := i.job(fmt.Sprint("down", n), `{"id":"down","url":"{R}/down","event":"JOB_SUCCESS",
			"retry":{"initial_interval":"50ms","maximum_attempts":2}},
			{"id":"no","url":"{R}/no","event":"JOB_COMPLETE"}`)
		failed := recordOf(i, result.History, "down")
		require.Equal(i, latch.ResultFail, failed.Result)
		require.Equal(i, attempts, failed.Attempts)
		require.Equal(i, latch.ResultFail, recordOf(i, result.History, "no").Result)
		ids = append(ids, failed.DeliveryID)
	}
	slices.Sort(ids)
	return ids
}

type deliveryPart struct {
	Records    []latch.Record
	NextCursor string `json:"next_cursor"`
	Incomplete bool
	Runs       int
}

// deliveries returns all pages of a list of deliveries.
func (i *island) deliveries(query string) []latch.Record {
	i.Helper()
	records, cursor := []latch.Record{}, ""
	for part := 0; part == 0 || cursor != ""; part++ {
		var got deliveryPart
		i.as("read-key-0123456789", "GET", "/latch/v1/deliveries?"+query+"&cursor="+cursor, "").read(i, 200, &got)
		require.False(i, got.Incomplete)
		records, cursor = append(records, got.Records...), got.NextCursor
		require.Less(i, part, 20)
	}
	return records
}

// deliveriesBecome waits until Temporal's list contains n records.
func (i *island) deliveriesBecome(query string, n int) []latch.Record {
	i.Helper()
	var records []latch.Record
	require.Eventually(i, func() bool {
		records = i.deliveries(query)
		return len(records) == n
	}, patience, tick, "deliveries?%s", query)
	return records
}

func deliveryIDs(records []latch.Record) []string {
	var ids []string
	for _, record := range records {
		ids = append(ids, record.DeliveryID)
	}
	slices.Sort(ids)
	return ids
}

type bulkRedelivery struct {
	Deliveries []struct {
		DeliveryID string `json:"delivery_id"`
		Outcome    string
		Reason     string
		WorkflowID string `json:"workflow_id"`
	}
	Started, Planned, Skipped, Errors int
}

// Deliveries that were given up because their endpoint was down are listed as failed, sent
// again in bulk under their ids, and then no longer failed, with search attributes and without
// them.
func TestDeliveriesThatFailedAreSentAgain(t *testing.T) {
	t.Parallel()
	for name, test := range attributed {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newIsland(t, test.options, test.settings...)
			failed := i.exhausted(3)
			require.Equal(t, failed, deliveryIDs(i.deliveriesBecome("failed=true&since=1h", 3)))
			for _, query := range []string{"failed=true&limit=1", "failed=true&webhook=down",
				"failed=true&webhook=down&event=JOB_SUCCESS&since=1h"} {
				require.Equal(t, failed, deliveryIDs(i.deliveries(query)), query)
			}
			require.Len(t, i.deliveries("failed=true&job=down1"), 1)
			for _, query := range []string{"failed=true&webhook=no", "failed=true&since=0s", "failed=true&until=1h",
				"failed=true&event=JOB_COMPLETE", "failed=true&release=down1"} {
				require.Empty(t, i.deliveries(query), query)
			}
			require.Len(t, i.deliveries("limit=4"), 6)

			const filter = `{"failed":true,"since":"1h","webhook":"down"`
			var planned, started, again bulkRedelivery
			i.as("lock-key-0123456789", "POST", "/latch/v1/deliveries/redeliver", filter+`}`).problem(t, 403)
			i.as("run-key-0123456789", "POST", "/latch/v1/deliveries/redeliver", filter+`,"dry_run":true}`).read(t, 200, &planned)
			require.Equal(t, 3, planned.Planned)
			require.Len(t, i.receiver.Requests("/down"), 6, "a dry run sends nothing")
			i.as("run-key-0123456789", "POST", "/latch/v1/deliveries/redeliver", filter+`}`).read(t, 200, &started)
			require.Equal(t, 3, started.Started, "%+v", started)
			for _, each := range started.Deliveries {
				require.NoError(t, i.client.GetWorkflow(i.ctx, each.WorkflowID, "").Get(i.ctx, nil))
			}
			var sent []string
			for _, request := range i.arrives("/down", 9)[6:] {
				sent = append(sent, request.Header.Get("Webhook-Id"))
			}
			slices.Sort(sent)
			require.Equal(t, failed, sent, "each under its id, and once")

			require.Empty(t, i.deliveries("failed=true"))
			i.as("run-key-0123456789", "POST", "/latch/v1/deliveries/redeliver", filter+`}`).read(t, 200, &again)
			require.Zero(t, again.Started)
			require.Equal(t, 3, again.Skipped)
			require.Equal(t, "delivered", again.Deliveries[0].Reason)
			var results []string
			for _, record := range i.deliveriesBecome("webhook=down&limit=2", 6) {
				results = append(results, record.Result)
			}
			require.Equal(t, []string{"pass", "pass", "pass", "fail", "fail", "fail"}, results, "newest first")
			require.Len(t, i.receiver.Requests("/down"), 9)
		})
	}
}

// A redelivery that fails counts as failed again, under its number, and can be sent again.
// While it is in flight it is skipped. Deliveries that their run handed over have their final
// state.
func TestDeliveriesAreToldByTheirLastWord(t *testing.T) {
	t.Parallel()
	i := newIsland(t, server.Options{})
	held := make(chan struct{})
	i.receiver.Script("/gone", receiver.Status(404), receiver.Answer{Status: 404, Hold: held}, receiver.Status(204))
	i.receiver.Script("/slow", receiver.Status(500), receiver.Status(404))
	result := i.job("gone", `{"id":"gone","url":"{R}/gone","event":"JOB_SUCCESS"},
		{"id":"slow","url":"{R}/slow","event":"JOB_SUCCESS","retry":{"initial_interval":"`+beyondTheRun+`"}}`)
	handed := recordOf(t, result.History, "slow")
	require.NotEmpty(t, handed.HandedTo)
	require.Equal(t, handed.HandedTo, i.deliveriesBecome("webhook=slow", 1)[0].HandedTo, "pending, with its child")
	i.deliveriesBecome("failed=true", 1)
	redeliver := func() bulkRedelivery {
		var got bulkRedelivery
		i.as("run-key-0123456789", "POST", "/latch/v1/deliveries/redeliver", `{"failed":true,"webhook":"gone"}`).read(t, 200, &got)
		require.Len(t, got.Deliveries, 1)
		return got
	}
	first := redeliver()
	require.Equal(t, 1, first.Started)
	i.arrives("/gone", 2)
	require.Equal(t, "under_way", redeliver().Deliveries[0].Reason)
	require.Empty(t, i.deliveries("failed=true&webhook=gone"), "it is being sent")
	close(held)
	require.NoError(t, i.client.GetWorkflow(i.ctx, first.Deliveries[0].WorkflowID, "").Get(i.ctx, nil))
	again := i.deliveries("failed=true&webhook=gone")
	require.Len(t, again, 1, "each delivery once")
	require.Equal(t, 1, again[0].Redelivery)
	require.NoError(t, i.client.GetWorkflow(i.ctx, handed.HandedTo, "").Get(i.ctx, nil))
	lost := i.deliveries("failed=true&webhook=slow")
	require.Len(t, lost, 1)
	require.Equal(t, 2, lost[0].Attempts)
	require.Equal(t, handed.HandedTo, lost[0].HandedTo)
	require.Equal(t, 1, redeliver().Started)
}

// starter deliveries, with Temporal and with the API: it lists failed deliveries, requires
// --yes where it cannot ask, and sends them again in bulk and one by one.
func TestStarterDeliveries(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]func(*island, string) []string{
		"on Temporal": func(i *island, _ string) []string { return []string{"TEMPORAL_ADDRESS=" + i.address} },
		"by the API":  func(i *island, key string) []string { return i.viaAPI(key) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newIsland(t, server.Options{})
			failed := i.exhausted(2)
			i.deliveriesBecome("failed=true", 2)
			read, run := settings(i, "read-key-0123456789"), settings(i, "run-key-0123456789")

			var found struct{ Records []latch.Record }
			i.starter(read, "deliveries", "--failed", "--since", "2h", "-o", "json").read(t, 0, &found)
			require.Equal(t, failed, deliveryIDs(found.Records))
			i.starter(read, "deliveries", "--webhook", "no", "--limit", "1", "-o", "json").read(t, 0, &found)
			require.Len(t, found.Records, 1)
			listed := i.starter(read, "deliveries", "--failed")
			require.Equal(t, 0, listed.code, listed.err)
			require.Contains(t, listed.out, "\tfail\tdown\tJOB_SUCCESS\tjob down1\t2\t503\t"+failed[0][:4])

			unsure := i.starter(run, "deliveries", "--failed", "--redeliver")
			require.NotZero(t, unsure.code, "nobody said yes")
			require.Len(t, i.receiver.Requests("/down"), 4)
			one := i.starter(run, "deliveries", "redeliver", failed[0])
			require.Equal(t, 0, one.code, one.err)
			require.NoError(t, i.client.GetWorkflow(i.ctx, "redeliver-"+failed[0], "").Get(i.ctx, nil))
			var bulk bulkRedelivery
			i.starter(run, "deliveries", "--failed", "--since", "2h", "--redeliver", "--yes", "-o", "json").read(t, 0, &bulk)
			require.Equal(t, 1, bulk.Started)
			require.Equal(t, 1, bulk.Skipped)
			require.Equal(t, failed[1], bulk.Deliveries[0].DeliveryID)
			require.NoError(t, i.client.GetWorkflow(i.ctx, "redeliver-"+failed[1], "").Get(i.ctx, nil))
			again := i.starter(run, "deliveries", "--failed", "--redeliver", "--yes")
			require.Equal(t, 0, again.code, again.err)
			require.Contains(t, again.out, "0 sent again, 2 skipped, 0 could not be")
			require.Len(t, i.receiver.Requests("/down"), 6)

			unknown := i.starter(run, "deliveries", "redeliver", "nonsense")
			require.Equal(t, 1, unknown.code)
			require.Contains(t, unknown.err, "not a delivery id")
		})
	}
}
