package declared

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/registry"
)

// A State is what is registered.
type State struct {
	// Jobs are the requested jobs, complete, by their ids.
	Jobs map[string]*registry.Definition
	// Rows are all jobs, as lists show them.
	Rows     []registry.Row
	Webhooks []latch.RegisteredWebhook
	Watches  []latch.RegisteredWatch
	Freezes  []latch.RegisteredFreeze
	Tags     []registry.Tag
	// Compared are the comparisons of the items that someone else made, except of tags. If nil,
	// the plan compares them with the registered entries, which then have their credentials.
	Compared map[*Item]*Comparison
}

// These are the actions.
const (
	Created   = "created"
	Updated   = "updated"
	Unchanged = "unchanged"
	Removed   = "removed"
)

// A Change is the change of one entry.
type Change struct {
	Kind  Kind   `json:"kind"`
	ID    string `json:"id"`
	Title string `json:"title,omitempty"`
	// File is where it is declared, or empty for a removal.
	File string `json:"file,omitempty"`
	// Action is created, updated, unchanged or removed.
	Action string        `json:"action"`
	Fields []FieldChange `json:"changes,omitempty"`

	item *Item
	// webhook, watch or freeze is the entry to write.
	webhook *latch.RegisteredWebhook
	watch   *latch.RegisteredWatch
	freeze  *latch.RegisteredFreeze
	// leader is the job that it follows.
	leader string
}

// Webhook returns the webhook to write, or nil for another kind.
func (c *Change) Webhook() *latch.RegisteredWebhook { return c.webhook }

// Watch returns the watch to write, or nil for another kind.
func (c *Change) Watch() *latch.RegisteredWatch { return c.watch }

// Freeze returns the freeze to write, or nil for another kind.
func (c *Change) Freeze() *latch.RegisteredFreeze { return c.freeze }

// Item returns the declared entry, or nil for a removal.
func (c *Change) Item() *Item { return c.item }

// Prune says which undeclared entries to remove.
type Prune int

// These are the choices: nothing, what apply wrote for the same owner, or everything.
const (
	PruneNothing Prune = iota
	PruneOwn
	PruneAll
)

// Options control the comparison.
type Options struct {
	// Owner is recorded in written entries, and determines what is pruned.
	Owner string
	// TakeOver makes the owner the owner of every declared entry.
	TakeOver bool
	Prune    Prune
	// Queue is the task queue of jobs whose document has none. If empty, theirs stay.
	Queue string
}

// A Plan says what applying would do.
type Plan struct {
	Options
	// Changes are tags, webhooks, watches, freezes and jobs, each in the order of the files, and then
	// what is removed.
	Changes []*Change
	// Kept are undeclared entries that stay because apply did not write them for the owner.
	Kept []*Change
	// removeFirst are the kinds whose removals must make room for new entries.
	removeFirst map[Kind]bool
}

// Twice returns the problems of the items whose ids are those of earlier ones of their kind.
func Twice(items []*Item) (problems latch.Problems) {
	type name struct {
		kind Kind
		id   string
	}
	first := map[name]*Item{}
	for _, item := range items {
		its := name{item.Kind, item.ID}
		before, twice := first[its]
		if !twice {
			first[its] = item
			continue
		}
		problems = append(problems, item.located(latch.Problems{
			{Path: keyID, Message: fmt.Sprintf("%q is declared in %s already", item.ID, before.Label)}})...)
	}
	return problems
}

// NewPlan compares the items with what is registered. The problems are those that one document
// alone cannot show: an id that another one has ([Twice]), a missing job to follow, a cycle, an entry
// that another owner declares, a hidden credential, too many entries.
func NewPlan(state *State, items []*Item, options Options) (*Plan, latch.Problems) {
	m := &maker{Plan: &Plan{Options: options}, state: state, problems: Twice(items)}
	for _, kind := range Kinds {
		for _, item := range items {
			if item.Kind == kind {
				m.add(item)
			}
		}
	}
	m.prune(items)
	m.checkLeaders()
	m.checkRoom()
	return m.Plan, m.problems
}

// Differs reports whether anything is to be written.
func (p *Plan) Differs() bool {
	return slices.ContainsFunc(p.Changes, func(c *Change) bool { return c.Action != Unchanged })
}

// Count returns how many changes have the action.
func (p *Plan) Count(action string) int {
	n := 0
	for _, change := range p.Changes {
		if change.Action == action {
			n++
		}
	}
	return n
}

// Of returns the changes of a kind with one of the actions.
func (p *Plan) Of(kind Kind, actions ...string) []*Change {
	var some []*Change
	for _, change := range p.Changes {
		if change.Kind == kind && slices.Contains(actions, change.Action) {
			some = append(some, change)
		}
	}
	return some
}

// Define returns the definition of a declared job to register, based on the version that is
// registered by now.
func (p *Plan) Define(item *Item, before registry.Definition) registry.Definition {
	defined := item.definition(before)
	if p.Queue != "" && item.TaskQueue == "" {
		defined.TaskQueue = p.Queue
	}
	if p.TakeOver || len(JobChanges(before, defined)) > 0 || before.ID == "" {
		defined.ManagedBy = p.Owner
	}
	return defined
}

// A maker makes a plan.
type maker struct {
	*Plan
	state    *State
	problems latch.Problems
}

// add compares one item with what is registered.
func (m *maker) add(item *Item) {
	change := &Change{Kind: item.Kind, ID: item.ID, Title: item.Title(), File: item.Label, Action: Created, item: item}
	if item.Job != nil {
		change.leader = after(item.Job.Schedule)
	}
	owner := m.compare(change)
	if change.Action == Updated && owner != "" && owner != m.Owner && !m.TakeOver {
		m.refuse(item, "id", "%q is declared by the owner %q: give --owner %s, or take it over with --take-over", item.ID, owner, owner)
	}
	m.Changes = append(m.Changes, change)
}

// compare compares the change's item with what is registered, and returns the owner of that.
func (m *maker) compare(change *Change) (owner string) {
	item := change.item
	if compared := m.state.Compared[item]; compared != nil {
		return m.take(change, compared)
	}
	switch item.Kind {
	case Job:
		owner = m.compareJob(change)
	case Webhook:
		change.webhook, owner = webhookEntry.compare(m, change, m.state.Webhooks, item.Webhook)
	case Watch:
		change.watch, owner = watchEntry.compare(m, change, m.state.Watches, item.Watch)
	case Freeze:
		change.freeze, owner = freezeEntry(time.Time{}).compare(m, change, m.state.Freezes, item.Freeze)
	case Tag:
		owner = m.compareTag(change)
	}
	return owner
}

func (m *maker) refuse(item *Item, path, format string, arguments ...any) {
	var problems latch.Problems
	problems.Addf(path, format, arguments...)
	m.problems = append(m.problems, item.located(problems)...)
}

// set records the difference from a registered entry.
func (c *Change) set(fields []FieldChange) {
	c.Fields, c.Action = fields, Unchanged
	if len(fields) > 0 {
		c.Action = Updated
	}
}

func (m *maker) compareJob(change *Change) (owner string) {
	item := change.item
	before, there := m.state.Jobs[item.ID]
	if !there {
		before = &registry.Definition{}
	}
	m.problems = append(m.problems, item.located(item.restore(before))...)
	defined := m.Define(item, *before)
	if err := registry.CheckSize(&defined); err != nil {
		m.refuse(item, "", "%v", err)
	}
	if there {
		change.set(JobChanges(*before, defined))
	}
	return before.ManagedBy
}

func (m *maker) compareTag(change *Change) (owner string) {
	at := slices.IndexFunc(m.state.Tags, func(t registry.Tag) bool { return t.Name == change.ID })
	if at < 0 {
		return ""
	}
	before := m.state.Tags[at].ManagedBy
	change.Action = Unchanged
	if m.TakeOver && before != m.Owner {
		change.set([]FieldChange{ownerChange(before, m.Owner)})
	}
	return before
}

// prune finds the entries that no file declares.
func (m *maker) prune(items []*Item) {
	declared := map[Kind]map[string]bool{Job: {}, Webhook: {}, Watch: {}, Freeze: {}, Tag: {}}
	for _, item := range items {
		declared[item.Kind][item.ID] = true
	}
	undeclared := func(change *Change, owner string) {
		change.Action = Removed
		switch own := owner == m.Owner; {
		case declared[change.Kind][change.ID]:
		case m.Prune == PruneAll, m.Prune == PruneOwn && own:
			m.Changes = append(m.Changes, change)
		case m.Prune == PruneOwn:
			m.Kept = append(m.Kept, change)
		}
	}
	for i := range m.state.Rows {
		row := &m.state.Rows[i]
		change := &Change{Kind: Job, ID: row.ID, Title: row.Title}
		if row.Schedule != nil {
			change.leader = row.Schedule.After
		}
		undeclared(change, row.ManagedBy)
	}
	for i := range m.state.Webhooks {
		undeclared(&Change{Kind: Webhook, ID: m.state.Webhooks[i].ID}, m.state.Webhooks[i].ManagedBy)
	}
	for i := range m.state.Watches {
		undeclared(&Change{Kind: Watch, ID: m.state.Watches[i].ID}, m.state.Watches[i].ManagedBy)
	}
	for i := range m.state.Freezes {
		undeclared(&Change{Kind: Freeze, ID: m.state.Freezes[i].ID}, m.state.Freezes[i].ManagedBy)
	}
	for _, tag := range m.state.Tags {
		undeclared(&Change{Kind: Tag, ID: tag.Name}, tag.ManagedBy)
	}
	slices.SortStableFunc(m.Kept, func(a, b *Change) int { return cmp.Compare(a.Kind, b.Kind) })
}
