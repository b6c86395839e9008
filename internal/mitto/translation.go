package mitto

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/cron"
	"github.com/latch-run/latch/internal/rawjson"
)

// Keys of a job that Latch understands.
const (
	keyName            = "name"
	keyTitle           = "title"
	keyType            = "type"
	keyTags            = "tags"
	keyTimeout         = "timeout"
	keyDelay           = "delay"
	keyContinueOnError = "continue_on_error"
	keySchedule        = "schedule"
	keyVars            = "vars"
	keyRetry           = "retry"
	keyConf            = "conf"
	keyTask            = "task"
	keyJobs            = "jobs"
	keyWebhooks        = "webhooks"

	// keyWork stands for conf, task, jobs and type together: the job's work.
	keyWork = ownPrefix + "work"
)

// A translation builds Latch's JSON from Mitto's.
type translation struct {
	extras map[string]json.RawMessage
	// latches is the job in Latch's JSON, as far as it is translated.
	latches  latch.Object
	problems latch.Problems
	// renamed maps paths in Latch's JSON to the paths that the client wrote.
	// The longest match wins.
	renamed map[string]string
	// lacks says why the job cannot run.
	lacks string
}

func newTranslation(extras map[string]json.RawMessage) *translation {
	return &translation{extras: extras, latches: latch.Object{}, renamed: map[string]string{}}
}

func (t *translation) set(key string, value json.RawMessage) { t.latches[key] = value }

// compile builds Latch's job from Extras and the hooks. It builds all of it if
// touched is nil or there is no job yet, otherwise only the touched keys, so
// that the job keeps what Mitto's JSON cannot express.
func (j *Job) compile(touched map[string]bool, hooks []hook) error {
	t := newTranslation(j.Extras)
	if j.Latch == nil {
		touched = nil
	} else if touched != nil {
		t.latches = members(rawjson.Encode(j.Latch))
	}
	t.set("id", rawjson.Encode(j.ID))
	t.settings(touched)
	if touched == nil || touched[keyWork] {
		t.work()
	}
	t.hooks(hooks)
	job, err := t.admit()
	if err != nil {
		return err
	}
	if t.lacks != "" {
		job = nil
	}
	j.Latch, j.Lacks = job, t.lacks
	j.keepHooks(hooks)
	return nil
}

// settings translates the touched keys that depend on no other, or all of them
// if touched is nil.
func (t *translation) settings(touched map[string]bool) {
	for key, translate := range t.keys() {
		if value, sent := t.extras[key]; sent && (touched == nil || touched[key]) {
			translate(value)
		}
	}
}

// keys returns the translation of each key that depends on no other.
func (t *translation) keys() map[string]func(json.RawMessage) {
	as := func(key string) func(json.RawMessage) {
		return func(value json.RawMessage) { t.set(key, value) }
	}
	return map[string]func(json.RawMessage){
		keyName: as(keyName), keyTitle: as(keyTitle), keyContinueOnError: as(keyContinueOnError), keyVars: as(keyVars), keyRetry: as(keyRetry),
		keyTags:     t.tags,
		keyTimeout:  func(value json.RawMessage) { t.set(keyTimeout, duration(value)) },
		keyDelay:    func(value json.RawMessage) { t.set(keyDelay, duration(value)) },
		keySchedule: t.schedule,
	}
}

// tags reads a list of names, or of objects with a name.
func (t *translation) tags(value json.RawMessage) {
	var tags []json.RawMessage
	if json.Unmarshal(value, &tags) == nil {
		for i := range tags {
			if name, sent := members(tags[i])[keyName]; sent {
				tags[i] = name
			}
		}
		value = rawjson.Encode(tags)
	}
	t.set(keyTags, value)
}

// Failing returns the job that START runs for a job that cannot run: the same
// job with its webhooks, but with work that fails. Its error, [latch.Problems],
// is about values that were stored before they were found invalid.
func (j *Job) Failing() (*latch.Job, error) {
	t := newTranslation(j.Extras)
	t.set("id", rawjson.Encode(j.ID))
	t.settings(nil)
	t.hooks(j.hooks())
	return t.admit()
}

// failingTask is the work of a job that cannot run.
const failingTask = `{"command":{"argv":["false"]}}`

// admit checks the job against Latch's rules. A job that cannot run, or whose
// work is already known to be invalid, is checked with a placeholder task.
func (t *translation) admit() (*latch.Job, error) {
	if isNull(t.latches[keyTask]) && isNull(t.latches[keyJobs]) {
		t.set(keyTask, json.RawMessage(failingTask))
	}
	job, err := admission.DecodeJob(rawjson.Encode(t.latches))
	var found latch.Problems
	if err != nil && !errors.As(err, &found) {
		return nil, err
	}
	if job != nil {
		for _, problem := range cron.Check(job.Schedule) {
			found.Addf("schedule."+problem.Path, "%s", problem.Message)
		}
	}
	for i := range found {
		found[i].Path = t.rename(found[i].Path)
	}
	if problems := t.problems.Merge(found); len(problems) > 0 {
		return nil, problems
	}
	return job, nil
}

// rename converts a path in Latch's JSON to the path that the client wrote.
func (t *translation) rename(path string) string {
	froms := slices.SortedFunc(maps.Keys(t.renamed), func(a, b string) int { return len(b) - len(a) })
	for _, from := range froms {
		rest, found := strings.CutPrefix(path, from)
		if found && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return t.renamed[from] + rest
		}
	}
	return path
}

// within makes the paths of problems relative to one webhook, because the
// client sent only that. A negative index leaves them alone.
func within(err error, webhook int) error {
	var problems latch.Problems
	if webhook < 0 || !errors.As(err, &problems) {
		return err
	}
	for i := range problems {
		problems[i].Path = strings.TrimPrefix(strings.TrimPrefix(problems[i].Path, fmt.Sprintf("webhooks[%d]", webhook)), ".")
	}
	return problems
}
