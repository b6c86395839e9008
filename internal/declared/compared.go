package declared

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/registry"
)

// The API shows no credentials, so whoever speaks to it cannot compare what files declare with
// what is registered. The API compares, and a plan takes its word.

// A Comparison is how a registered entry differs from its declaration, where someone else has
// compared them.
type Comparison struct {
	Registered bool
	// Owner is the owner of the registered entry.
	Owner string
	// Fields are the fields that differ, by name. The owner is not one of them.
	Fields []FieldChange
	// Problems are the reasons why the declaration cannot be registered.
	Problems latch.Problems
}

// WebhookChanges returns the fields of a registered webhook that differ, sorted by name.
func WebhookChanges(before, after latch.RegisteredWebhook) []FieldChange {
	return webhookEntry.changes(before, after)
}

// WatchChanges is [WebhookChanges] for watches.
func WatchChanges(before, after latch.RegisteredWatch) []FieldChange {
	return watchEntry.changes(before, after)
}

// FreezeChanges is [WebhookChanges] for freezes.
func FreezeChanges(before, after latch.RegisteredFreeze) []FieldChange {
	return freezeEntry(time.Time{}).changes(before, after)
}

// WithoutOwner returns the changes except that of the owner.
func WithoutOwner(changes []FieldChange) []FieldChange {
	return slices.DeleteFunc(slices.Clone(changes), func(c FieldChange) bool { return c.Field == keyManagedBy })
}

// take records the comparison of an item. The plan's owner becomes that of what is written.
func (m *maker) take(change *Change, compared *Comparison) (owner string) {
	item := change.item
	m.problems = append(m.problems, item.located(compared.Problems)...)
	switch item.Kind {
	case Webhook:
		change.webhook = webhookEntry.owned(item.Webhook, m.Owner)
	case Watch:
		change.watch = watchEntry.owned(item.Watch, m.Owner)
	case Freeze:
		change.freeze = freezeEntry(time.Time{}).owned(item.Freeze, m.Owner)
	}
	if !compared.Registered {
		return ""
	}
	fields := slices.Clone(compared.Fields)
	if (len(fields) > 0 || m.TakeOver) && compared.Owner != m.Owner {
		fields = append(fields, ownerChange(compared.Owner, m.Owner))
		slices.SortFunc(fields, func(a, b FieldChange) int { return cmp.Compare(a.Field, b.Field) })
	}
	change.set(fields)
	return compared.Owner
}

func (e entry[T]) owned(declared *T, owner string) *T {
	copied := *declared
	*e.owner(&copied) = owner
	return &copied
}

// JobDocument returns the document of a declared job as the API takes it: with its owner, and
// with the task queue where the document names none. Either may be empty.
func (i *Item) JobDocument(owner, queue string) json.RawMessage {
	document := slices.Clone(i.document)
	if queue != "" && i.TaskQueue == "" {
		document = append(document, member{keyTaskQueue, rawjson.Encode(queue)})
	}
	if owner != "" {
		document = append(document, member{keyManagedBy, rawjson.Encode(owner)})
	}
	return document.encode()
}

// DecodeJob strictly decodes a job that is sent to be registered under an id, which it need not
// repeat. Its keys are those of a declared job and managed_by; what a registered job is shown with
// beside them is ignored.
func DecodeJob(data []byte, id string, now time.Time) (item *Item, owner string, problems latch.Problems, warnings []latch.Problem) {
	document, err := split(data)
	if err != nil {
		problems.Addf("", "%v", err)
		return nil, "", problems, nil
	}
	_, given := document.without(&problems, keyKind, keyManagedBy, keyCreatedAt, keyUpdatedAt, keyID)
	document = slices.DeleteFunc(document, func(m member) bool { return slices.Contains(besideJob, m.key) })
	if kind := given[keyKind]; kind != nil && string(kind) != string(rawjson.Encode(Job)) {
		problems.Addf(keyKind, "%s is not %q", kind, Job)
	}
	if given[keyManagedBy] != nil && json.Unmarshal(given[keyManagedBy], &owner) != nil {
		problems.Addf(keyManagedBy, "%s is not the name of an owner", given[keyManagedBy])
	}
	if err := latch.CheckOwner(owner); err != nil {
		problems.Addf(keyManagedBy, "%v", err)
	}
	if given[keyID] == nil {
		document = append(object{{keyID, rawjson.Encode(id)}}, document...)
	}
	item = &Item{Kind: Job}
	warnings = item.decodeJob(&problems, document, now)
	if len(problems) == 0 && item.ID != id {
		problems.Addf(keyID, "%q differs from the id in the path; leave it out", item.ID)
	}
	return item, owner, problems, warnings
}

// Registered returns the definition that the declared job becomes in the place of the one that is
// registered, the zero value where none is. Its problems concern hidden credentials and the size.
func (i *Item) Registered(before registry.Definition, owner string) (registry.Definition, latch.Problems) {
	declared := *i
	problems := declared.restore(&before)
	defined := declared.definition(before)
	defined.ManagedBy = owner
	var refused *registry.RefusedError
	if err := registry.CheckSize(&defined); errors.As(err, &refused) {
		problems.Addf(refused.Field, "%s", refused.Reason)
	} else {
		add(&problems, err)
	}
	return defined, problems
}

// ReadJob reads a registered job as the API shows it, which is not checked again.
func ReadJob(document json.RawMessage) (*registry.Definition, error) {
	var beside struct {
		ID        string                     `json:"id"`
		Lacks     string                     `json:"cannot_run"`
		Extras    map[string]json.RawMessage `json:"extras"`
		Paused    bool                       `json:"paused"`
		TaskQueue string                     `json:"task_queue"`
		ManagedBy string                     `json:"managed_by"`
	}
	if err := json.Unmarshal(document, &beside); err != nil {
		return nil, err
	}
	definition := &registry.Definition{ID: beside.ID, Lacks: beside.Lacks, Extras: beside.Extras, Paused: beside.Paused,
		TaskQueue: beside.TaskQueue, ManagedBy: beside.ManagedBy}
	if definition.Lacks != "" {
		return definition, nil
	}
	definition.Job = new(latch.Job)
	return definition, json.Unmarshal(document, definition.Job)
}
