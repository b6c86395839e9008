package main

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/latch-run/latch"
)

// The kinds of what is started.
const (
	kindJob        = "job"
	kindSequence   = "sequence"
	kindRelease    = "release"
	kindEmission   = "emission"
	kindRegistered = "registered job"
)

var kinds = []string{kindJob, kindSequence, kindRelease, kindEmission, kindRegistered}

// registeredJobs is how many jobs are registered; each runs once at a time.
const registeredJobs = 8

// A plan is one run: what is started, and what must come of it.
type plan struct {
	kind string
	// id is that of what runs, and the beginning of all its receivers' paths.
	id string
	// key is the idempotency key of its start.
	key string
	// answer is what people answer to the locks of a release: pass or fail.
	answer string
	// steps is how many steps or jobs it has.
	steps int
	// failing is the step whose receiver refuses it; -1 is none.
	failing int
}

// planned returns the nth plan of a seed, whatever came before.
func planned(seed uint64, n int) plan {
	random := rand.New(rand.NewPCG(seed, uint64(n)))
	p := plan{kind: kinds[random.IntN(len(kinds))], id: fmt.Sprintf("u%d", n), key: fmt.Sprintf("key-%d-%d", seed, n),
		answer: latch.ResultPass, steps: 1, failing: -1}
	switch p.kind {
	case kindRelease:
		p.steps = 2 + random.IntN(2)
		if random.IntN(3) == 0 {
			p.answer = latch.ResultFail
		} else if random.IntN(4) == 0 {
			p.failing = random.IntN(p.steps)
		}
	case kindSequence:
		p.steps = 3
	case kindRegistered:
		p.id = registeredID(random.IntN(registeredJobs))
	}
	return p
}

func registeredID(n int) string { return fmt.Sprintf("registered-%d", n) }

// The settings of webhooks and of work: a receiver that hangs is given up after
// two seconds, and all is tried again until it succeeds.
const (
	settings = `"timeout": "2s", "retry": {"initial_interval": "300ms", "maximum_interval": "2s"}`
	// undoSettings bears what an undo is allowed, five attempts.
	undoSettings = `"timeout": "5s", "retry": {"initial_interval": "2s", "maximum_interval": "30s"}`
)

// input returns what is started, as JSON, with receivers at a base URL.
func (p plan) input(base string) string {
	told := func(events ...string) string {
		return fmt.Sprintf(`{"id": "told", "url": "%s/hook/%s/told", %s, "events": [%s]}`, base, p.id, settings, eventsJSON(events))
	}
	switch p.kind {
	case kindEmission:
		return fmt.Sprintf(`{"id": %q, "event": "HAPPENED", "webhooks": [%s, %s]}`, p.id, told("HAPPENED"),
			strings.ReplaceAll(told("HAPPENED"), `told`, `heard`))
	case kindRelease:
		return p.release(base, told("BEFORE_STEP", "AFTER_STEP", "RELEASE_COMPLETE", "RELEASE_SUCCESS", "RELEASE_ROLLED_BACK",
			"RELEASE_STOPPED", "RELEASE_FAILURE"))
	case kindSequence:
		jobs := make([]string, p.steps)
		for i := range jobs {
			jobs[i] = fmt.Sprintf(`{"id": "%s-%d", "task": %s, "webhooks": [%s]}`, p.id, i, p.task(base, "step", i), told("JOB_START", "JOB_SUCCESS"))
		}
		return fmt.Sprintf(`{"id": %q, "jobs": [%s], "webhooks": [%s]}`, p.id, strings.Join(jobs, ", "), told(jobEvents...))
	}
	return fmt.Sprintf(`{"id": %q, "task": %s, "webhooks": [%s]}`, p.id, p.task(base, "step", 0), told(jobEvents...))
}

var jobEvents = []string{"JOB_START", "JOB_COMPLETE", "JOB_SUCCESS", "JOB_FAILURE"}

// release is held before its first step and before its end.
func (p plan) release(base, told string) string {
	steps := make([]string, p.steps)
	for i := range steps {
		steps[i] = fmt.Sprintf(`{"name": "step %d", "do": %s, "undo": %s}`, i, p.task(base, "step", i), p.task(base, "undo", i))
	}
	held := `{"event": %q, "blocking": true, "rollback_release": "history.result == 'fail'"}`
	return fmt.Sprintf(`{"id": %q, "steps": [%s], "webhooks": [%s, {"id": "gate", "url": "%s/hook/%s/gate", %s, "events": [%s, %s]}]}`,
		p.id, strings.Join(steps, ", "), told, base, p.id, settings,
		fmt.Sprintf(held, latch.EventBeforeRelease), fmt.Sprintf(held, latch.EventBeforeReleaseComplete))
}

func (p plan) task(base, what string, i int) string {
	how := settings
	if what == "undo" {
		how = undoSettings
	}
	return fmt.Sprintf(`{"http": {"url": "%s/%s/%s/%d", %s}}`, base, what, p.id, i, how)
}

func eventsJSON(events []string) string {
	texts := make([]string, len(events))
	for i, event := range events {
		texts[i] = fmt.Sprintf(`{"event": %q}`, event)
	}
	return strings.Join(texts, ", ")
}

// refuses reports whether the receiver refuses a step for good.
func (p plan) refuses(what string, i int) bool { return what == "step" && i == p.failing }

// answers returns what people answer to the lock of an event: a refusal comes at
// the last moment, when there is most to undo.
func (p plan) answers(event string) string {
	if event == latch.EventBeforeReleaseComplete {
		return p.answer
	}
	return latch.ResultPass
}
