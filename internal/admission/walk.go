package admission

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
)

// visitor is shown every expression and template of an input with its path:
// sources that are not empty, and of JSON the value that the templates stand in.
type visitor interface {
	template(path, source string, place expr.Place)
	tree(path string, value json.RawMessage)
	expression(path, source string, use expr.Use)
}

// walker walks through an input in its order.
type walker struct {
	visit visitor
	// within is the job that is walked through, which may be one of a sequence.
	within *latch.Job
	// events are those at which what is visited is used; nil is the work.
	events []string
}

func (w *walker) job(path string, job *latch.Job) {
	outer := w.within
	w.within = job
	defer func() { w.within = outer }()
	w.task(join(path, "task"), job.Task)
	for i, item := range job.Jobs {
		if item.Job != nil {
			w.job(fmt.Sprintf("%s[%d]", join(path, "jobs"), i), item.Job)
		}
	}
	w.webhooks(join(path, "webhooks"), job.Webhooks)
}

func (w *walker) release(release *latch.Release) {
	for i, step := range release.Steps {
		path := fmt.Sprintf("steps[%d]", i)
		w.task(join(path, "do"), step.Do)
		w.task(join(path, "undo"), step.Undo)
	}
	w.webhooks("webhooks", release.Webhooks)
}

func (w *walker) webhooks(path string, webhooks []latch.Webhook) {
	for i := range webhooks {
		w.webhook(fmt.Sprintf("%s[%d]", path, i), &webhooks[i])
	}
}

func (w *walker) webhook(path string, webhook *latch.Webhook) {
	defer func() { w.events = nil }()
	place := expr.InBody(latch.BodyKindOf(webhook.ContentType))
	w.events = eventsOf(webhook, func(latch.Event) bool { return true })
	w.template(join(path, "url"), webhook.URL, expr.InURL)
	w.headers(join(path, "headers"), webhook.Headers)
	w.events = eventsOf(webhook, func(event latch.Event) bool { return len(event.Body) == 0 })
	w.body(join(path, "body"), webhook.Body, place)
	w.events = eventsOf(webhook, func(latch.Event) bool { return true })
	w.expression(join(path, "success"), webhook.Success, expr.Success)
	for i := range webhook.Events {
		event, at := &webhook.Events[i], fmt.Sprintf("%s[%d]", join(path, "events"), i)
		w.events = []string{event.Event}
		w.body(join(at, "body"), event.Body, place)
		w.expression(join(at, "when"), event.When, expr.When)
		w.expression(join(at, "result"), event.Result, expr.Result)
		w.expression(join(at, "stop_release"), event.StopRelease, expr.StopRelease)
		w.expression(join(at, "rollback_release"), event.RollbackRelease, expr.RollbackRelease)
	}
}

// eventsOf lists the events of a webhook to which something applies.
func eventsOf(webhook *latch.Webhook, applies func(latch.Event) bool) []string {
	events := []string{}
	for _, event := range webhook.EventSettings() {
		if applies(event) {
			events = append(events, event.Event)
		}
	}
	return events
}

func (w *walker) registered(webhook *latch.RegisteredWebhook) {
	w.events = eventsOf(&webhook.Webhook, func(latch.Event) bool { return true })
	w.expression("when", webhook.When, expr.When)
	w.webhook("", &webhook.Webhook)
}

func (w *walker) task(path string, task *latch.Task) {
	if task == nil {
		return
	}
	if activity := task.Activity; activity != nil {
		w.arguments(join(path, "activity"), activity.Input, activity.Args)
	}
	if workflow := task.Workflow; workflow != nil {
		at := join(path, "workflow")
		w.template(join(at, "id"), workflow.ID, expr.InText)
		w.arguments(at, workflow.Input, workflow.Args)
	}
	if http := task.HTTP; http != nil {
		at := join(path, "http")
		w.template(join(at, "url"), http.URL, expr.InURL)
		w.headers(join(at, "headers"), http.Headers)
		w.body(join(at, "body"), http.Body, expr.InBody(latch.BodyKindOf(http.ContentType)))
		w.expression(join(at, "success"), http.Success, expr.Success)
	}
	if command := task.Command; command != nil {
		at := join(path, "command")
		for i, argument := range command.Argv {
			w.template(fmt.Sprintf("%s.argv[%d]", at, i), argument, expr.InText)
		}
		for _, name := range slices.Sorted(maps.Keys(command.Env)) {
			w.template(at+".env."+name, command.Env[name], expr.InText)
		}
	}
}

func (w *walker) arguments(path string, input json.RawMessage, args []json.RawMessage) {
	w.tree(join(path, "input"), input)
	for i, argument := range args {
		w.tree(fmt.Sprintf("%s.args[%d]", path, i), argument)
	}
}

func (w *walker) headers(path string, headers map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		w.template(join(path, name), headers[name], expr.InHeader)
	}
}

// body takes a string for a template of the body's text, all else for JSON
// whose strings are templates.
func (w *walker) body(path string, body json.RawMessage, place expr.Place) {
	var text string
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte{'"'}) && json.Unmarshal(body, &text) == nil {
		w.template(path, text, place)
		return
	}
	w.tree(path, body)
}

func (w *walker) tree(path string, value json.RawMessage) {
	if len(value) > 0 {
		w.visit.tree(path, value)
	}
}

func (w *walker) template(path, source string, place expr.Place) {
	if source != "" {
		w.visit.template(path, source, place)
	}
}

func (w *walker) expression(path, source string, use expr.Use) {
	if source != "" {
		w.visit.expression(path, source, use)
	}
}
