package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// The runs of these tests: an emission, and a release that was rolled back because of two
// concurrent answers the refusal counted.
var (
	testEmission = plan{kind: kindEmission, id: "u1", key: "k1", answer: latch.ResultPass, steps: 1, failing: -1, doubted: -1}
	testRelease  = plan{kind: kindRelease, id: "u2", key: "k2", answer: answerBoth, steps: 2, failing: -1, doubted: -1}
)

// agreed returns books in which everything agrees.
func agreed() *audit {
	counted := testRelease
	counted.answer = latch.ResultFail
	books := &audit{accounts: []account{
		recorded(testEmission, testEmission.fires(), "emit-u1", "r1"),
		recorded(testRelease, counted.fires(), "release-u2", "r2"),
	}}
	books.accounts[1].status.Status = latch.ReleaseRolledBack
	for _, of := range books.accounts {
		for i := range of.records {
			record := &of.records[i]
			record.Result = counted.result(*record, false)
			if record.Lock != nil {
				books.removals = append(books.removals, removal{record.Lock.Token, record.Result, false})
			}
			books.arrivals = append(books.arrivals, arrival{path: "/hook/" + of.id + "/" + record.Webhook, delivery: record.DeliveryID,
				event: record.Event, sequence: record.Sequence, previous: record.PreviousID, status: http.StatusOK})
		}
	}
	books.removals = append(books.removals, removal{"lock of gate BEFORE_RELEASE_COMPLETE", latch.ResultPass, true})
	for _, path := range counted.work() {
		books.arrivals = append(books.arrivals, arrival{path: path, delivery: "work of " + path, status: http.StatusOK})
	}
	for i := range books.arrivals {
		books.arrivals[i].order = i + 1
	}
	return books
}

// recorded returns the account of a run that fired the given events.
func recorded(p plan, fires []string, workflowID, runID string) account {
	a := account{started: started{p, workflowID, runID}, runs: 1}
	last := map[string]latch.Record{}
	for _, text := range fires {
		webhook, event, _ := strings.Cut(text, " ")
		event, step, _ := strings.Cut(event, " ")
		record := latch.Record{DeliveryID: p.id + " " + text, Webhook: webhook, Event: event, Step: step, WorkflowID: workflowID,
			Sequence: last[webhook].Sequence + 1, PreviousID: last[webhook].DeliveryID}
		if webhook == gateWebhook {
			record.Lock = &latch.RecordLock{Token: "lock of " + text}
		}
		last[webhook] = record
		a.records = append(a.records, record)
	}
	return a
}

// again audits books after a change.
func (a *audit) again() []string { return newAudit(a.accounts, a.removals, a.arrivals).find() }

func TestTheAccountantIsContentWhereAllAgrees(t *testing.T) {
	t.Parallel()
	require.Empty(t, agreed().again())
}

func TestTheAccountantFinds(t *testing.T) {
	t.Parallel()
	came := func(books *audit, path, event string) *arrival {
		i := slices.IndexFunc(books.arrivals, func(a arrival) bool { return a.path == path && (event == "" || a.event == event) })
		return &books.arrivals[i]
	}
	record := func(books *audit, webhook, event string) *latch.Record {
		for _, of := range books.accounts {
			if i := slices.IndexFunc(of.records, func(r latch.Record) bool { return r.Webhook == webhook && r.Event == event }); i >= 0 {
				return &of.records[i]
			}
		}
		panic("no record of " + webhook + " at " + event)
	}
	for name, test := range map[string]struct {
		change func(books *audit)
		find   string
	}{
		"what was lost":              {func(b *audit) { b.arrivals[0].status = 500 }, "u1 told HAPPENED of HAPPENED for told was lost"},
		"an id that no history has":  {func(b *audit) { b.arrivals[0].delivery = "d9" }, "d9, which no history has"},
		"one id in two records":      {func(b *audit) { b.accounts[0].records[1].DeliveryID = b.accounts[0].records[0].DeliveryID }, "two records bear u1 told"},
		"a second run":               {func(b *audit) { b.accounts[0].runs = 2 }, "2 runs for 1 keys"},
		"one run for two keys":       {func(b *audit) { b.accounts[1].runID = "r1" }, "have one run"},
		"a gap in the numbers":       {func(b *audit) { record(b, "told", "HAPPENED").Sequence = 2 }, "u1 told HAPPENED is number 2"},
		"a wrong number in a header": {func(b *audit) { b.arrivals[0].sequence = 2 }, "got HAPPENED number 2"},
		"an event that did not fire": {func(b *audit) { record(b, "told", "HAPPENED").Event = "OTHER" }, "its history has"},
		"a wrong result":             {func(b *audit) { record(b, "told", "HAPPENED").Result = "pending" }, `came to "pending"`},
		"a lie that counted as a yes": {func(b *audit) { came(b, "/hook/u2/told", "BEFORE_STEP").lied = true },
			`came to "pass", not "fail"`},
		"a lie that no record has": {func(b *audit) {
			came(b, "/hook/u2/told", "RELEASE_COMPLETE").lied = true
			record(b, "told", "RELEASE_COMPLETE").Tries = []latch.RecordTry{{Number: 1}}
		}, "unreadable: false, its receiver: true"},
		"a wrong end": {func(b *audit) { b.accounts[1].status.Status = latch.ReleaseReleased },
			"is released, not rolled_back"},
		"an undo out of order":    {func(b *audit) { came(b, "/undo/u2/0", "").order = 1 }, "/undo/u2/0 came before"},
		"an undo that is missing": {func(b *audit) { came(b, "/undo/u2/1", "").path = "/undo/u2/0" }, "nothing came to /undo/u2/1"},
		"a step under two ids":    {func(b *audit) { came(b, "/step/u2/1", "").path = "/step/u2/0" }, "came under two ids"},
		"an undo too many": {func(b *audit) { came(b, "/undo/u2/1", "").path = "/undo/u2/7" },
			"/undo/u2/7 should not have been called"},
		"a queue out of order": {func(b *audit) { came(b, "/hook/u2/ledger", "RELEASE_ROLLED_BACK").order = 1 },
			"came before u2 ledger RELEASE_COMPLETE had arrived"},
		"two answers that counted": {func(b *audit) { b.removals[len(b.removals)-1].refused = false },
			`who asked for "pass" was told that it was refused: false`},
		"a refusal of what counts": {func(b *audit) { b.removals[0].refused = true },
			`who asked for "pass" was told that it was refused: true`},
		"a lock that nobody removed": {func(b *audit) { b.removals = b.removals[1:] },
			"the lock of u2 gate BEFORE_RELEASE came to \"pass\", and nobody was told so"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			books := agreed()
			test.change(books)
			require.Contains(t, strings.Join(books.again(), "\n"), test.find)
		})
	}
}

// The plans of a seed are always the same, include every kind and ending, and can be started.
func TestPlansAreRepeatableAndValid(t *testing.T) {
	t.Parallel()
	kindsSeen, endsSeen, lies, doubts := map[string]int{}, map[string]int{}, 0, 0
	for n := range 300 {
		p := planned(7, n)
		require.Equal(t, p, planned(7, n))
		kindsSeen[p.kind]++
		endsSeen[p.ends()]++
		if p.lies {
			lies++
		}
		if p.doubted >= 0 {
			doubts++
		}
		var err error
		switch input := []byte(p.input("http://127.0.0.1:1")); p.kind {
		case kindRelease:
			_, err = latch.DecodeRelease(input)
		case kindEmission:
			_, err = latch.DecodeEmission(input)
		default:
			_, err = latch.DecodeJob(input)
		}
		require.NoError(t, err, p)
	}
	require.Len(t, kindsSeen, len(kinds))
	require.Len(t, endsSeen, 4, "a job's, and three of releases")
	require.Positive(t, lies)
	require.Positive(t, doubts)
}
