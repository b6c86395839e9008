package dryrun

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/latchtest"
)

// Answers say what happens around a run. By default everything succeeds: webhooks are answered
// with 200 and {}, http tasks with 200 and no body, locks are removed after a minute, and
// activities, workflows and commands return nothing. Nobody overrides a freeze, or chooses what
// happens to a failed step.
type Answers struct {
	Webhooks []WebhookAnswers `json:"webhooks,omitempty"`
	Tasks    []TaskAnswers    `json:"tasks,omitempty"`
	Steps    []StepAnswers    `json:"steps,omitempty"`
}

// WebhookAnswers are the answers for the hooks of a webhook.
type WebhookAnswers struct {
	// Webhook is the webhook's id.
	Webhook string `json:"webhook"`
	// Event and Step limit the answers to an event, and to one of a step.
	Event string `json:"event,omitempty"`
	Step  string `json:"step,omitempty"`
	// Answers are used in turn, and the last one for all later requests.
	Answers []Answer `json:"answers,omitempty"`
	// Locks say what people do to the locks of these hooks, in turn.
	Locks []Removal `json:"locks,omitempty"`
}

// An Answer is the answer of a receiver.
type Answer struct {
	// Status is 200 by default.
	Status int `json:"status,omitempty"`
	// Headers may contain Retry-After.
	Headers map[string]string `json:"headers,omitempty"`
	// Body is JSON, or a string, which is sent unchanged.
	Body json.RawMessage `json:"body,omitempty"`
	// Unreachable refuses the connection. Timeout never answers.
	Unreachable bool `json:"unreachable,omitempty"`
	Timeout     bool `json:"timeout,omitempty"`
}

// A Removal says what a person does to a lock.
type Removal struct {
	// After is the time until the removal; a minute by default.
	After latch.Duration `json:"after,omitempty"`
	// Never leaves the lock open: it times out, or the run waits for ever.
	Never bool `json:"never,omitempty"`
	// The others are those of the message release_lock.
	By     string       `json:"by,omitempty"`
	Groups []string     `json:"groups,omitempty"`
	Vote   string       `json:"vote,omitempty"`
	Reason string       `json:"reason,omitempty"`
	Result string       `json:"result,omitempty"`
	Data   latch.Object `json:"data,omitempty"`
}

// TaskAnswers are the answers for tasks that call a URL, or are an activity, a workflow or a
// command. Exactly one of URL, Type and Command is set.
type TaskAnswers struct {
	// URL is the rendered URL of an http task.
	URL string `json:"url,omitempty"`
	// Type is the type of an activity or a workflow, or a Nexus operation.
	Type string `json:"type,omitempty"`
	// Command is the program of a command task, its first argument.
	Command string `json:"command,omitempty"`
	// Answers are for a URL, Results for the others. They are used in turn, and the last one
	// for all later tasks.
	Answers []Answer `json:"answers,omitempty"`
	Results []Result `json:"results,omitempty"`
}

// A Result is the result of an activity, a workflow or a command.
type Result struct {
	Result json.RawMessage `json:"result,omitempty"`
	// Error makes the task fail permanently, whatever its retry says.
	Error string `json:"error,omitempty"`
}

// DecodeAnswers decodes answers from JSON. Its error, [latch.Problems], contains all problems.
func DecodeAnswers(data []byte) (*Answers, error) {
	var answers Answers
	problems := latch.DecodeStrict(data, &answers)
	var found latch.Problems
	for i, each := range answers.Webhooks {
		each.check(&found, fmt.Sprintf("webhooks[%d]", i))
	}
	for i, each := range answers.Tasks {
		each.check(&found, fmt.Sprintf("tasks[%d]", i))
	}
	for i, each := range answers.Steps {
		each.check(&found, fmt.Sprintf("steps[%d]", i))
	}
	return &answers, problems.Merge(found).Err()
}

func (w *WebhookAnswers) check(problems *latch.Problems, path string) {
	if w.Webhook == "" {
		problems.Addf(path+".webhook", "required: the id of a webhook; %q is any", latchtest.Any)
	}
	if w.Event != "" {
		if err := latch.CheckEvent(w.Event); err != nil {
			problems.Addf(path+".event", "%v", err)
		}
	}
	if len(w.Answers) == 0 && len(w.Locks) == 0 {
		problems.Addf(path, "has neither answers nor locks")
	}
	checkAnswers(problems, path, w.Answers)
	for i, lock := range w.Locks {
		lock.check(problems, fmt.Sprintf("%s.locks[%d]", path, i))
	}
}

func (r *Removal) check(problems *latch.Problems, path string) {
	switch {
	case r.After < 0:
		problems.Addf(path+".after", "%s is negative", r.After)
	case r.Never && !reflect.DeepEqual(*r, Removal{Never: true}):
		problems.Addf(path+".never", "stands by itself: nobody removes the lock")
	case !r.Never:
		message, _ := json.Marshal(r.message("lock")) // no value of it fails
		if err := new(latch.LockRelease).Decode(message); err != nil {
			problems.Addf(path, "%v", err)
		}
	}
}

// message returns the message that removes the lock.
func (r *Removal) message(lock string) latch.LockRelease {
	return latch.LockRelease{Lock: lock, By: r.By, Groups: r.Groups, Vote: r.Vote, Reason: r.Reason, Result: r.Result, Data: r.Data}
}

func (t *TaskAnswers) check(problems *latch.Problems, path string) {
	given := 0
	for _, name := range []string{t.URL, t.Type, t.Command} {
		if name != "" {
			given++
		}
	}
	switch {
	case given != 1:
		problems.Addf(path, "has exactly one of url, type and command")
	case t.URL != "" && (len(t.Answers) == 0 || len(t.Results) > 0):
		problems.Addf(path, "a url has answers, and no results")
	case t.URL == "" && (len(t.Results) == 0 || len(t.Answers) > 0):
		problems.Addf(path, "a type and a command have results, and no answers")
	case t.URL != "" && !strings.HasPrefix(t.URL, "http://") && !strings.HasPrefix(t.URL, "https://"):
		problems.Addf(path+".url", "%q does not begin with http:// or https://", t.URL)
	}
	checkAnswers(problems, path, t.Answers)
	for i, result := range t.Results {
		if result.Error != "" && len(result.Result) > 0 {
			problems.Addf(fmt.Sprintf("%s.results[%d]", path, i), "has a result or an error, not both")
		}
	}
}

func checkAnswers(problems *latch.Problems, path string, answers []Answer) {
	for i, answer := range answers {
		at := fmt.Sprintf("%s.answers[%d]", path, i)
		silent := answer.Unreachable || answer.Timeout
		switch {
		case answer.Unreachable && answer.Timeout:
			problems.Addf(at, "is unreachable or a timeout, not both")
		case silent && (answer.Status != 0 || len(answer.Body) > 0 || len(answer.Headers) > 0):
			problems.Addf(at, "nobody answers, so that there is no status, header or body")
		case answer.Status != 0 && (answer.Status < 200 || answer.Status > 599):
			problems.Addf(at+".status", "is between 200 and 599, not %d", answer.Status)
		}
	}
}
