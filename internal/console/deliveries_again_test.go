package console_test

import (
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// lost adds a run of the job books with a failed delivery, and the delivery's data in its
// history.
func (w *world) lost(t *testing.T, webhook string) latch.Record {
	t.Helper()
	w.guard.Lock()
	defer w.guard.Unlock()
	run := w.Add("job-books", latch.WorkflowJobRun, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	runID := run.Info.GetExecution().GetRunId()
	record := latch.Record{DeliveryID: protocol.DeliveryID(runID, webhook), Webhook: webhook, Event: "JOB_SUCCESS",
		Job: "books", WorkflowID: "job-books", RunID: runID,
		Result: latch.ResultFail, Error: "answered 503", Attempts: 2, StartedAt: latch.NewTime(noon),
		CompletedAt: latch.NewTime(noon.Add(time.Minute)),
		Tries:       []latch.RecordTry{{Number: 2, Status: 503}}}
	run.Answer = func(query string) (any, error) {
		if query != latch.QueryHistory {
			return nil, &serviceerror.QueryFailed{Message: "unknown queryType " + query}
		}
		return []latch.Record{record}, nil
	}
	send := protocol.Send{Record: record}
	send.Request.DeliveryID = record.DeliveryID
	encoded, err := json.Marshal(send)
	require.NoError(t, err)
	run.History = func() ([]*historypb.HistoryEvent, error) {
		return []*historypb.HistoryEvent{{Attributes: &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{
			ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{ActivityId: record.DeliveryID,
				ActivityType: &commonpb.ActivityType{Name: latch.ActivitySendWebhook},
				Input:        &commonpb.Payloads{Payloads: []*commonpb.Payload{{Data: encoded}}}}}}}, nil
	}
	return record
}

// resent ends the run that sends a delivery again: it arrived, or failed with the
// error.
func (w *world) resent(t *testing.T, of latch.Record, failure string) {
	t.Helper()
	w.guard.Lock()
	defer w.guard.Unlock()
	of.Redelivery, of.Result, of.Error, of.Tries = 1, latch.ResultPass, "", []latch.RecordTry{{Number: 1, Status: 200}}
	if failure != "" {
		of.Result, of.Error, of.Tries = latch.ResultFail, failure, []latch.RecordTry{{Number: 1, Status: 500}}
	}
	for _, run := range w.Runs {
		if run.Info.GetExecution().GetWorkflowId() == "redeliver-"+of.DeliveryID {
			run.Info.Status, run.Info.CloseTime = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, timestamppb.New(noon.Add(time.Hour))
			run.Answer = func(string) (any, error) { return []latch.Record{of}, nil }
			return
		}
	}
	require.Fail(t, "the delivery is not being sent again", of.DeliveryID)
}

// startsWithout makes runs that are started answer no query until they have ended.
func (w *world) startsWithout() {
	w.OnStart = func(run *runstest.Run) { run.Answer = func(string) (any, error) { return []latch.Record{}, nil } }
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// hidden returns the hidden fields of the page's forms.
func hidden(body string) url.Values {
	form := url.Values{}
	for _, found := range hiddenField.FindAllStringSubmatch(body, -1) {
		form.Set(found[1], html.UnescapeString(found[2]))
	}
	return form
}

// The deliveries that were counted are sent again, and none that failed since. The page that
// follows them updates itself until each has succeeded or failed.
func TestRedeliveryInBulk(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.startsWithout()
	billing, ledger, gone := w.lost(t, "billing"), w.lost(t, "ledger"), w.lost(t, "gone")
	w.Runs[2].History = nil
	p := loggedIn(t, serve(t, w, keys), adminKey)
	const page = "/console/deliveries?webhook=billing&since=2h"
	asked := p.post("/console/deliveries", url.Values{"form": {p.proof(page)}, "action": {"count"}})
	require.Equal(t, 200, asked.status, asked.body)
	require.Contains(t, asked.body, "Send 3 deliveries again?")
	require.Contains(t, asked.body, billing.DeliveryID)
	require.Empty(t, w.Starts)
	form := hidden(asked.body)
	form.Set("action", "send")

	late := w.lost(t, "late")
	for name, change := range map[string]func(url.Values){
		"nothing confirmed": func(f url.Values) { f.Del("confirmed") },
		"no ids":            func(f url.Values) { f.Set("counted", "") },
		"one more id":       func(f url.Values) { f.Set("counted", f.Get("counted")+" "+late.DeliveryID) },
		"one id less":       func(f url.Values) { f.Set("counted", strings.Fields(f.Get("counted"))[0]) },
	} {
		other := url.Values{"form": form["form"], "action": {"send"}, "counted": form["counted"], "confirmed": form["confirmed"]}
		change(other)
		require.Contains(t, p.post("/console/deliveries", other).body, "Send 4 deliveries again?", name)
		require.Empty(t, w.Starts, name)
	}

	done := p.post(page, form)
	require.Equal(t, 200, done.status, done.body)
	require.Len(t, w.Starts, 2)
	require.True(t, strings.HasPrefix(done.path, "/console/deliveries/again?batch="), done.path)
	require.Contains(t, done.body, "Arrived: 0. On their way: 2. Failed again: 0. Not started: 1. Skipped: 0.")
	for _, text := range []string{">not started<", "never sent anything", gone.DeliveryID, ">on its way<", `href="../../console/jobs/books"`,
		`href="../../console/deliveries?since=2h&amp;webhook=billing"`} {
		require.Contains(t, done.body, text)
	}
	require.NotContains(t, done.body, late.DeliveryID)

	_, lines := open(t, p, done.path)
	await(t, lines, "On their way: 2.")
	w.resent(t, billing, "")
	await(t, lines, "Arrived: 1. On their way: 1.")
	w.resent(t, ledger, "answered 500")
	await(t, lines, "Arrived: 1. On their way: 0. Failed again: 1. Not started: 1.")
	still := p.get(done.path)
	require.Contains(t, still.body, ">arrived<", "without a script, reloading shows it")
	require.Contains(t, still.body, "answered 500")
	require.Len(t, w.Starts, 2)
}

// The address of a batch is the console's own, for everyone who may send; another
// is refused.
func TestBatchesOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.startsWithout()
	w.lost(t, "billing")
	base := serve(t, w, keys)
	p := loggedIn(t, base, adminKey)
	form := hidden(p.post("/console/deliveries", url.Values{"form": {p.proof("/console/deliveries")}, "action": {"count"}}).body)
	form.Set("action", "send")
	path := p.post("/console/deliveries", form).path
	require.Contains(t, p.get(path).body, ">on its way<")
	address, err := url.Parse(path)
	require.NoError(t, err)
	for _, name := range []string{"batch", "proof"} {
		query := address.Query()
		query.Set(name, "A"+query.Get(name))
		require.Equal(t, 422, p.get("/console/deliveries/again?"+query.Encode()).status, name)
	}
	require.Contains(t, p.get("/console/deliveries/again").body, "Nothing was sent again.")
	require.Equal(t, 403, loggedIn(t, base, readKey).get(path).status)
}

// A delivery is sent again from its page, which shows a refusal beside the button.
func TestRedeliveryOfOne(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.startsWithout()
	billing, gone := w.lost(t, "billing"), w.lost(t, "gone")
	w.Runs[1].History = nil
	p := loggedIn(t, serve(t, w, keys), adminKey)
	address := func(of latch.Record) string {
		return "/console/deliveries/" + of.DeliveryID + "?run_id=" + of.RunID + "&workflow_id=job-books"
	}
	form := hidden(p.get(address(billing)).body)
	form.Set("action", "again")
	sent := p.post(address(billing), form)
	require.Equal(t, 200, sent.status, sent.body)
	require.Equal(t, address(billing), sent.path)
	require.Contains(t, sent.body, "The delivery is being sent again, by redeliver-"+billing.DeliveryID)
	require.Contains(t, sent.body, ">on its way<")
	require.Len(t, w.Starts, 1)
	require.Equal(t, "redeliver-"+billing.DeliveryID, w.Starts[0].GetWorkflowId())

	twice := p.post(address(billing), form)
	require.Equal(t, 409, twice.status, twice.body)
	require.Contains(t, twice.body, "It was not sent again")
	require.Contains(t, twice.body, "is running already")
	w.resent(t, billing, "")
	require.Contains(t, p.get(address(billing)).body, ">delivered<")

	form = hidden(p.get(address(gone)).body)
	form.Set("action", "again")
	refused := p.post(address(gone), form)
	require.Equal(t, 409, refused.status, refused.body)
	require.Contains(t, refused.body, "never sent anything, so there is nothing to send again")
	require.Contains(t, refused.body, "First sending", "the delivery's page")
	require.Len(t, w.Starts, 1)
}
