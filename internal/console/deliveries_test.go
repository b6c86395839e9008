package console_test

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/latch-run/latch"
)

// sent adds a delivery to the newest run that its endpoint never accepted.
func (w *world) sent(webhook, problem string) {
	run := w.Runs[len(w.Runs)-1]
	before := run.Answer
	run.Answer = func(query string) (any, error) {
		if query != latch.QueryHistory {
			return before(query)
		}
		execution := run.Info.GetExecution()
		return []latch.Record{{DeliveryID: "dlv_1", Webhook: webhook, Event: "RELEASE_COMPLETE", Release: "1",
			WorkflowID: execution.GetWorkflowId(),
			RunID:      execution.GetRunId(), Result: latch.ResultFail, Error: problem, Attempts: 3, StartedAt: latch.NewTime(noon),
			CompletedAt: latch.NewTime(noon.Add(time.Minute)), DurationMS: 60_000}}, nil
	}
}

// The page lists deliveries with their records, offers a redelivery to users who may request
// it, and shows external content as text.
func TestDeliveries(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.goes(t, "1", "The shop")
	w.sent("board", "<script>alert(1)</script>")
	base := serve(t, w, keys)
	const page = "/console/deliveries"
	ann := loggedIn(t, base, adminKey)
	got := ann.get(page)
	require.Equal(t, 200, got.status, got.body)
	for _, text := range []string{"board", "RELEASE_COMPLETE", "1m0s", "&lt;script&gt;alert(1)", `href="../console/deliveries/statistics"`,
		`href="../console/releases/release-1"`, `href="../console/deliveries/dlv_1?run_id=`, ">failed<", "Send again what failed"} {
		require.Contains(t, got.body, text)
	}
	require.NotContains(t, got.body, "<script>alert")
	require.Equal(t, 422, ann.get(page+"?since=yesterday").status)
	require.Contains(t, ann.get(page+"?outcome=delivered").body, "Deliveries: 0")
	require.Equal(t, 422, ann.get(page+"?outcome=lost").status)

	eye := loggedIn(t, base, readKey)
	require.NotContains(t, eye.get(page).body, "Send again what failed")
	require.Equal(t, 403, eye.post(page, url.Values{"form": {eye.proof("/")}, "action": {"count"}}).status)
}

// The statistics count all deliveries that match the filter, show them over time, and say how
// far they searched.
func TestDeliveryStatistics(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.goes(t, "1", "The shop")
	w.sent("board", "no connection")
	w.goes(t, "2", "The shop")
	w.Runs[1].Err = &serviceerror.QueryFailed{Message: "<script>alert(1)</script> does not replay"}
	p := loggedIn(t, serve(t, w, keys), readKey)
	got := p.get("/console/deliveries/statistics?webhook=board&outcome=failed")
	require.Equal(t, 200, got.status, got.body)
	for _, text := range []string{"1 delivery", "in 2 runs", "Outcomes over time", "1m0s at most", "No worker answered for 1 run",
		"release-2: Its worker could not answer: &lt;script&gt;", `href="../../console/deliveries?outcome=failed&amp;webhook=board"`} {
		require.Contains(t, got.body, text)
	}
	require.NotContains(t, got.body, "<script>alert")
	require.Contains(t, p.get("/console/deliveries/statistics?outcome=delivered").body, "0 deliveries")
	require.Equal(t, 422, p.get("/console/deliveries/statistics?since=yesterday").status)
	require.Contains(t, p.get("/console/deliveries").body, "release-2: Its worker could not answer", "the list says it too")
}

// Statistics of more runs than are queried say since when they are complete.
func TestDeliveryStatisticsSayHowFarTheyLooked(t *testing.T) {
	t.Parallel()
	w := newWorld()
	for n := range 501 {
		w.goes(t, strconv.Itoa(n), "The shop")
		w.Runs[n].Info.CloseTime = timestamppb.New(noon.Add(-time.Duration(n) * time.Minute))
	}
	got := loggedIn(t, serve(t, w, keys), readKey).get("/console/deliveries/statistics")
	require.Contains(t, got.body, "Of the newest 500 runs: all that ended since 2026-07-01 03:41:00 UTC")
}

// A delivery links to the page of its job, and to that of its webhook: the registered one, or
// its job's. Any other webhook has no link.
func TestADeliveryLeadsToItsJobAndItsWebhook(t *testing.T) {
	t.Parallel()
	w := newWorld()
	p := loggedIn(t, serve(t, w, keys), adminKey)
	p.registered(`{"id":"books","name":"books","title":"Books","type":"cmd","conf":{"cmd":"true"},
		"webhooks":[{"id":"slack","url":"https://hooks.example.com/in","event_type":"JOB_SUCCESS"}]}`)
	number := regexp.MustCompile(`webhooks/(\d+)"`).FindStringSubmatch(p.get("/console/jobs/books").body)
	require.NotEmpty(t, number)
	require.Equal(t, 201, p.send("POST", "/latch/v1/webhooks", `{"id":"tower","url":"https://hooks.example.com/tower","event":"JOB_SUCCESS"}`,
		"Content-Type", "application/json", "X-API-Key", adminKey).status)
	for webhook, link := range map[string]string{
		"slack":  `<a href="../../console/jobs/books/webhooks/` + number[1] + `">slack</a>`,
		"tower":  `<a href="../../console/webhooks/tower">tower</a>`,
		"inline": `<dd>inline <span`} {
		record := w.lost(t, webhook)
		got := p.get("/console/deliveries/" + record.DeliveryID + "?workflow_id=job-books&run_id=" + record.RunID).body
		require.Contains(t, got, `href="../../console/jobs/books"`)
		require.Contains(t, got, link)
	}
	list := p.get("/console/deliveries").body
	require.Contains(t, list, `href="../console/jobs/books"`)
	require.Contains(t, list, `href="http://127.0.0.1:8233/namespaces/default/workflows/job-books/`)
}

// A delivery's page shows each redelivery with every attempt, offers a redelivery to users who
// may request it, and shows external content as text.
func TestOneDelivery(t *testing.T) {
	t.Parallel()
	w := newWorld()
	const hostile = `</title><script>alert(1)</script>"'`
	run := w.Add("redeliver-dlv_1", latch.WorkflowDeliver, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	origin := w.Add("release-1", latch.WorkflowRelease, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	runID := origin.Info.GetExecution().GetRunId()
	record := latch.Record{DeliveryID: "dlv_1", Webhook: hostile, Event: hostile, Step: hostile, Release: hostile,
		WorkflowID: "release-1", RunID: runID,
		Result: latch.ResultFail, Error: hostile, Attempts: 2, StartedAt: latch.NewTime(noon), CompletedAt: latch.NewTime(noon.Add(time.Minute)),
		DurationMS: 60_000, Tries: []latch.RecordTry{{Number: 1, StartedAt: latch.NewTime(noon), Status: 503, RetryInMS: 2000},
			{Number: 2, StartedAt: latch.NewTime(noon.Add(time.Second)), Error: hostile, Address: hostile}},
		Request:  &latch.RecordRequest{Method: hostile, URL: hostile, ContentType: hostile},
		Response: &latch.RecordResponse{Status: 503, Body: hostile, Headers: map[string]string{hostile: hostile}}}
	origin.Answer = func(string) (any, error) { return []latch.Record{record}, nil }
	again := record
	again.Redelivery, again.Result, again.Error, again.Tries = 1, latch.ResultPass, "", []latch.RecordTry{{Number: 1, Status: 200}}
	run.Answer = func(string) (any, error) { return []latch.Record{again}, nil }
	base := serve(t, w, keys)
	page := "/console/deliveries/dlv_1?workflow_id=release-1&run_id=" + runID
	for key, may := range map[string]bool{adminKey: true, readKey: false} {
		p := loggedIn(t, base, key)
		got := p.get(page)
		require.Equal(t, 200, got.status, got.body)
		for _, text := range []string{"First sending", "Redelivery 1", `href="../../console/deliveries?webhook=`,
			">delivered<", "again in 2s", "no answer", "&lt;script&gt;alert(1)",
			`href="../../console/releases/release-1"`, "http://127.0.0.1:8233/namespaces/default/workflows/release-1/"} {
			require.Contains(t, got.body, text)
		}
		require.NotContains(t, got.body, "<script>alert")
		require.Equal(t, may, strings.Contains(got.body, `value="again"`))
		sent := p.post(page, url.Values{"form": {p.proof("/console/deliveries/dlv_1")}, "action": {"again"}})
		require.Equal(t, may, sent.status != 403, sent.status)
	}
	require.Equal(t, 404, loggedIn(t, base, readKey).get("/console/deliveries/dlv_2").status)
}
