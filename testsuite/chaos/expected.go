package main

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/latch-run/latch"
)

// fires returns the records that the plan's run must have, each as webhook, event and step.
func (p plan) fires() (want []string) {
	switch p.kind {
	case kindEmission:
		return []string{"told HAPPENED", "heard HAPPENED", "ledger HAPPENED"}
	case kindSequence:
		for range p.steps {
			want = append(want, "told JOB_START", "told JOB_SUCCESS", "ledger JOB_START", "ledger JOB_SUCCESS")
		}
	case kindRelease:
		want = append(want, "gate BEFORE_RELEASE")
		for i := range p.taken() {
			want = append(want, fmt.Sprint("told BEFORE_STEP step ", i), fmt.Sprint("told AFTER_STEP step ", i),
				fmt.Sprint("check AFTER_STEP step ", i))
		}
		if p.taken() == p.steps && p.failing < 0 && p.doubted < 0 {
			want = append(want, "gate BEFORE_RELEASE_COMPLETE")
		}
		ends := map[string]string{latch.ReleaseReleased: "RELEASE_SUCCESS", latch.ReleaseRolledBack: "RELEASE_ROLLED_BACK",
			latch.ReleaseFailed: "RELEASE_FAILURE"}
		return append(want, "told RELEASE_COMPLETE", "ledger RELEASE_COMPLETE", "told "+ends[p.ends()], "ledger "+ends[p.ends()])
	}
	return append(want, "told JOB_START", "told JOB_COMPLETE", "told JOB_SUCCESS", "ledger JOB_START", "ledger JOB_SUCCESS")
}

// taken returns how many steps begin.
func (p plan) taken() int {
	if last := max(p.failing, p.doubted); last >= 0 {
		return last + 1
	}
	return p.steps
}

// ends returns the status with which a plan's run ends.
func (p plan) ends() string {
	switch {
	case p.kind != kindRelease:
		return latch.JobSucceeded
	case p.failing >= 0:
		return latch.ReleaseFailed
	case p.answer == latch.ResultFail || p.doubted >= 0:
		return latch.ReleaseRolledBack
	}
	return latch.ReleaseReleased
}

// work returns the paths of the executed steps and undos, in order.
func (p plan) work() (want []string) {
	for i := range p.taken() {
		want = append(want, "/step/"+p.id+"/"+strconv.Itoa(i))
	}
	if p.kind == kindRelease && p.ends() != latch.ReleaseReleased {
		for i := p.taken() - 1; i >= 0; i-- {
			want = append(want, "/undo/"+p.id+"/"+strconv.Itoa(i))
		}
	}
	return want
}

// answers returns people's answers to the lock of an event. A refusal comes at the last moment,
// when most has to be undone.
func (p plan) answers(event string) string {
	if event == latch.EventBeforeReleaseComplete {
		return p.answer
	}
	return latch.ResultPass
}

// counting are the events at which a webhook's answer matters, so that an unreadable one makes
// its record fail.
var counting = append([]string{"HAPPENED"}, stepEvents...)

// result returns the result that the record of a delivery must have. lied reports
// that its answer could not be read.
func (p plan) result(record latch.Record, lied bool) string {
	switch {
	case record.Lock != nil:
		return p.answers(record.Event)
	case lied && slices.Contains(counting, record.Event):
		return latch.ResultFail
	}
	return latch.ResultPass
}
