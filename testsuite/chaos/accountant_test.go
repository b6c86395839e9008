package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// agreed returns an emission and a release that was rolled back, with what their
// receivers got.
func agreed() ([]account, []arrival) {
	emission := plan{kind: kindEmission, id: "u1", key: "k1", steps: 1, failing: -1}
	release := plan{kind: kindRelease, id: "u2", key: "k2", steps: 2, failing: -1, answer: latch.ResultFail}
	accounts := []account{
		{started: started{emission, "emit-u1", "r1"}, runs: 1, records: []latch.Record{
			{DeliveryID: "d1", Webhook: "told", Event: "HAPPENED", WorkflowID: "emit-u1", Sequence: 1, Result: "pass"},
			{DeliveryID: "d2", Webhook: "heard", Event: "HAPPENED", WorkflowID: "emit-u1", Sequence: 1, Result: "pass"},
		}},
		{started: started{release, "release-u2", "r2"}, runs: 1, status: latch.Status{Status: latch.ReleaseRolledBack}},
	}
	arrivals := []arrival{{path: "/hook/u1/told", delivery: "d1", event: "HAPPENED", sequence: 1, status: 200},
		{path: "/hook/u1/heard", delivery: "d2", event: "HAPPENED", sequence: 1, status: 200}}
	last := map[string]string{}
	number := map[string]int{}
	for _, text := range release.fires() {
		parts := strings.SplitN(text, " ", 3)
		webhook, event, step := parts[0], parts[1], strings.Join(parts[2:], "")
		number[webhook]++
		record := latch.Record{DeliveryID: strings.ReplaceAll(text, " ", "-"), Webhook: webhook, Event: event, Step: step,
			WorkflowID: "release-u2", Sequence: number[webhook], PreviousID: last[webhook], Result: "pass"}
		if webhook == "gate" {
			record.Lock, record.Result = &latch.RecordLock{}, release.answers(event)
		}
		last[webhook] = record.DeliveryID
		accounts[1].records = append(accounts[1].records, record)
		arrivals = append(arrivals, arrival{path: "/hook/u2/" + webhook, delivery: record.DeliveryID, event: event,
			sequence: record.Sequence, previous: record.PreviousID, status: 200})
	}
	for _, path := range []string{"/step/u2/0", "/step/u2/1", "/undo/u2/1", "/undo/u2/0"} {
		arrivals = append(arrivals, arrival{path: path, delivery: "work of " + path, status: 200})
	}
	for i := range arrivals {
		arrivals[i].order = i + 1
	}
	return accounts, arrivals
}

func TestTheAccountantIsContentWhereAllAgrees(t *testing.T) {
	t.Parallel()
	require.Empty(t, audit(agreed()))
}

func TestTheAccountantFinds(t *testing.T) {
	t.Parallel()
	came := func(arrivals []arrival, path string) *arrival {
		for i := range arrivals {
			if arrivals[i].path == path {
				return &arrivals[i]
			}
		}
		panic("nothing came to " + path)
	}
	for name, test := range map[string]struct {
		change func(accounts []account, arrivals []arrival)
		find   string
	}{
		"what was lost":              {func(_ []account, c []arrival) { c[0].status = 500 }, "d1 of HAPPENED for told was lost"},
		"an id that no history has":  {func(_ []account, c []arrival) { c[0].delivery = "d9" }, "d9, which no history has"},
		"one id in two records":      {func(a []account, _ []arrival) { a[0].records[1].DeliveryID = "d1" }, "two records bear d1"},
		"a second run":               {func(a []account, _ []arrival) { a[0].runs = 2 }, "2 runs for 1 keys"},
		"one run for two keys":       {func(a []account, _ []arrival) { a[1].runID = "r1" }, "have one run"},
		"a gap in the numbers":       {func(a []account, _ []arrival) { a[0].records[0].Sequence = 2 }, "d1 is number 2"},
		"a wrong number in a header": {func(_ []account, c []arrival) { c[0].sequence = 2 }, "got HAPPENED number 2"},
		"an event that did not fire": {func(a []account, _ []arrival) { a[0].records[0].Event = "OTHER" }, "its history has"},
		"a wrong result":             {func(a []account, _ []arrival) { a[0].records[0].Result = "pending" }, `came to "pending"`},
		"a wrong end":                {func(a []account, _ []arrival) { a[1].status.Status = latch.ReleaseReleased }, "is released, not rolled_back"},
		"an undo out of order":       {func(_ []account, c []arrival) { came(c, "/undo/u2/0").order = 1 }, "/undo/u2/0 came before"},
		"an undo that is missing":    {func(_ []account, c []arrival) { came(c, "/undo/u2/1").path = "/undo/u2/0" }, "nothing came to /undo/u2/1"},
		"a step under two ids":       {func(_ []account, c []arrival) { came(c, "/step/u2/1").path = "/step/u2/0" }, "came under two ids"},
		"an undo too many":           {func(_ []account, c []arrival) { came(c, "/undo/u2/1").path = "/undo/u2/7" }, "/undo/u2/7 should not have been called"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			accounts, arrivals := agreed()
			test.change(accounts, arrivals)
			require.Contains(t, strings.Join(audit(accounts, arrivals), "\n"), test.find)
		})
	}
}

// A seed's plans are the same each time, of every kind, and ones that can be started.
func TestPlansAreRepeatableAndValid(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for n := range 200 {
		p := planned(7, n)
		require.Equal(t, p, planned(7, n))
		seen[p.kind]++
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
	require.Len(t, seen, len(kinds))
}
