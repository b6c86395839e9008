package deliveries_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/deliveries"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// A delivery failed if its endpoint never took it, and not if the endpoint's
// answer means "fail" (contract, "Records" and "Blocking and locks").
func TestFailed(t *testing.T) {
	t.Parallel()
	answered := func(status int) *latch.RecordResponse { return &latch.RecordResponse{Status: status} }
	tried := func(status int, text string) []latch.RecordTry {
		return []latch.RecordTry{{Number: 1, Status: 503}, {Number: 2, Status: status, Error: text}}
	}
	removed := func(via string) *latch.RecordLock {
		return &latch.RecordLock{Token: "t", RemovedAt: latch.NewTime(noon), Via: via}
	}
	for name, test := range map[string]struct {
		record latch.Record
		failed bool
	}{
		"refused": {
			latch.Record{Result: "fail", Attempts: 2, Tries: tried(404, ""), Response: answered(404), Error: "answered 404"}, true},
		"out of reach": {latch.Record{Result: "fail", Attempts: 2, Tries: tried(0, "refused"), Error: "refused"}, true},
		"its first attempt passed": {
			latch.Record{Result: "fail", Attempts: 2, Tries: []latch.RecordTry{{Status: 200}, {Status: 500}}, Error: "answered 500"}, true},
		"2xx that is a refusal": {
			latch.Record{Result: "fail", Attempts: 2, Tries: tried(200, "Slack's body does not say ok"),
				Response: answered(200), Error: "Slack's body"}, true},
		"no attempt ended":  {latch.Record{Result: "fail", Attempts: 1, Error: "no attempt of the delivery came to an end"}, true},
		"never handed over": {latch.Record{Result: "fail", Error: "could not be handed over when the run closed; "}, true},
		"tries were cut":    {latch.Record{Result: "fail", Attempts: 12, Response: answered(500), Error: "answered 500"}, true},
		"all was cut":       {latch.Record{Result: "fail", Attempts: 12, Truncated: true, Error: "answered 500"}, true},
		"its lock was overridden": {
			latch.Record{Result: "fail", Attempts: 2, Tries: tried(404, ""), Error: "answered 404", Lock: removed("override")}, true},

		"answered fail": {latch.Record{Result: "fail", Attempts: 2, Tries: tried(200, ""), Response: answered(200)}, false},
		"an expression failed": {latch.Record{Result: "fail", Attempts: 2, Tries: tried(200, ""), Response: answered(200),
			Error: "result: no such key"}, false},
		"answered what cannot be read": {
			latch.Record{Result: "fail", Attempts: 2,
				Tries:    []latch.RecordTry{{Number: 2, Status: 200, Error: "the answer is not valid JSON", Unreadable: true}},
				Response: answered(200), Error: "the answer is not valid JSON"}, false},
		"answered what cannot be read, all cut": {
			latch.Record{Result: "fail", Attempts: 2, Truncated: true,
				Error: "the answer is not valid JSON: invalid character 'N' looking for…"}, false},
		"answered without an object": {
			latch.Record{Result: "fail", Attempts: 2, Tries: tried(200, ""), Response: answered(200),
				Error: "the answer is empty, and result reads history.data"}, false},
		"an expression failed, all cut": {
			latch.Record{Result: "fail", Attempts: 2, Truncated: true, Error: "stop_release: no such key"}, false},
		"answered fail, tries cut": {latch.Record{Result: "fail", Attempts: 2, Response: answered(204)}, false},
		"answered fail, all cut":   {latch.Record{Result: "fail", Attempts: 2, Truncated: true}, false},
		"when failed":              {latch.Record{Result: "fail", Error: "when: no such key"}, false},
		"a person's no":            {latch.Record{Result: "fail", Lock: removed("api")}, false},
		"settled by a person": {
			latch.Record{Result: "fail", Attempts: 2, Tries: tried(404, ""), Error: "answered 404", Lock: removed("page")}, false},
		"let pass by a person": {
			latch.Record{Result: "pass", Attempts: 2, Tries: tried(404, ""), Error: "answered 404", Lock: removed("update")}, false},
		"under way": {latch.Record{Result: "pending", Attempts: 2, Tries: tried(500, "")}, false},
		"taken out": {latch.Record{Result: "skipped", Attempts: 2, Tries: tried(500, "")}, false},
		"delivered": {
			latch.Record{Result: "pass", Attempts: 2, Tries: tried(200, ""), Response: answered(200)}, false},
		"lock timed out, delivered": {
			latch.Record{Result: "fail", Attempts: 2, Tries: tried(200, ""), Lock: removed("timeout")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.failed, deliveries.Failed(&test.record))
		})
	}
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Time{
		"": {}, "2h": noon.Add(-2 * time.Hour), "0s": noon, "90m": noon.Add(-90 * time.Minute),
		"2026-01-02T13:00:00+02:00": noon.Add(-time.Hour),
	} {
		at, err := deliveries.ParseTime(text, noon)
		require.NoError(t, err, text)
		require.True(t, want.Equal(at), "%s: %s", text, at)
	}
	for _, text := range []string{"yesterday", "-2h", "2", "2026-01-02"} {
		_, err := deliveries.ParseTime(text, noon)
		require.ErrorContains(t, err, text)
		require.ErrorContains(t, err, "90m")
	}
}
