package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/latch-run/latch"
)

// An account is the content of a run's history after everything is settled.
type account struct {
	started
	// status is the run's status, and steps are those of a release.
	status latch.Status
	// records are those of the run and of its children, with the final record of
	// a delivery that was handed over.
	records []latch.Record
	// runs is how many runs Temporal has of the workflow id.
	runs int
}

// An audit compares accounts, removals of locks, and arrivals.
type audit struct {
	accounts []account
	removals []removal
	arrivals []arrival

	byID, byPath map[string][]arrival
	known        map[string]latch.Record
	wrong        []string
}

// newAudit returns an audit of copies. If a lock got two concurrent answers, it uses the one
// that counted.
func newAudit(accounts []account, removals []removal, arrivals []arrival) *audit {
	a := &audit{accounts: slices.Clone(accounts), removals: removals, arrivals: arrivals,
		byID: map[string][]arrival{}, byPath: map[string][]arrival{}, known: map[string]latch.Record{}}
	for _, came := range arrivals {
		a.byID[came.delivery] = append(a.byID[came.delivery], came)
		a.byPath[came.path] = append(a.byPath[came.path], came)
	}
	for i := range a.accounts {
		a.accounts[i].answer = a.accounts[i].counted()
	}
	return a
}

// find returns all differences, or nothing if everything agrees.
func (a *audit) find() []string {
	a.ids()
	a.histories()
	a.locks()
	for _, each := range a.accounts {
		a.events(each)
		a.deliveries(each)
		a.sequences(each)
		if each.kind != kindRegistered && each.kind != kindScheduled { // its runs share their paths
			a.work(each)
		}
	}
	return a.wrong
}

func (a *audit) say(format string, args ...any) {
	a.wrong = append(a.wrong, fmt.Sprintf(format, args...))
}

// counted returns the answer to the last lock of a release that counted.
func (a account) counted() string {
	if a.answer != answerBoth {
		return a.answer
	}
	for _, record := range a.records {
		if record.Lock != nil && record.Event == latch.EventBeforeReleaseComplete {
			return record.Result
		}
	}
	return ""
}

// ids checks that each key has one run and each delivery one id.
func (a *audit) ids() {
	runs, keyed := map[string]string{}, map[string]int{}
	for _, each := range a.accounts {
		keyed[each.workflowID]++
		if other, twice := runs[each.runID]; twice {
			a.say("%s: two keys, %s and %s, have one run", each.workflowID, other, each.key)
		}
		runs[each.runID] = each.key
		for _, record := range each.records {
			if _, twice := a.known[record.DeliveryID]; twice {
				a.say("%s: two records bear %s", each.workflowID, record.DeliveryID)
			}
			a.known[record.DeliveryID] = record
		}
	}
	for _, each := range a.accounts {
		if each.runs != keyed[each.workflowID] {
			a.say("%s: %d runs for %d keys", each.workflowID, each.runs, keyed[each.workflowID])
		}
	}
}

// histories checks that each webhook's request has a record.
func (a *audit) histories() {
	for _, came := range a.arrivals {
		if !strings.HasPrefix(came.path, "/hook/") {
			continue
		}
		if record, ok := a.known[came.delivery]; !ok {
			a.say("%s got %s of %s, which no history has", came.path, came.event, came.delivery)
		} else if came.event != record.Event || came.sequence != record.Sequence || came.previous != record.PreviousID {
			a.say("%s got %s number %d of %s after %q; its record has %s number %d after %q", came.path,
				came.event, came.sequence, came.delivery, came.previous, record.Event, record.Sequence, record.PreviousID)
		}
	}
}

// deliveries compares each record with its receiver's requests.
func (a *audit) deliveries(of account) {
	for _, record := range of.records {
		came := a.byID[record.DeliveryID]
		accepted := slices.IndexFunc(came, func(each arrival) bool { return each.status == http.StatusOK })
		if accepted < 0 {
			a.say("%s: %s of %s for %s was lost: its record says %s after %d attempts %s", of.workflowID,
				record.DeliveryID, record.Event, record.Webhook, record.Result, record.Attempts, record.Error)
			continue
		}
		lied := came[accepted].lied
		if want := of.result(record, lied); record.Result != want {
			a.say("%s: %s of %s for %s came to %q, not %q: %s", of.workflowID,
				record.DeliveryID, record.Event, record.Webhook, record.Result, want, record.Error)
		}
		if n := len(record.Tries); n > 0 && record.Tries[n-1].Unreadable != lied {
			a.say("%s: %s of %s for %s: its record says that the answer was unreadable: %t, its receiver: %t", of.workflowID,
				record.DeliveryID, record.Event, record.Webhook, !lied, lied)
		}
	}
}

// sequences checks the numbers of the deliveries of each run to each webhook. Those to the
// ledger are also sent one after another.
func (a *audit) sequences(of account) {
	last := map[string]latch.Record{}
	sorted := slices.SortedStableFunc(slices.Values(of.records), func(x, y latch.Record) int { return x.Sequence - y.Sequence })
	for _, record := range sorted {
		chain := record.WorkflowID + " " + record.Webhook
		before := last[chain]
		if record.Sequence != before.Sequence+1 || record.PreviousID != before.DeliveryID {
			a.say("%s: %s is number %d after %q, and comes behind number %d, %q", chain,
				record.DeliveryID, record.Sequence, record.PreviousID, before.Sequence, before.DeliveryID)
		}
		if record.Webhook == ledgerWebhook && before.Sequence > 0 && !a.settledBefore(before.DeliveryID, record.DeliveryID) {
			a.say("%s: %s came before %s had arrived", chain, record.DeliveryID, before.DeliveryID)
		}
		last[chain] = record
	}
}

// settledBefore reports whether the first request of a delivery came after the
// one that accepted another.
func (a *audit) settledBefore(earlier, later string) bool {
	came := a.byID[later]
	return len(came) == 0 || slices.ContainsFunc(a.byID[earlier], func(each arrival) bool {
		return each.status == http.StatusOK && each.order < came[0].order
	})
}

// events compares the fired events with the plan.
func (a *audit) events(of account) {
	var got []string
	for _, record := range of.records {
		got = append(got, strings.TrimSpace(record.Webhook+" "+record.Event+" "+record.Step))
	}
	want := of.fires()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		a.say("%s: its history has %q, not %q", of.workflowID, got, want)
	}
}

// work compares the executed steps and undos with the plan. Each begins after the previous
// ones, and has one id.
func (a *audit) work(of account) {
	if of.kind == kindEmission {
		return
	}
	if of.kind == kindRelease && of.status.Status != of.ends() {
		a.say("%s is %s, not %s", of.workflowID, of.status.Status, of.ends())
	}
	last, want := 0, of.plan.work()
	for _, path := range want {
		came := a.byPath[path]
		if len(came) == 0 {
			a.say("%s: nothing came to %s", of.workflowID, path)
			continue
		}
		if came[0].order < last {
			a.say("%s: %s came before what precedes it", of.workflowID, path)
		}
		last = came[0].order
		if i := slices.IndexFunc(came, func(each arrival) bool { return each.delivery != came[0].delivery }); i >= 0 {
			a.say("%s: %s came under two ids, %s and %s", of.workflowID, path, came[0].delivery, came[i].delivery)
		}
	}
	for path := range a.byPath {
		parts := strings.Split(path, "/")
		if parts[1] != "hook" && parts[2] == of.id && !slices.Contains(want, path) {
			a.say("%s: %s should not have been called", of.workflowID, path)
		}
	}
}
