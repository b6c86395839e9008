package latch

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// A NexusTask calls an operation of a Nexus service, behind whichever endpoint
// Temporal has for it.
type NexusTask struct {
	Endpoint  string `json:"endpoint" latch:"plain"`
	Service   string `json:"service" latch:"plain"`
	Operation string `json:"operation" latch:"plain"`
	// Input is the argument.
	Input json.RawMessage `json:"input,omitempty" latch:"template,json"`
	// Timeout bounds the operation, from its scheduling; 10m by default.
	Timeout Duration `json:"timeout,omitempty" unset:"10m"`
}

// These are the kinds of work of a hook, with the keys of a webhook as names.
const (
	WorkActivity = "activity"
	WorkWorkflow = "workflow"
	WorkNexus    = "nexus"
)

// Work returns the kind of the webhook's work, or "" for a webhook that calls a URL, that
// measures, or that only makes a lock.
func (w *Webhook) Work() string {
	switch {
	case w.Activity != nil:
		return WorkActivity
	case w.Workflow != nil:
		return WorkWorkflow
	case w.Nexus != nil:
		return WorkNexus
	default:
		return ""
	}
}

// Kind returns what the webhook's hooks do: activity, workflow, nexus, analysis, url, or lock
// if they have nothing to call.
func (w *Webhook) Kind() string {
	switch {
	case w.Work() != "":
		return w.Work()
	case w.Analysis != nil:
		return "analysis"
	case w.HasURL():
		return "url"
	default:
		return "lock"
	}
}

// WorkName names the work for records and lists: by its task queue, if it has one, and its
// type, or by endpoint, service and operation.
func (w *Webhook) WorkName() string {
	var parts []string
	switch w.Work() {
	case WorkActivity:
		parts = []string{w.Activity.TaskQueue, w.Activity.Type}
	case WorkWorkflow:
		parts = []string{w.Workflow.TaskQueue, w.Workflow.Type}
	case WorkNexus:
		parts = []string{w.Nexus.Endpoint, w.Nexus.Service, w.Nexus.Operation}
	}
	return strings.TrimPrefix(strings.Join(parts, "/"), "/")
}

// HasTarget reports whether the webhook has anything to call, to do or to measure. A webhook
// without a target only makes locks.
func (w *Webhook) HasTarget() bool { return w.HasURL() || w.Work() != "" || w.Analysis != nil }

// WorkInput returns the work's own input, or nil if the work gets the webhook's body.
func (w *Webhook) WorkInput() []json.RawMessage {
	input, args := json.RawMessage(nil), []json.RawMessage(nil)
	switch w.Work() {
	case WorkActivity:
		input, args = w.Activity.Input, w.Activity.Args
	case WorkWorkflow:
		input, args = w.Workflow.Input, w.Workflow.Args
	case WorkNexus:
		input = w.Nexus.Input
	}
	if hasValue(input) {
		return []json.RawMessage{input}
	}
	return args
}

// AttemptTimeout returns how long one attempt may take. For work this is the work's own
// timeout, and otherwise the webhook's.
func (w *Webhook) AttemptTimeout() time.Duration {
	given := w.Timeout
	switch {
	case given > 0 && w.Work() != "":
	case w.Activity != nil:
		given = WithDefaults(*w.Activity).Timeout
	case w.Workflow != nil:
		given = WithDefaults(*w.Workflow).Timeout
	case w.Nexus != nil:
		given = WithDefaults(*w.Nexus).Timeout
	case w.Analysis != nil:
		given = Duration(w.Analysis.attempt())
	default:
		given = cmp.Or(w.Timeout, webhookDefaults.Timeout)
	}
	return time.Duration(given)
}

// AnswerTimeout returns how long a hook that does not block may delay a decision. The default
// is 90s, for work at least as long as one attempt may take, and for a poll and an analysis as
// long as all of it may take.
func (w *Webhook) AnswerTimeout(settings Event) time.Duration {
	limit := time.Duration(WithDefaults(settings).AnswerTimeout)
	switch {
	case settings.AnswerTimeout > 0:
		return limit
	case w.Analysis != nil:
		return limit + w.Analysis.Longest()
	case w.Poll != nil:
		return limit + time.Duration(WithDefaults(*w.Poll).Timeout)
	case w.Work() == "":
		return limit
	}
	if w.Activity != nil {
		limit += time.Duration(WithDefaults(*w.Activity).StartTimeout)
	}
	return limit + w.AttemptTimeout()
}

// Lasts returns how long a delivery is attempted, from its first attempt: until its retry's
// deadline, plus the timeout of a poll. For an analysis it is the analysis's longest duration.
func (w *Webhook) Lasts() time.Duration {
	if w.Analysis != nil {
		return w.Analysis.Longest()
	}
	lasts := time.Duration(w.Retry.WithDefaults().Deadline)
	if w.Poll != nil {
		lasts += time.Duration(WithDefaults(*w.Poll).Timeout)
	}
	return lasts
}

// targets returns the keys that say what the webhook's hooks do.
func (w *Webhook) targets() []string {
	var found []string
	for _, each := range []struct {
		key string
		set bool
	}{{"url", w.URL != ""}, {"url_secret", w.URLSecret != ""}, {WorkActivity, w.Activity != nil},
		{WorkWorkflow, w.Workflow != nil}, {WorkNexus, w.Nexus != nil}, {"analysis", w.Analysis != nil}} {
		if each.set {
			found = append(found, each.key)
		}
	}
	return found
}

// requestKeys returns the given keys that only apply to an HTTP request.
func (w *Webhook) requestKeys() []string {
	var given []string
	for _, each := range []struct {
		key string
		set bool
	}{
		{"method", w.Method != ""}, {"content_type", w.ContentType != ""}, {"headers", w.Headers != nil},
		{"header_secrets", w.HeaderSecrets != nil},
		{"preset", w.Preset != ""}, {"interactive", w.Interactive}, {"cloudevents", w.CloudEvents != ""}, {"success",
			w.Success != ""}, {"secret", w.Secret != ""},
		{"secret_header", w.SecretHeader != ""}, {"send_secret", w.SendSecret != nil}, {"auth", w.Auth != nil},
		{"tls", w.TLS != nil}, {"path", w.Path != ""}, {"rate", w.Rate != ""}, {"poll", w.Poll != nil},
	} {
		if each.set {
			given = append(given, each.key)
		}
	}
	return given
}

// validateWork checks each given kind of work.
func (w *Webhook) validateWork(problems *Problems, path string) {
	if w.Activity != nil {
		w.Activity.validate(problems, field(path, WorkActivity))
		if w.Activity.Retry != nil {
			problems.Addf(field(path, "activity.retry"), "a hook is tried again as its webhook says; give retry there")
		}
	}
	if w.Workflow != nil {
		w.Workflow.validate(problems, field(path, WorkWorkflow))
	}
	if w.Nexus != nil {
		w.Nexus.validate(problems, field(path, WorkNexus))
	}
}

// validateOnlyWork checks the other keys of a webhook whose hooks are work.
func (w *Webhook) validateOnlyWork(problems *Problems, path string) {
	for _, key := range w.requestKeys() {
		problems.Addf(field(path, key), "is about an HTTP request, and this webhook's hooks are work (%s): leave it out", w.Work())
	}
	w.validateWorkTimeout(problems, path)
	w.validateWorkBody(problems, path)
	if w.Retry != nil && (w.Retry.On != nil || w.Retry.NotOn != nil) {
		problems.Addf(field(path, "retry"), "on and not_on are about HTTP statuses, which work (%s) has not: what fails says whether it may be tried again", w.Work())
	}
}

func (w *Webhook) validateWorkTimeout(problems *Problems, path string) {
	own := Duration(0)
	switch w.Work() {
	case WorkActivity:
		own = w.Activity.Timeout
	case WorkWorkflow:
		own = w.Workflow.Timeout
	case WorkNexus:
		own = w.Nexus.Timeout
	}
	if own != 0 && w.Timeout != 0 {
		problems.Addf(field(path, "timeout"), "stands in %s too; give one of them", w.Work())
	}
}

// validateWorkBody refuses two inputs for the work.
func (w *Webhook) validateWorkBody(problems *Problems, path string) {
	if w.WorkInput() == nil {
		return
	}
	const both = "is what the work is given unless %s has input or args; give one of them"
	if hasValue(w.Body) {
		problems.Addf(field(path, "body"), both, w.Work())
	}
	for i, settings := range w.Events {
		if hasValue(settings.Body) {
			problems.Addf(field(element(field(path, "events"), i), "body"), both, w.Work())
		}
	}
}

func (t *NexusTask) validate(problems *Problems, path string) {
	for _, each := range []struct{ key, value string }{{"endpoint", t.Endpoint}, {"service", t.Service}, {"operation", t.Operation}} {
		requireText(problems, field(path, each.key), each.value)
		boundName(problems, field(path, each.key), each.value)
	}
	checkDuration(problems, field(path, "timeout"), t.Timeout)
}

// checkOneTarget refuses a webhook with two targets.
func (w *Webhook) checkOneTarget(problems *Problems, path string) bool {
	targets := w.targets()
	if len(targets) < 2 || slices.Equal(targets, []string{"url", "url_secret"}) {
		return true
	}
	problems.Addf(field(path, targets[len(targets)-1]), "a webhook has one of url, url_secret, activity, workflow, nexus and analysis, not %s", enumerate(targets))
	return false
}
