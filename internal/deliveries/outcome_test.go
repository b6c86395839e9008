package deliveries_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/deliveries"
)

// Each record has exactly one outcome.
func TestOutcomeOf(t *testing.T) {
	t.Parallel()
	accepted := []latch.RecordTry{{Number: 1, Status: 200}}
	refused := []latch.RecordTry{{Number: 1, Status: 404}}
	removed := &latch.RecordLock{Token: "t", RemovedAt: latch.NewTime(noon), Via: latch.ViaPage}
	for name, test := range map[string]struct {
		record latch.Record
		want   string
	}{
		"accepted":                      {latch.Record{Result: "pass", Attempts: 1, Tries: accepted}, "delivered"},
		"accepted, its tries cut":       {latch.Record{Result: "pass", Attempts: 12, Truncated: true}, "delivered"},
		"accepted, and means fail":      {latch.Record{Result: "fail", Attempts: 1, Tries: accepted}, "delivered"},
		"accepted, and its lock gone":   {latch.Record{Result: "pass", Attempts: 1, Tries: accepted, Lock: removed}, "delivered"},
		"refused":                       {latch.Record{Result: "fail", Attempts: 1, Tries: refused, Error: "answered 404"}, "failed"},
		"refused, let pass by a person": {latch.Record{Result: "pass", Attempts: 1, Tries: refused, Lock: removed}, "settled"},
		"refused, settled by a person":  {latch.Record{Result: "fail", Attempts: 1, Tries: refused, Lock: removed}, "settled"},
		"a lock without an address":     {latch.Record{Result: "pass", Lock: removed}, "settled"},
		"when failed":                   {latch.Record{Result: "fail", Error: "when: no such key"}, "settled"},
		"when was false":                {latch.Record{Result: "skipped"}, "skipped"},
		"taken out":                     {latch.Record{Result: "skipped", Attempts: 1, Tries: refused}, "skipped"},
		"being sent":                    {latch.Record{Result: "pending", Attempts: 1, Tries: refused}, "pending"},
		"accepted, its lock open": {
			latch.Record{Result: "pending", Attempts: 1, Tries: accepted, Lock: &latch.RecordLock{Token: "t"}}, "pending"},
	} {
		require.Equal(t, test.want, deliveries.OutcomeOf(&test.record), name)
	}
}

// A search by outcome only finds deliveries with that outcome. An unknown outcome is refused,
// with the known ones.
func TestSearchByOutcome(t *testing.T) {
	t.Parallel()
	f := failedFates()
	passed := failed("dlv_good", time.Minute)
	passed.Result, passed.Error, passed.Tries = latch.ResultPass, "", []latch.RecordTry{{Number: 1, Status: 200}}
	f.run("job-good", completed, passed)
	for outcome, want := range map[string][]string{
		"delivered": {"dlv_good", "dlv_since"},
		"failed":    {"dlv_lost", "dlv_twice", "dlv_twice", "dlv_since", "dlv_away", "dlv_still"},
		"pending":   nil, "skipped": nil, "settled": nil,
	} {
		got, err := logOf(f).Search(t.Context(), deliveries.Filter{Outcome: outcome}, "", 10)
		require.NoError(t, err, outcome)
		var found []string
		for _, record := range got.Records {
			found = append(found, record.DeliveryID)
		}
		require.Equal(t, want, found, outcome)
	}
	for _, filter := range []deliveries.Filter{{Outcome: "lost"}, {Outcome: "delivered", Failed: true}} {
		_, err := logOf(f).Search(t.Context(), filter, "", 10)
		require.ErrorContains(t, err, "outcome")
		require.ErrorContains(t, err, filter.Outcome)
	}
}
