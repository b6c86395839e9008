package vars

import (
	"reflect"
	"slices"
	"strings"

	"github.com/latch-run/latch"
)

// A Kind is what a variable holds.
type Kind int

const (
	// Object is a JSON object; {} where the variable does not apply.
	Object Kind = iota
	// Text is a string; "" where the variable does not apply.
	Text
	// List is an array; [] where the variable does not apply.
	List
	// Moment is a time, in RFC 3339. To look at one that does not apply is an error.
	Moment
)

// String names the JSON of the kind.
func (k Kind) String() string {
	return [...]string{Object: "an object", Text: "a string", List: "an array", Moment: "a string"}[k]
}

// Runs are the kinds of run that have a variable.
type Runs int

const (
	// Jobs are job runs, and the notices of runs that did not take place.
	Jobs Runs = 1 << iota
	// Releases are releases.
	Releases
	// Customs are emissions and gates of workflows of a user's own: custom events.
	Customs

	all = Jobs | Releases | Customs
)

// A Scope is what an expression is for.
type Scope int

const (
	// Templates see the variables that every expression sees.
	Templates Scope = iota
	// Decisions see history as well.
	Decisions
	// Success sees response as well.
	Success
)

// A Variable is one root variable.
type Variable struct {
	Name string
	Kind Kind
	Runs Runs
	// Events have the variable too, in any run.
	Events []string
	// Keys are the keys of an object as far as they are known, in order.
	Keys []string
	// Open says that there may be other keys. The keys of an object without Keys are the user's.
	Open bool
	// Moments are the keys whose values are times.
	Moments []string
	// Filled says that each request fills the variable in, so nobody else has to.
	Filled bool
	// Beyond is the scope that alone sees the variable; Templates is every scope.
	Beyond Scope
	// Doc completes the keys in the contract's table.
	Doc string
}

// table has all variables, in the order of the contract.
var table = []Variable{
	{Name: "job", Runs: Jobs, Keys: KeysOf[Job](), Open: true, Moments: []string{"started_at"},
		Doc: "`status` has " + list(KeysOf[JobStatus]()) + "; a registered job has keys of its own too"},
	{Name: "release", Runs: Releases, Keys: KeysOf[Release](), Moments: []string{"started_at"}},
	{Name: "step", Runs: Releases, Keys: KeysOf[Step](), Doc: "in an undo, its own step"},
	{Name: "target", Runs: Releases, Keys: KeysOf[Target](), Doc: "of a release with targets, the one that the step or the event is about"},
	{Name: "steps", Runs: Releases, Doc: "by name, each as `step`"},
	{Name: "jobs", Runs: Jobs, Doc: "of a sequence, by id: `status` and `kvp` so far"},
	{Name: "system", Runs: all, Keys: KeysOf[System](), Doc: "read once per run and recorded"},
	{Name: "run", Runs: all, Keys: KeysOf[Run](), Moments: []string{"started_at"}},
	{Name: "vars", Runs: all, Doc: "the user's"},
	{Name: "data", Runs: Customs, Events: append([]string{latch.EventJobSkipped, latch.EventJobMissed}, latch.EventsOf(latch.LockKind)...),
		Doc: "the user's; of a job that did not run: `count`, `reason`, `scheduled_at`; of a watch: the run that closed; of a lock: [these](#events)"},
	{Name: "instance", Runs: Releases | Customs, Doc: "the user's"},
	{Name: "records", Kind: List, Runs: all, Doc: "all so far; another hook's lock shows only once it is used"},
	{Name: "now", Kind: Moment, Runs: all, Doc: "see below"},
	{Name: "event", Kind: Text, Runs: all, Filled: true, Doc: "its name"},
	{Name: "webhook", Runs: all, Keys: []string{"id"}, Filled: true},
	{Name: "lock", Kind: Text, Runs: all, Filled: true, Doc: "its token, where the hook blocks"},
	{Name: "lock_url", Kind: Text, Runs: all, Filled: true, Doc: "the lock's page, where there is one"},
	{Name: "history", Runs: all, Beyond: Decisions, Keys: KeysOf[latch.Record](), Doc: "this hook's record"},
	{Name: "response", Runs: all, Beyond: Success, Keys: []string{"status", "headers", "body", "data"}, Doc: "what was answered"},
}

// BodyFields are the fields of the default body, in order. Those that are variables have their
// values.
var BodyFields = []string{"secret", "lock", "lock_url", "event", "webhook", "delivery_id", "sequence", "previous_id", "attempt", "timestamp", "system",
	"job", "release", "step", "target", "instance", "parent_log", "run", "data"}

// In returns the variables that a scope sees, in the order of the contract.
func In(scope Scope) []Variable {
	return slices.DeleteFunc(slices.Clone(table), func(v Variable) bool { return v.Beyond != Templates && v.Beyond != scope })
}

// Find returns a variable by its name, in any scope.
func Find(name string) (Variable, bool) {
	i := slices.IndexFunc(table, func(v Variable) bool { return v.Name == name })
	if i < 0 {
		return Variable{}, false
	}
	return table[i], true
}

// Names returns the names of the variables that templates see, sorted.
func Names() []string {
	names := namesOf(In(Templates))
	slices.Sort(names)
	return names
}

// Given returns the names of the variables that a run gives its requests, in the order of the
// contract: those of templates that a request does not fill in.
func Given() []string {
	return namesOf(slices.DeleteFunc(In(Templates), func(v Variable) bool { return v.Filled }))
}

// Filled returns the names of the variables that each request fills in, in the order of the
// contract.
func Filled() []string {
	return namesOf(slices.DeleteFunc(In(Templates), func(v Variable) bool { return !v.Filled }))
}

// InBody returns the names of the variables that the default body shows, in its order.
func InBody() []string {
	return slices.DeleteFunc(slices.Clone(BodyFields), func(field string) bool {
		_, isVariable := Find(field)
		return !isVariable
	})
}

// Shown returns the variables that a lock shows, of which its digest is made.
func Shown() []string {
	return []string{"event", "step", "target", "release", "job", "vars", "instance", "data", "steps", "jobs"}
}

// Closed returns the keys of a variable that never has any others, or nil.
func (v Variable) Closed() []string {
	if v.Open {
		return nil
	}
	return v.Keys
}

// At reports whether a kind of run has the variable at an event; "" is the work.
func (v Variable) At(run Runs, event string) bool {
	return v.Runs&run != 0 || slices.Contains(v.Events, event)
}

// Markdown returns the rows of the contract's table.
func Markdown() string {
	var rows strings.Builder
	for _, v := range table {
		var of []string
		for _, each := range []struct {
			runs Runs
			name string
		}{{Jobs, "jobs"}, {Releases, "releases"}, {Customs, "custom events"}} {
			if v.Runs&each.runs != 0 && v.Runs != all {
				of = append(of, each.name)
			}
		}
		for _, event := range v.Events {
			of = append(of, "`"+event+"`")
		}
		if v.Beyond != Templates {
			of = append(of, [...]string{Decisions: "decisions", Success: "`success`"}[v.Beyond])
		}
		kind := [...]string{Object: "object", Text: "text", List: "list", Moment: "timestamp"}[v.Kind]
		cells := []string{"`" + v.Name + "`", kind, strings.Join(of, ", "), list(v.Keys), v.Doc}
		rows.WriteString("|")
		for _, cell := range cells {
			rows.WriteString(strings.TrimSuffix(" "+cell, " ") + " |")
		}
		rows.WriteString("\n")
	}
	return rows.String()
}

func namesOf(variables []Variable) []string {
	names := make([]string, len(variables))
	for i, v := range variables {
		names[i] = v.Name
	}
	return names
}

// KeysOf returns the keys of the JSON of a struct, in order.
func KeysOf[T any]() []string {
	var keys []string
	for _, field := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		keys = append(keys, key)
	}
	return keys
}

func list(keys []string) string {
	if len(keys) == 0 {
		return ""
	}
	return "`" + strings.Join(keys, "`, `") + "`"
}
