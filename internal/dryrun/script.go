package dryrun

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/latchtest"
)

// script sets the answers of the hooks. Nobody overrides a freeze that no answer names.
func (a *Answers) script(hooks *latchtest.Hooks, freezes []latch.RegisteredFreeze) {
	all := hooks.On(latchtest.Any, latchtest.Any).Maybe()
	if !a.speaksOfAll(func(w WebhookAnswers) bool { return len(w.Answers) > 0 }) {
		all.Answer(http.StatusOK, "{}")
	}
	if !a.speaksOfAll(func(w WebhookAnswers) bool { return len(w.Locks) > 0 }) {
		all.Release(assumedRemoval.message(""))
	}
	for i := range freezes {
		name := freezes[i].LockName()
		if !slices.ContainsFunc(a.Webhooks, func(w WebhookAnswers) bool { return w.Webhook == name }) {
			hooks.On(name, latchtest.Any).Maybe().ReleaseAfter(never, (&Removal{}).message(""))
		}
	}
	for _, webhook := range a.Webhooks {
		event := webhook.Event
		if event == "" {
			event = latchtest.Any
		}
		script := hooks.On(webhook.Webhook, event).Maybe()
		if webhook.Step != "" {
			script = script.Step(webhook.Step).Maybe()
		}
		scriptAnswers(script, webhook.Answers)
		for _, lock := range webhook.Locks {
			switch {
			case lock.Never:
				script.ReleaseAfter(never, lock.message(""))
			case lock.After > 0:
				script.ReleaseAfter(time.Duration(lock.After), lock.message(""))
			default:
				script.Release(lock.message(""))
			}
		}
	}
	for _, task := range a.Tasks {
		if task.URL != "" {
			scriptAnswers(hooks.OnURL(task.URL).Maybe(), task.Answers)
		}
	}
}

// speaksOfAll reports whether an entry for any webhook at any event matches.
func (a *Answers) speaksOfAll(says func(WebhookAnswers) bool) bool {
	return slices.ContainsFunc(a.Webhooks, func(w WebhookAnswers) bool {
		return w.Webhook == latchtest.Any && w.Event == "" && w.Step == "" && says(w)
	})
}

func scriptAnswers(script *latchtest.Script, answers []Answer) {
	for _, answer := range answers {
		switch {
		case answer.Unreachable:
			script.Unreachable()
		case answer.Timeout:
			script.TimeOut()
		default:
			script.AnswerWith(latchtest.Answer{Status: answer.Status, Header: headerOf(answer.Headers), Body: bodyOf(answer.Body)})
		}
	}
}

func headerOf(given map[string]string) http.Header {
	header := http.Header{}
	for name, value := range given {
		header.Set(name, value)
	}
	return header
}

// bodyOf returns a string unchanged, and any other JSON as JSON.
func bodyOf(body json.RawMessage) string {
	var text string
	if json.Unmarshal(body, &text) == nil {
		return text
	}
	return string(body)
}

// mentions reports whether an answer is for the hooks of the webhook at the event.
func (w *WebhookAnswers) mentions(webhook, event, step string) bool {
	return webhook != "" && (w.Webhook == latchtest.Any || w.Webhook == webhook) &&
		(w.Event == "" || w.Event == event) && (w.Step == "" || w.Step == step)
}

// assumes reports whether no answer applies to a request of the hook.
func (a *Answers) assumes(webhook, event, step string) bool {
	return !slices.ContainsFunc(a.Webhooks, func(w WebhookAnswers) bool {
		return len(w.Answers) > 0 && w.mentions(webhook, event, step)
	})
}

// assumedRemoval removes the locks that no answer mentions.
var assumedRemoval = Removal{Reason: "assumed: no answer mentions this lock"}
