package main

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/latch-run/latch"
)

// These are the kinds of runs.
const (
	kindJob        = "job"
	kindSequence   = "sequence"
	kindRelease    = "release"
	kindEmission   = "emission"
	kindRegistered = "registered job"
	// kindScheduled is a run of [scheduledID], which only its schedule starts.
	kindScheduled = "scheduled job"
)

// kinds are those that callers start.
var kinds = []string{kindJob, kindSequence, kindRelease, kindEmission, kindRegistered}

// registeredJobs is how many jobs are registered for callers to start. Each has one open run at
// a time. scheduledID is the id of one more, which runs by its schedule.
const (
	registeredJobs = 8
	scheduledID    = "scheduled"
)

// answerBoth makes one side answer pass and the other fail, at the same time.
const answerBoth = "both"

// A plan is one run: its input, and the answers to it.
type plan struct {
	kind string
	// id is that of the job, release or emission, and part of the paths of its
	// receivers.
	id string
	// key is the idempotency key of its start.
	key string
	// answer is people's answer to the last lock of a release: pass, fail or answerBoth.
	answer string
	// steps is how many steps or jobs it has.
	steps int
	// failing is the step that fails, or -1: its receiver refuses it or, with lies, answers 200
	// with an unreadable body.
	failing int
	lies    bool
	// doubted is the step after which the webhook check gets an unreadable answer, or -1.
	doubted int
}

// planned returns the nth plan of a seed. It does not depend on the others.
func planned(seed uint64, n int) plan {
	random := rand.New(rand.NewPCG(seed, uint64(n)))
	p := plan{kind: kinds[random.IntN(len(kinds))], id: fmt.Sprintf("u%d", n), key: fmt.Sprintf("key-%d-%d", seed, n),
		answer: latch.ResultPass, steps: 1, failing: -1, doubted: -1}
	switch p.kind {
	case kindRelease:
		p.steps = 2 + random.IntN(2)
		switch step := random.IntN(p.steps); random.IntN(10) {
		case 0, 1:
			p.answer = latch.ResultFail
		case 2, 3:
			p.answer = answerBoth
		case 4:
			p.failing = step
		case 5:
			p.failing, p.lies = step, true
		case 6:
			p.doubted = step
		}
	case kindSequence:
		p.steps = 3
	case kindRegistered:
		p.id = registeredID(random.IntN(registeredJobs))
	}
	return p
}

func registeredID(n int) string { return fmt.Sprintf("registered-%d", n) }

// registeredPlan is the plan of a run of a registered job.
func registeredPlan(kind, id string) plan {
	return plan{kind: kind, id: id, answer: latch.ResultPass, steps: 1, failing: -1, doubted: -1}
}

// These are the settings of webhooks and of work. A receiver that hangs is abandoned after two
// seconds, and everything is retried until it succeeds. The run waits for an answer that
// decides.
const (
	settings = `"timeout": "2s", "retry": {"initial_interval": "300ms", "maximum_interval": "2s"}`
	// undoSettings suit the five attempts of an undo.
	undoSettings = `"timeout": "5s", "retry": {"initial_interval": "2s", "maximum_interval": "30s"}`
	patient      = `"answer_timeout": "12h"`
)

// These are the events that the webhooks listen to.
var (
	jobEvents     = []string{"JOB_START", "JOB_COMPLETE", "JOB_SUCCESS", "JOB_FAILURE"}
	releaseEvents = []string{"RELEASE_COMPLETE", "RELEASE_SUCCESS", "RELEASE_ROLLED_BACK", "RELEASE_STOPPED", "RELEASE_FAILURE"}
	stepEvents    = []string{"BEFORE_STEP", "AFTER_STEP"}
	ledgerEvents  = []string{"HAPPENED", "JOB_START", "JOB_SUCCESS", "RELEASE_COMPLETE", "RELEASE_SUCCESS",
		"RELEASE_ROLLED_BACK", "RELEASE_FAILURE"}
	ledgerWebhook = "ledger"
	checkWebhook  = "check"
	gateWebhook   = "gate"
	toldWebhook   = "told"
	heardWebhook  = "heard"
	deciding      = fmt.Sprintf(`{"event": %%q, %s}`, patient)
	notDeciding   = `{"event": %q}`
	held          = `{"event": %q, "blocking": true, "rollback_release": "history.result == 'fail'"}`
	checked       = fmt.Sprintf(`{"event": %%q, "rollback_release": "history.data.ok == false", "on_error": "rollback", %s}`, patient)
)

// input returns the input as JSON, with receivers at a base URL.
func (p plan) input(base string) string {
	switch p.kind {
	case kindEmission:
		return fmt.Sprintf(`{"id": %q, "event": "HAPPENED", "webhooks": [%s, %s]}`, p.id,
			p.webhook(base, toldWebhook, listen(notDeciding, "HAPPENED")), p.webhook(base, heardWebhook, listen(notDeciding, "HAPPENED")))
	case kindRelease:
		return p.release(base)
	case kindSequence:
		jobs := make([]string, p.steps)
		for i := range jobs {
			jobs[i] = fmt.Sprintf(`{"id": "%s-%d", "task": %s, "webhooks": [%s]}`, p.id, i, p.task(base, "step", i),
				p.webhook(base, toldWebhook, listen(notDeciding, "JOB_START", "JOB_SUCCESS")))
		}
		return fmt.Sprintf(`{"id": %q, "jobs": [%s], "webhooks": [%s]}`, p.id, strings.Join(jobs, ", "),
			p.webhook(base, toldWebhook, listen(notDeciding, jobEvents...)))
	}
	schedule := ""
	if p.kind == kindScheduled {
		schedule = `"schedule": "@every 5s", `
	}
	return fmt.Sprintf(`{"id": %q, %s"task": %s, "webhooks": [%s]}`, p.id, schedule, p.task(base, "step", 0),
		p.webhook(base, toldWebhook, listen(notDeciding, jobEvents...)))
}

// release is held before its first step and before its end, and checked after
// each step.
func (p plan) release(base string) string {
	steps := make([]string, p.steps)
	for i := range steps {
		steps[i] = fmt.Sprintf(`{"name": "step %d", "do": %s, "undo": %s}`, i, p.task(base, "step", i), p.task(base, "undo", i))
	}
	webhooks := []string{
		p.webhook(base, toldWebhook, listen(deciding, stepEvents...), listen(notDeciding, releaseEvents...)),
		p.webhook(base, gateWebhook, listen(held, latch.EventBeforeRelease, latch.EventBeforeReleaseComplete)),
		p.webhook(base, checkWebhook, listen(checked, latch.EventAfterStep)),
	}
	return fmt.Sprintf(`{"id": %q, "steps": [%s], "webhooks": [%s]}`, p.id, strings.Join(steps, ", "), strings.Join(webhooks, ", "))
}

// ledger is a registered webhook that receives the events of every run, one delivery of a run
// after another.
func ledger(base string) string {
	return fmt.Sprintf(`{"kind": "webhook", "id": %q, "url": "%s/hook/all/%s", "ordered": true, %s, "events": [%s]}`,
		ledgerWebhook, base, ledgerWebhook, settings, listen(notDeciding, ledgerEvents...))
}

func (p plan) webhook(base, id string, events ...string) string {
	return fmt.Sprintf(`{"id": %q, "url": "%s/hook/%s/%s", %s, "events": [%s]}`, id, base, p.id, id, settings, strings.Join(events, ", "))
}

// listen returns a list of events, each in the form given.
func listen(form string, events ...string) string {
	texts := make([]string, len(events))
	for i, event := range events {
		texts[i] = fmt.Sprintf(form, event)
	}
	return strings.Join(texts, ", ")
}

func (p plan) task(base, what string, i int) string {
	how := settings
	if what == "undo" {
		how = undoSettings
	}
	return fmt.Sprintf(`{"http": {"url": "%s/%s/%s/%d", "success": "response.data.ok", %s}}`, base, what, p.id, i, how)
}
