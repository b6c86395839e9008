package declared

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/cron"
	"github.com/latch-run/latch/internal/mitto"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/spec"
	"github.com/latch-run/latch/internal/typo"
)

// A Kind is the kind of a declared entry.
type Kind string

// These are the kinds that can be declared, in the order in which they are applied.
const (
	Tag     Kind = "tag"
	Webhook Kind = "webhook"
	Watch   Kind = "watch"
	Freeze  Kind = "freeze"
	Job     Kind = "job"
)

// Kinds lists all kinds.
var Kinds = []Kind{Tag, Webhook, Watch, Freeze, Job}

// An Item is one declared entry.
type Item struct {
	Kind Kind
	ID   string
	// Label names the document, for people.
	Label string
	// Locate adds the positions in the file to problems. It may be nil.
	Locate func(latch.Problems) latch.Problems

	// Job is the job to run. It is nil for a job that cannot run, for the reason in Lacks.
	Job   *latch.Job
	Lacks string
	// Extras are the keys that belong to other systems. If nil, the registered ones stay.
	Extras map[string]json.RawMessage
	// If Paused is nil or TaskQueue is empty, the registered value stays.
	Paused    *bool
	TaskQueue string
	// document is a job's document.
	document object

	// Webhook is the registered webhook.
	Webhook *latch.RegisteredWebhook
	// Watch is the watch.
	Watch *latch.RegisteredWatch
	// Freeze is the freeze.
	Freeze *latch.RegisteredFreeze
}

// Title returns the item's title for people, or "".
func (i *Item) Title() string {
	if i.Job != nil {
		return i.Job.Title
	}
	return ""
}

// located returns the problems with their positions in the file.
func (i *Item) located(problems latch.Problems) latch.Problems {
	if i.Locate != nil {
		problems = i.Locate(problems)
	}
	return Labelled(i.Label, problems)
}

// Labelled puts the label in front of each problem's path.
func Labelled(label string, problems latch.Problems) latch.Problems {
	var all latch.Problems
	for _, problem := range problems {
		path := label
		if problem.Path != "" {
			path += ": " + problem.Path
		}
		problem.Path = path
		all = append(all, problem)
	}
	return all
}

// These are the additional keys of a document.
const (
	keyKind      = "kind"
	keyTaskQueue = "task_queue"
	keyPaused    = "paused"
	keyExtras    = "extras"
	keyCannotRun = "cannot_run"
	keyManagedBy = "managed_by"
	keyID        = "id"
	keyCreatedAt = "created_at"
	keyUpdatedAt = "updated_at"
)

// besideJob are the keys beside those of a declared job with which a registered one is shown.
var besideJob = []string{keyKind, keyManagedBy, keyCreatedAt, keyUpdatedAt}

// Decode strictly decodes a document that declares one entry. If kind is empty, the document's
// keys determine it. It returns all problems, and warnings.
func Decode(data []byte, now time.Time) (item *Item, problems latch.Problems, warnings []latch.Problem) {
	document, err := split(data)
	if err != nil {
		problems.Addf("", "%v", err)
		return nil, problems, nil
	}
	item = &Item{}
	rest, given := document.without(&problems, keyKind)
	if item.Kind, err = kindOf(given[keyKind], rest); err != nil {
		path := keyKind
		if given[keyKind] == nil {
			path = ""
		}
		problems.Addf(path, "%v", err)
		return nil, problems, nil
	}
	switch item.Kind {
	case Job:
		warnings = item.decodeJob(&problems, document, now)
	case Webhook:
		item.Webhook, warnings = webhookEntry.read(item, &problems, rest)
	case Watch:
		item.Watch, warnings = watchEntry.read(item, &problems, rest)
	case Freeze:
		item.Freeze, warnings = freezeEntry(now).read(item, &problems, rest)
	case Tag:
		item.decodeTag(&problems, rest)
	}
	return item, problems, warnings
}

// kindOf returns the kind of entry that a document declares.
func kindOf(given json.RawMessage, rest []byte) (Kind, error) {
	if given == nil {
		kind, err := spec.KindOf(rest)
		switch {
		case err != nil:
			return "", fmt.Errorf("say what this declares: kind is %s", kindList())
		case kind == spec.Job, kind == spec.Webhook, kind == spec.Watch, kind == spec.Freeze:
			return Kind(kind), nil
		default:
			return "", fmt.Errorf("this is a %s, which is started and not registered; kind is %s", kind, kindList())
		}
	}
	var kind string
	if json.Unmarshal(given, &kind) == nil && slices.Contains(Kinds, Kind(kind)) {
		return Kind(kind), nil
	}
	names := []string{}
	for _, each := range Kinds {
		names = append(names, string(each))
	}
	return "", fmt.Errorf("%s is not a kind that can be registered, which is %s%s", given, kindList(), typo.Hint(kind, names))
}

func kindList() string { return "tag, webhook, watch, freeze or job" }

// decodeJob decodes a job with the registry's additional keys.
func (i *Item) decodeJob(problems *latch.Problems, document object, now time.Time) []latch.Problem {
	rest, given := document.without(problems, keyKind, keyTaskQueue, keyPaused, keyExtras, keyCannotRun)
	for key, into := range map[string]any{keyTaskQueue: &i.TaskQueue, keyPaused: &i.Paused, keyExtras: &i.Extras, keyCannotRun: &i.Lacks} {
		if given[key] != nil && json.Unmarshal(given[key], into) != nil {
			problems.Addf(key, "%s is not %s", given[key], wantedOf[key])
		}
	}
	i.document = document
	if i.Lacks != "" {
		i.decodeUnrunnable(problems, rest)
		return nil
	}
	job, err := admission.DecodeJob(rest)
	add(problems, err)
	*problems = withoutHidden(*problems)
	i.Job, i.ID = job, job.ID
	for _, problem := range cron.Check(job.Schedule) {
		problems.Addf("schedule."+problem.Path, "%s", problem.Message)
	}
	if len(*problems) > 0 {
		return nil
	}
	warnings := admission.RegisteredJobWarnings(job, mitto.Fields(&registry.Definition{ID: job.ID, Job: job, Extras: i.Extras}))
	for _, doubt := range cron.Doubts(job.Schedule, now) {
		warnings = append(warnings, latch.Problem{Path: "schedule." + doubt.Path, Message: doubt.Message})
	}
	return warnings
}

// wantedOf returns the expected values of the keys beside a job's own.
var wantedOf = map[string]string{keyTaskQueue: "the name of a task queue", keyPaused: "true or false",
	keyExtras: "an object of the keys that are kept for other systems", keyCannotRun: "the reason why the job cannot run"}

// decodeUnrunnable decodes another system's job that is stored but cannot run.
func (i *Item) decodeUnrunnable(problems *latch.Problems, rest []byte) {
	var kept struct {
		ID string `json:"id"`
	}
	object, _ := split(rest) // it was split before
	for _, key := range object.keys() {
		if key != "id" {
			problems.Addf(key, "a job that cannot run (cannot_run) has only id, extras, paused and task_queue")
		}
	}
	if err := json.Unmarshal(rest, &kept); err != nil || latch.CheckID(kept.ID) != nil {
		problems.Addf("id", "a job needs an id of its own")
	}
	i.ID = kept.ID
}

// decodeTag decodes a tag, whose id is its name.
func (i *Item) decodeTag(problems *latch.Problems, rest []byte) {
	object, _ := split(rest) // it was split before
	for _, key := range object.keys() {
		if key != "id" {
			problems.Addf(key, "unknown key: a tag has only kind and id, which is its name")
		}
	}
	var tag struct {
		ID string `json:"id"`
	}
	err := json.Unmarshal(rest, &tag)
	if i.ID = tag.ID; err != nil || !registry.IsTagName(tag.ID) {
		problems.Addf("id", "a tag has its name as its id, of at most %d bytes", registry.MaximumTagName)
	}
}

// add adds the problems in an error, or the error as one problem.
func add(problems *latch.Problems, err error) {
	var several latch.Problems
	switch {
	case err == nil:
	case errors.As(err, &several):
		*problems = append(*problems, several...)
	default:
		problems.Addf("", "%v", err)
	}
}

// definition returns the definition of a job to register, instead of the current one. Keys that
// belong to other systems stay, unless the document sets them.
func (i *Item) definition(before registry.Definition) registry.Definition {
	defined := before
	defined.ID, defined.Job, defined.Lacks = i.ID, i.Job, i.Lacks
	if i.TaskQueue != "" {
		defined.TaskQueue = i.TaskQueue
	}
	if i.Paused != nil {
		defined.Paused = *i.Paused
	}
	if i.Extras != nil {
		defined.Extras = i.Extras
		return defined
	}
	defined.Extras = maps.Clone(before.Extras)
	for _, key := range i.document.keys() {
		delete(defined.Extras, key)
	}
	return defined
}
