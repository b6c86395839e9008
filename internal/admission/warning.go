package admission

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/freeze"
	"github.com/latch-run/latch/internal/typo"
)

// JobWarnings returns what in a job is allowed but probably a mistake,
// including the jobs of its sequence. The job must have been admitted.
func JobWarnings(job *latch.Job) []latch.Problem { return warningsOf(job, nil) }

// RegisteredJobWarnings is [JobWarnings] for a registered job, whose templates
// see more fields.
func RegisteredJobWarnings(job *latch.Job, fields latch.Object) []latch.Problem {
	if fields == nil {
		fields = latch.Object{}
	}
	return warningsOf(job, fields)
}

func warningsOf(job *latch.Job, fields latch.Object) []latch.Problem {
	var warnings latch.Problems
	warnOfJob(&warnings, "", job)
	newDoubter(&warnings, scene{job: job, fields: fields}).walk(job)
	return warnings
}

// RegisteredWebhookWarnings is [JobWarnings] for a registered webhook.
func RegisteredWebhookWarnings(webhook *latch.RegisteredWebhook) []latch.Problem {
	var warnings latch.Problems
	warnOfHeaders(&warnings, "headers", webhook.Headers)
	for i := range webhook.Events {
		warnOfWaits(&warnings, fmt.Sprintf("events[%d]", i), &webhook.Events[i])
	}
	newDoubter(&warnings, scene{alone: true}).walk(webhook)
	return warnings
}

// WatchWarnings is [JobWarnings] for a watch.
func WatchWarnings(watch *latch.Watch) []latch.Problem {
	var warnings latch.Problems
	for i := range watch.Webhooks {
		at := fmt.Sprintf("webhooks[%d].", i)
		for _, warning := range RegisteredWebhookWarnings(&latch.RegisteredWebhook{Webhook: watch.Webhooks[i]}) {
			warnings.Addf(at+warning.Path, "%s", warning.Message)
		}
	}
	return warnings
}

// FreezeWarnings is [JobWarnings] for a freeze at a time.
func FreezeWarnings(registered *latch.Freeze, now time.Time) []latch.Problem {
	warnings := latch.Problems(freeze.Doubts(registered, now))
	newDoubter(&warnings, scene{alone: true}).walk(registered)
	return warnings
}

func warnOfJob(warnings *latch.Problems, path string, job *latch.Job) {
	for i, item := range job.Jobs {
		if item.Job != nil {
			warnOfJob(warnings, fmt.Sprintf("%s[%d]", join(path, "jobs"), i), item.Job)
		}
	}
	warnOfWebhooks(warnings, join(path, "webhooks"), job.Webhooks, jobRun)
}

// ReleaseWarnings is [JobWarnings] for a release.
func ReleaseWarnings(release *latch.Release) []latch.Problem {
	var warnings latch.Problems
	warnOfWebhooks(&warnings, "webhooks", release.Webhooks, releaseRun)
	newDoubter(&warnings, scene{release: release}).walk(release)
	return warnings
}

// EmissionWarnings is [JobWarnings] for an emission or a gate.
func EmissionWarnings(emission *latch.Emission) []latch.Problem {
	var warnings latch.Problems
	warnOfWebhooks(&warnings, "webhooks", emission.Webhooks, run{name: "this emission", fires: []string{emission.Event}})
	newDoubter(&warnings, scene{}).walk(emission)
	return warnings
}

// GateWarnings is [JobWarnings] for a gate.
func GateWarnings(gate *latch.Gate) []latch.Problem {
	emission := gate.Emission()
	var warnings latch.Problems
	warnOfWebhooks(&warnings, "webhooks", emission.Webhooks, run{name: "this gate", fires: []string{emission.Event}})
	newDoubter(&warnings, scene{}).walk(emission)
	return warnings
}

// run is what fires events: its name for messages, and the events.
type run struct {
	name  string
	fires []string
}

var jobRun = run{
	name:  "a job",
	fires: latch.EventsOf(latch.JobKind),
}

var releaseRun = run{
	name:  "a release",
	fires: latch.EventsOf(latch.ReleaseKind),
}

func warnOfWebhooks(warnings *latch.Problems, path string, webhooks []latch.Webhook, fired run) {
	for i := range webhooks {
		webhook, at := &webhooks[i], fmt.Sprintf("%s[%d]", path, i)
		warnOfHeaders(warnings, join(at, "headers"), webhook.Headers)
		if webhook.Event != "" {
			warnOfEvent(warnings, join(at, "event"), webhook.Event, fired)
		}
		for j := range webhook.Events {
			event, at := &webhook.Events[j], fmt.Sprintf("%s.events[%d]", at, j)
			warnOfEvent(warnings, join(at, "event"), event.Event, fired)
			warnOfWaits(warnings, at, event)
		}
	}
}

// warnOfEvent warns about an event that this run never fires.
func warnOfEvent(warnings *latch.Problems, path, event string, fired run) {
	if latch.IsEndpointEvent(event) {
		warnings.Addf(path, "%s is fired by no run: only registered webhooks hear of endpoints", event)
		return
	}
	if !slices.Contains(fired.fires, event) && !latch.IsOperatorEvent(event) && !latch.IsLockEvent(event) {
		warnings.Addf(path, "%s is never fired by %s, which fires %s%s", event, fired.name, strings.Join(fired.fires, ", "), typo.Hint(event, fired.fires))
	}
}

// warnOfWaits warns about limits of waits in which the hook never is.
func warnOfWaits(warnings *latch.Problems, path string, event *latch.Event) {
	if event.Blocking {
		if event.AnswerTimeout != 0 {
			warnings.Addf(join(path, "answer_timeout"), "%s has no effect on a hook that blocks; lock_timeout bounds its wait", event.AnswerTimeout)
		}
		return
	}
	if event.LockTimeout != 0 {
		warnings.Addf(join(path, "lock_timeout"), "%s has no effect on a hook that does not block; answer_timeout bounds its wait", event.LockTimeout)
	}
	if event.OnTimeout != "" {
		warnings.Addf(join(path, "on_timeout"), "%q has no effect on a hook that does not block: it has no lock", event.OnTimeout)
	}
}

// sensitive are parts of header names that show that the value is a credential.
var sensitive = []string{"authorization", "cookie", "token", "secret", "password", "api-key", "apikey", "access-key", "private-key"}

func warnOfHeaders(warnings *latch.Problems, path string, headers map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		lower := strings.ToLower(name)
		if slices.ContainsFunc(sensitive, func(part string) bool { return strings.Contains(lower, part) }) {
			warnings.Addf(join(path, name), "its value stands in workflow history, open to all who can read it; header_secrets, with the name of a secret, keeps it out")
		}
	}
}
