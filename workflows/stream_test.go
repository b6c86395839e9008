package workflows_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch"
)

// places records the position of each request to a path, as "sequence id previous", from the
// headers alone.
func (b *bench) places(path string, answer http.HandlerFunc) *[]string {
	var places []string
	b.handlers[path] = func(w http.ResponseWriter, r *http.Request) {
		places = append(places, fmt.Sprintf("%s %s %s", r.Header.Get("webhook-sequence"), r.Header.Get("webhook-id"),
			r.Header.Get("webhook-previous-id")))
		if answer != nil {
			answer(w, r)
		}
	}
	return &places
}

// placesOf returns the positions of a webhook's records, in the same form.
func placesOf(records []latch.Record, webhook string) []string {
	var places []string
	for _, record := range records {
		if record.Webhook == webhook && record.Sequence > 0 {
			places = append(places, fmt.Sprintf("%d %s %s", record.Sequence, record.DeliveryID, record.PreviousID))
		}
	}
	return places
}

// requireChain checks that records are numbered without a gap, starting at one number, and that
// each names the previous one.
func requireChain(t *testing.T, records []latch.Record, from int, previous string) {
	t.Helper()
	for i, record := range records {
		require.Equal(t, from+i, record.Sequence, "record %d, of %s", i, record.Event)
		require.Equal(t, previous, record.PreviousID, "record %d, of %s", i, record.Event)
		previous = record.DeliveryID
	}
}

// Contract, "Sequence": the deliveries of a run are numbered for each webhook, starting at 1,
// and each names the previous one. What is not sent has no number.
func TestDeliveriesAreNumberedForEachWebhook(t *testing.T) {
	t.Parallel()
	b := setup(t)
	all, some := b.places("/all", nil), b.places("/some", nil)
	require.NoError(t, b.run(latch.WorkflowRelease, `{"id":"r","steps":[
			{"name":"a","do":{"http":{"url":"$R/do"}}},{"name":"b","do":{"http":{"url":"$R/do"}}}],"webhooks":[
		{"id":"all","url":"$R/all","events":[{"event":"BEFORE_STEP"},{"event":"AFTER_STEP"},{"event":"RELEASE_COMPLETE"}]},
		{"id":"some","url":"$R/some","events":[{"event":"BEFORE_STEP","when":"step.name == 'b'"},
			{"event":"AFTER_STEP","when":"vars.nothing.at.all"},{"event":"RELEASE_COMPLETE"}]},
		{"id":"off","url":"$R/off","enabled":false,"event":"RELEASE_COMPLETE"}]}`))
	var result latch.ReleaseResult
	b.result(&result)
	require.Len(t, *all, 5)
	require.Equal(t, placesOf(result.History, "all"), *all)
	require.Len(t, *some, 2, "a when that is false and one that fails take no number")
	require.Equal(t, placesOf(result.History, "some"), *some)
	for webhook, count := range map[string]int{"all": 5, "some": 2} {
		var records []latch.Record
		for _, record := range result.History {
			if record.Webhook == webhook && record.Sequence > 0 {
				records = append(records, record)
			}
		}
		require.Len(t, records, count)
		requireChain(t, records, 1, "")
	}
}

// Contract, "Sequence": every attempt has the same number, in the header and in the default
// body.
func TestARetryKeepsItsNumber(t *testing.T) {
	t.Parallel()
	b := setup(t)
	attempts := 0
	places := b.places("/w", func(w http.ResponseWriter, _ *http.Request) {
		if attempts++; attempts == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	require.NoError(t, b.run(latch.WorkflowJobRun, `{"id":"j","task":{"http":{"url":"$R/do"}},"webhooks":[
		{"id":"w","url":"$R/w","events":[{"event":"JOB_START"}]}]}`))
	require.Len(t, *places, 2)
	require.Equal(t, (*places)[0], (*places)[1])
	require.Contains(t, b.bodies("JOB_START"), `"sequence":1,`)
	require.NotContains(t, b.bodies("JOB_START"), `"previous_id"`, "the first has none before it")
}

// Contract, "Sequence": all events of a batch are counted together.
func TestABatchCountsItsEventsTogether(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.run(latch.WorkflowEmitBatch, `{"events":[
		{"event":"A","webhooks":[{"id":"w","event":"A","url":"$R/w"}]},
		{"event":"B","webhooks":[{"id":"w","event":"B","url":"$R/w"}]},
		{"event":"C","webhooks":[{"id":"w","event":"C","url":"$R/w"}]}]}`))
	var result latch.EmissionBatchResult
	b.result(&result)
	var records []latch.Record
	for _, event := range result.Events {
		records = append(records, event.History...)
	}
	require.Len(t, records, 3)
	requireChain(t, records, 1, "")
}

// Contract, "Sequence": a run that continues as new continues the count.
func TestTheNextRunGoesOnCounting(t *testing.T) {
	t.Parallel()
	const spec = `{"id":"long","steps":[{"name":"a","do":{"http":{"url":"$R/do"}}}],"webhooks":[
		{"id":"gate","events":[{"event":"BEFORE_RELEASE","blocking":true,"lock_timeout":"720h","on_timeout":"continue"}]},
		{"id":"w","url":"$R/w","events":[{"event":"BEFORE_RELEASE"},{"event":"BEFORE_STEP"},{"event":"AFTER_STEP"}]}]}`
	b := setup(t)
	b.env.RegisterDelayedCallback(func() { b.env.SetContinueAsNewSuggested(true) }, time.Hour)
	input := b.leaves(latch.WorkflowRelease, spec)

	next := setup(t)
	next.env.SetContinuedExecutionRunID("earlier")
	next.env.ExecuteWorkflow(latch.WorkflowRelease, converter.NewRawValue(input))
	require.NoError(t, next.env.GetWorkflowError())
	var result latch.ReleaseResult
	next.result(&result)
	var records []latch.Record
	for _, record := range result.History {
		if record.Webhook == "w" {
			records = append(records, record)
		}
	}
	require.Len(t, records, 3)
	requireChain(t, records, 1, "")
}
