package console

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/console/piece"
)

// A webhook has been failing since the first of its latest consecutive failed deliveries.
// Deliveries in flight do not count.
func TestHealthGoesByTheLastDeliveries(t *testing.T) {
	t.Parallel()
	at := func(minute int) latch.Time { return latch.NewTime(time.Date(2026, 7, 1, 12, minute, 0, 0, time.UTC)) }
	arrived := func(minute int) latch.Record {
		return latch.Record{Result: latch.ResultPass, StartedAt: at(minute), CompletedAt: at(minute)}
	}
	failed := func(minute int, why string) latch.Record {
		return latch.Record{Event: "JOB_START", Result: latch.ResultFail, Error: why, StartedAt: at(minute), CompletedAt: at(minute)}
	}
	pending := latch.Record{Result: latch.ResultPending, StartedAt: at(59)}
	for name, c := range map[string]struct {
		records   []latch.Record // the newest first
		text      string
		note      string
		since     latch.Time
		lastError string
	}{
		"nothing":   {nil, "Nothing was sent yet", "", latch.Time{}, ""},
		"under way": {[]latch.Record{pending}, "Nothing was sent yet", "", latch.Time{}, ""},
		"all arrived": {[]latch.Record{pending, arrived(3), arrived(2)}, "healthy",
			"all of the last 2 deliveries arrived", latch.Time{}, ""},
		"failing": {[]latch.Record{pending, failed(5, "newest"), failed(4, "older"), arrived(3)}, "failing",
			"1 of the last 3 deliveries arrived; none since", at(4), "newest"},
		"works again": {[]latch.Record{arrived(6), failed(5, "why"), arrived(3)}, "working",
			"2 of the last 3 deliveries arrived, the newest one too", latch.Time{}, "why"},
		"never arrived": {[]latch.Record{failed(5, "a"), failed(1, "b")}, "failing",
			"0 of the last 2 deliveries arrived; none since", at(1), "a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var facts piece.Facts
			addHealth(&facts, c.records)
			require.Equal(t, c.text, facts[0].Cell.Text)
			require.Equal(t, c.note, facts[0].Cell.Note)
			require.Equal(t, c.since.Time, facts[0].Cell.NoteAt)
			if c.lastError == "" {
				require.Len(t, facts, 1)
				return
			}
			require.Equal(t, c.lastError, facts[1].Cell.Text)
		})
	}
}

// The page shows the workers' count for an endpoint that does not work, and what happens to
// deliveries meanwhile.
func TestAnEndpointThatDoesNotWorkIsTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		state    string
		expected []string
	}{
		"works":   {``, nil},
		"nothing": {`null`, nil},
		"failing": {`{"state":"failing","count":7,"since":"2026-07-01T12:00:00Z","last_error":"connection refused"}`,
			[]string{"failing", "connection refused"}},
		"disabled": {`{"state":"disabled","count":9,"since":"2026-07-01T12:00:00Z","probe_at":"2026-07-01T14:00:00Z"}`,
			[]string{"disabled", "Nothing else is sent until it works: what comes is kept, and can be sent then."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var facts piece.Facts
			require.NoError(t, addEndpoint(&facts, json.RawMessage(c.state)))
			var told []string
			for _, fact := range facts {
				told = append(told, fact.Cell.Text)
			}
			require.Equal(t, c.expected, told)
		})
	}
	require.Error(t, addEndpoint(&piece.Facts{}, json.RawMessage(`"odd"`)))
}

// The list of webhooks shows since when an endpoint does not work, and when a disabled one is tried
// again.
func TestTheListShowsEndpoints(t *testing.T) {
	t.Parallel()
	at := func(hour int) latch.Time { return latch.NewTime(time.Date(2026, 7, 1, hour, 0, 0, 0, time.UTC)) }
	webhook := latch.RegisteredWebhook{}
	require.Equal(t, piece.Cell{}, hookEndpoint(&webhook), "nothing is counted")
	webhook.Health = &latch.Health{}
	require.Equal(t, piece.Status("healthy"), hookEndpoint(&webhook))
	webhook.Endpoint = &latch.EndpointState{State: latch.EndpointFailing, Count: 7, Since: at(12)}
	require.Equal(t, piece.Cell{Text: "failing", Status: "bad", Note: "since", NoteAt: at(12).Time}, hookEndpoint(&webhook))
	webhook.Endpoint = &latch.EndpointState{State: latch.EndpointDisabled, Since: at(12), DisabledAt: at(13), ProbeAt: at(14)}
	require.Equal(t, piece.Cell{Text: "disabled", Status: "bad", Note: "since 2026-07-01 13:00 UTC; tried again at", NoteAt: at(14).Time},
		hookEndpoint(&webhook))
}
