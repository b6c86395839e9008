package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/latch-run/latch"
)

// An account is what a run's history says, once all of it is settled.
type account struct {
	started
	// status is the run's own, and steps those of a release.
	status latch.Status
	// records are those of the run and of its children, with the final record of
	// a delivery that was handed over.
	records []latch.Record
	// runs is how many runs Temporal has of the workflow id.
	runs int
}

// audit returns all in which accounts and arrivals differ, nothing where they
// agree.
func audit(accounts []account, arrivals []arrival) (wrong []string) {
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	known := map[string]latch.Record{}
	runIDs, keyed := map[string]string{}, map[string]int{}
	for _, a := range accounts {
		keyed[a.workflowID]++
		if other := runIDs[a.runID]; other != "" {
			say("%s: two keys, %s and %s, have one run", a.workflowID, other, a.key)
		}
		runIDs[a.runID] = a.key
		for _, record := range a.records {
			if _, twice := known[record.DeliveryID]; twice {
				say("%s: two records bear %s", a.workflowID, record.DeliveryID)
			}
			known[record.DeliveryID] = record
		}
	}
	for _, a := range accounts {
		if a.runs != keyed[a.workflowID] {
			say("%s: %d runs for %d keys", a.workflowID, a.runs, keyed[a.workflowID])
		}
	}
	byID := map[string][]arrival{}
	byPath := map[string][]arrival{}
	for _, came := range arrivals {
		byID[came.delivery] = append(byID[came.delivery], came)
		byPath[came.path] = append(byPath[came.path], came)
		if strings.HasPrefix(came.path, "/hook/") {
			if record, ok := known[came.delivery]; !ok {
				say("%s got %s of %s, which no history has", came.path, came.event, came.delivery)
			} else if came.event != record.Event || came.sequence != record.Sequence || came.previous != record.PreviousID {
				say("%s got %s number %d of %s after %q; its record has %s number %d after %q", came.path,
					came.event, came.sequence, came.delivery, came.previous, record.Event, record.Sequence, record.PreviousID)
			}
		}
	}
	for _, a := range accounts {
		wrong = append(wrong, a.events()...)
		wrong = append(wrong, a.deliveries(byID)...)
		wrong = append(wrong, a.sequences()...)
		if a.kind != kindRegistered { // whose runs share their paths
			wrong = append(wrong, a.work(byPath)...)
		}
	}
	return wrong
}

// deliveries compares each record with what its receiver got.
func (a account) deliveries(byID map[string][]arrival) (wrong []string) {
	for _, record := range a.records {
		accepted := slices.ContainsFunc(byID[record.DeliveryID], func(came arrival) bool { return came.status == 200 })
		if !accepted {
			wrong = append(wrong, fmt.Sprintf("%s: %s of %s for %s was lost: its record says %s after %d attempts %s", a.workflowID,
				record.DeliveryID, record.Event, record.Webhook, record.Result, record.Attempts, record.Error))
		}
		want := latch.ResultPass
		if record.Lock != nil {
			want = a.answers(record.Event)
		}
		if record.Result != want {
			wrong = append(wrong, fmt.Sprintf("%s: %s of %s for %s came to %q, not %q: %s", a.workflowID,
				record.DeliveryID, record.Event, record.Webhook, record.Result, want, record.Error))
		}
	}
	return wrong
}

// sequences counts the deliveries of each run to each webhook.
func (a account) sequences() (wrong []string) {
	last := map[string]latch.Record{}
	sorted := slices.SortedStableFunc(slices.Values(a.records), func(x, y latch.Record) int { return x.Sequence - y.Sequence })
	for _, record := range sorted {
		chain := record.WorkflowID + " " + record.Webhook
		before := last[chain]
		if record.Sequence != before.Sequence+1 || record.PreviousID != before.DeliveryID {
			wrong = append(wrong, fmt.Sprintf("%s: %s is number %d after %q, and comes behind number %d, %q", chain,
				record.DeliveryID, record.Sequence, record.PreviousID, before.Sequence, before.DeliveryID))
		}
		last[chain] = record
	}
	return wrong
}

// events compares which events fired with the plan.
func (a account) events() []string {
	var got []string
	for _, record := range a.records {
		got = append(got, strings.TrimSpace(record.Webhook+" "+record.Event+" "+record.Step))
	}
	want := a.fires()
	slices.Sort(got)
	slices.Sort(want)
	if slices.Equal(got, want) {
		return nil
	}
	return []string{fmt.Sprintf("%s: its history has %q, not %q", a.workflowID, got, want)}
}

// fires returns the plan's records as webhook, event and step.
func (p plan) fires() (want []string) {
	switch p.kind {
	case kindEmission:
		return []string{"told HAPPENED", "heard HAPPENED"}
	case kindSequence:
		for range p.steps {
			want = append(want, "told JOB_START", "told JOB_SUCCESS")
		}
	case kindRelease:
		want = append(want, "gate BEFORE_RELEASE")
		for i := range p.taken() {
			want = append(want, fmt.Sprint("told BEFORE_STEP step ", i), fmt.Sprint("told AFTER_STEP step ", i))
		}
		if p.failing < 0 {
			want = append(want, "gate BEFORE_RELEASE_COMPLETE")
		}
		ends := map[string]string{latch.ReleaseReleased: "RELEASE_SUCCESS", latch.ReleaseRolledBack: "RELEASE_ROLLED_BACK",
			latch.ReleaseFailed: "RELEASE_FAILURE"}
		return append(want, "told RELEASE_COMPLETE", "told "+ends[p.ends()])
	}
	return append(want, "told JOB_START", "told JOB_COMPLETE", "told JOB_SUCCESS")
}

// taken is how many steps begin.
func (p plan) taken() int {
	if p.failing >= 0 {
		return p.failing + 1
	}
	return p.steps
}

// ends is the status with which a plan ends.
func (p plan) ends() string {
	switch {
	case p.kind != kindRelease:
		return latch.JobSucceeded
	case p.failing >= 0:
		return latch.ReleaseFailed
	case p.answer == latch.ResultFail:
		return latch.ReleaseRolledBack
	}
	return latch.ReleaseReleased
}

// work compares the steps and undos that took place, and their order, with the
// plan. A step begins after all that came before it, and comes under one id.
func (a account) work(byPath map[string][]arrival) (wrong []string) {
	if a.kind == kindEmission {
		return nil
	}
	if a.kind == kindRelease && a.status.Status != a.ends() {
		wrong = append(wrong, fmt.Sprintf("%s is %s, not %s", a.workflowID, a.status.Status, a.ends()))
	}
	var want []string
	for i := range a.taken() {
		want = append(want, "/step/"+a.id+"/"+strconv.Itoa(i))
	}
	if a.kind == kindRelease && a.ends() != latch.ReleaseReleased {
		for i := a.taken() - 1; i >= 0; i-- {
			want = append(want, "/undo/"+a.id+"/"+strconv.Itoa(i))
		}
	}
	last := 0
	for _, path := range want {
		came := byPath[path]
		if len(came) == 0 {
			wrong = append(wrong, fmt.Sprintf("%s: nothing came to %s", a.workflowID, path))
			continue
		}
		if came[0].order < last {
			wrong = append(wrong, fmt.Sprintf("%s: %s came before what precedes it", a.workflowID, path))
		}
		last = came[0].order
		if i := slices.IndexFunc(came, func(each arrival) bool { return each.delivery != came[0].delivery }); i >= 0 {
			wrong = append(wrong, fmt.Sprintf("%s: %s came under two ids, %s and %s", a.workflowID, path, came[0].delivery, came[i].delivery))
		}
	}
	for path := range byPath {
		parts := strings.Split(path, "/")
		if parts[1] != "hook" && parts[2] == a.id && !slices.Contains(want, path) {
			wrong = append(wrong, fmt.Sprintf("%s: %s should not have been called", a.workflowID, path))
		}
	}
	return wrong
}
