package declared_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/declared"
	"github.com/latch-run/latch/internal/registry"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// items decodes valid documents.
func items(t *testing.T, documents ...string) []*declared.Item {
	t.Helper()
	var all []*declared.Item
	for i, document := range documents {
		item, problems, _ := declared.Decode([]byte(document), now)
		require.Empty(t, problems, document)
		item.Label = fmt.Sprint("file ", i)
		all = append(all, item)
	}
	return all
}

// registered returns the state after a plan for the documents was carried out.
func registered(t *testing.T, owner string, documents ...string) *declared.State {
	t.Helper()
	state := &declared.State{Jobs: map[string]*registry.Definition{}}
	plan, problems := declared.NewPlan(state, items(t, documents...), declared.Options{Owner: owner})
	require.Empty(t, problems)
	carryOut(state, plan)
	return state
}

// carryOut changes the state as the plan says.
func carryOut(state *declared.State, plan *declared.Plan) {
	for _, change := range plan.Changes {
		switch {
		case change.Action == declared.Unchanged:
		case change.Action == declared.Removed:
			delete(state.Jobs, change.ID)
			state.Rows = slices.DeleteFunc(state.Rows, func(r registry.Row) bool { return change.Kind == declared.Job && r.ID == change.ID })
			state.Webhooks = slices.DeleteFunc(state.Webhooks,
				func(w latch.RegisteredWebhook) bool { return change.Kind == declared.Webhook && w.ID == change.ID })
			state.Tags = slices.DeleteFunc(state.Tags, func(t registry.Tag) bool { return change.Kind == declared.Tag && t.Name == change.ID })
		case change.Kind == declared.Job:
			before := registry.Definition{}
			if known := state.Jobs[change.ID]; known != nil {
				before = *known
			}
			defined := plan.Define(change.Item(), before)
			defined.ID = change.ID
			row := registry.RowOf(&defined)
			state.Jobs[change.ID] = &defined
			state.Rows = append(slices.DeleteFunc(state.Rows, func(r registry.Row) bool { return r.ID == change.ID }), row)
		case change.Kind == declared.Webhook:
			state.Webhooks = append(slices.DeleteFunc(state.Webhooks,
				func(w latch.RegisteredWebhook) bool { return w.ID == change.ID }), *change.Webhook())
		case change.Action == declared.Created:
			state.Tags = append(state.Tags, registry.Tag{Name: change.ID, ManagedBy: plan.Owner})
		}
	}
}

const (
	hook  = `{"kind":"webhook","id":"board","url":"https://board.example/hooks","events":[{"event":"JOB_SUCCESS"}]}`
	first = `{"kind":"job","id":"first","title":"First","task":{"workflow":{"type":"latch.Emit","input":{"event":"DONE"}}}}`
	then  = `{"kind":"job","id":"then","schedule":{"after":"first"},"task":{"workflow":{"type":"latch.Emit","input":{"event":"DONE"}}}}`
	night = `{"kind":"tag","id":"night"}`
)

// actions returns the plan's changes as "action kind id", in their order.
func actions(plan *declared.Plan) []string {
	all := []string{}
	for _, change := range plan.Changes {
		all = append(all, fmt.Sprintf("%s %s %s", change.Action, change.Kind, change.ID))
	}
	return all
}

// Tags come before webhooks, and webhooks before jobs. An equal entry stays, each field that
// differs is in the plan, and after a plan was carried out nothing is left to do.
func TestAPlanIsWhatDiffers(t *testing.T) {
	t.Parallel()
	state := &declared.State{}
	plan, problems := declared.NewPlan(state, items(t, then, first, hook, night), declared.Options{Owner: "apply"})
	require.Empty(t, problems)
	require.Equal(t, []string{"created tag night", "created webhook board", "created job then", "created job first"}, actions(plan))

	state = registered(t, "apply", hook, first, then, night)
	plan, problems = declared.NewPlan(state, items(t, hook, first, then, night), declared.Options{Owner: "apply"})
	require.Empty(t, problems)
	require.False(t, plan.Differs(), actions(plan))
	require.Equal(t, 4, plan.Count(declared.Unchanged))

	changed := []string{strings.Replace(hook, "/hooks", "/v2", 1), strings.Replace(first, `"title":"First",`, "", 1),
		strings.Replace(then, `"schedule"`, `"paused":true,"schedule"`, 1), night}
	plan, problems = declared.NewPlan(state, items(t, changed...), declared.Options{Owner: "apply"})
	require.Empty(t, problems)
	require.Equal(t, []string{"unchanged tag night", "updated webhook board", "updated job first", "updated job then"}, actions(plan))
	require.Equal(t, []declared.FieldChange{{Field: "url", From: json.RawMessage(`"https://board.example/hooks"`),
		To: json.RawMessage(`"https://board.example/v2"`)}}, plan.Changes[1].Fields)
	require.Equal(t, []declared.FieldChange{{Field: "title", From: json.RawMessage(`"First"`)}}, plan.Changes[2].Fields)
	require.Equal(t, []declared.FieldChange{{Field: "paused", To: json.RawMessage("true")}}, plan.Changes[3].Fields)
	carryOut(state, plan)
	plan, problems = declared.NewPlan(state, items(t, changed...), declared.Options{Owner: "apply"})
	require.Empty(t, problems)
	require.False(t, plan.Differs(), actions(plan))
}

// The owner determines which entries are changed and removed.
func TestAPlanKeepsOwnersApart(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		owner  string
		change declared.Options
		want   []string
		kept   int
		says   string
	}{
		"nothing is pruned": {"apply", declared.Options{Owner: "apply"}, []string{"unchanged tag night"}, 0, ""},
		"what the owner has": {"apply", declared.Options{Owner: "apply", Prune: declared.PruneOwn},
			[]string{"unchanged tag night", "removed job first", "removed webhook board"}, 0, ""},
		"what another has stays": {"others", declared.Options{Owner: "apply", Prune: declared.PruneOwn},
			[]string{"unchanged tag night"}, 2, ""},
		"everything": {"others", declared.Options{Owner: "apply", Prune: declared.PruneAll},
			[]string{"unchanged tag night", "removed job first", "removed webhook board"}, 0, ""},
		"a tag is taken over as asked": {"others", declared.Options{Owner: "apply", TakeOver: true}, []string{"updated tag night"}, 0, ""},
	} {
		state := registered(t, test.owner, first, hook, night)
		plan, problems := declared.NewPlan(state, items(t, night), test.change)
		require.Empty(t, problems, name)
		require.Equal(t, test.want, actions(plan), name)
		require.Len(t, plan.Kept, test.kept, name)
	}
	state := registered(t, "others", first, hook)
	mine := []string{strings.Replace(first, "First", "Mine", 1), strings.Replace(hook, "/hooks", "/mine", 1)}
	_, problems := declared.NewPlan(state, items(t, mine...), declared.Options{Owner: "apply"})
	require.Len(t, problems, 2, "all at once")
	require.ErrorContains(t, problems, `file 0: id: "first" is declared by the owner "others": give --owner others, or take it over with --take-over`)
	plan, problems := declared.NewPlan(state, items(t, mine...), declared.Options{Owner: "apply", TakeOver: true})
	require.Empty(t, problems)
	carryOut(state, plan)
	require.Equal(t, "apply", state.Jobs["first"].ManagedBy)
	require.Equal(t, "apply", state.Webhooks[0].ManagedBy)
}

// Jobs may only follow jobs that exist after the plan is carried out, without cycles.
func TestAPlanChecksWhoFollowsWhom(t *testing.T) {
	t.Parallel()
	back := strings.Replace(first, `"title"`, `"schedule":{"after":"then"},"title"`, 1)
	for name, test := range map[string]struct {
		registered, declared []string
		prune                declared.Prune
		says                 string
	}{
		"in the files": {nil, []string{then, first}, 0, ""},
		"registered":   {[]string{first}, []string{then}, 0, ""},
		"nowhere":      {nil, []string{then}, 0, `"first" names no job that is registered or in these files`},
		"one that is removed": {[]string{first}, []string{then}, declared.PruneOwn,
			`"first" names no job that is registered or in these files`},
		"each other":               {nil, []string{then, back}, 0, "then, first, then run after each other in a circle"},
		"a circle by a registered": {[]string{first, then}, []string{back}, 0, "first, then, first run after each other in a circle"},
	} {
		state := registered(t, "apply", test.registered...)
		_, problems := declared.NewPlan(state, items(t, test.declared...), declared.Options{Owner: "apply", Prune: test.prune})
		if test.says == "" {
			require.Empty(t, problems, name)
			continue
		}
		require.ErrorContains(t, problems, test.says, name)
	}
}

// The number of webhooks and tags is limited. A full registry can still replace entries:
// removals make room.
func TestAPlanKeepsTheBounds(t *testing.T) {
	t.Parallel()
	for kind, most := range map[declared.Kind]int{declared.Webhook: registry.MaximumWebhooks, declared.Tag: registry.MaximumTags} {
		some := func(from, to int) []string {
			var all []string
			for i := from; i < to; i++ {
				document := fmt.Sprintf(`{"kind":"tag","id":"thing-%d"}`, i)
				if kind == declared.Webhook {
					document = strings.Replace(hook, `"board"`, fmt.Sprintf(`"thing-%d"`, i), 1)
				}
				all = append(all, document)
			}
			return all
		}
		full := registered(t, "apply", some(0, most)...)
		_, problems := declared.NewPlan(full, items(t, some(0, most+1)...), declared.Options{Owner: "apply"})
		require.ErrorContains(t, problems, fmt.Sprintf("there would be %d ", most+1), kind)
		require.ErrorContains(t, problems, fmt.Sprintf("at most %d are kept", most), kind)
		require.Len(t, problems, 1, "the bound is named once")

		plan, problems := declared.NewPlan(full, items(t, some(1, most+1)...), declared.Options{Owner: "apply", Prune: declared.PruneOwn})
		require.Empty(t, problems, kind)
		require.Len(t, plan.Early(kind), 2, "%s: what is removed makes room for what is new", kind)
		require.Empty(t, plan.Late(kind), kind)

		plan, problems = declared.NewPlan(full, items(t, some(1, most)...), declared.Options{Owner: "apply", Prune: declared.PruneOwn})
		require.Empty(t, problems, kind)
		require.Empty(t, plan.Early(kind), kind)
		require.Len(t, plan.Late(kind), 1, "%s: what is removed goes last where there is room", kind)
	}
}

// Jobs are written in waves, each after those that it follows. Those that follow the same job
// are written one after another.
func TestJobsAreWrittenInWaves(t *testing.T) {
	t.Parallel()
	job := func(id, after string) string {
		return strings.NewReplacer(`"then"`, `"`+id+`"`, `"first"`, `"`+after+`"`).Replace(then)
	}
	plan, problems := declared.NewPlan(&declared.State{}, items(t, job("c", "b"), job("b", "first"), job("d", "first"),
		first), declared.Options{Owner: "apply"})
	require.Empty(t, problems)
	var waves []string
	for _, wave := range declared.Waves(plan.Of(declared.Job, declared.Created)) {
		var groups []string
		for _, group := range wave {
			ids := []string{}
			for _, change := range group {
				ids = append(ids, change.ID)
			}
			groups = append(groups, strings.Join(ids, "+"))
		}
		slices.Sort(groups)
		waves = append(waves, strings.Join(groups, " "))
	}
	require.Equal(t, []string{"first", "b+d", "c"}, waves)
}

// A document is decoded strictly: each problem names the key.
func TestDecodeReportsAllThatIsWrong(t *testing.T) {
	t.Parallel()
	for document, says := range map[string]string{
		`[]`:                                    "",
		`{}`:                                    "say what this declares: kind is tag, webhook, watch, freeze or job",
		`{"kind":"jobb","id":"a"}`:              `kind: "jobb" is not a kind that can be registered, which is tag, webhook, watch, freeze or job; did you mean "job"?`,
		`{"kind":7,"id":"a"}`:                   "kind: 7 is not a kind",
		`{"kind":"tag"}`:                        "id: a tag has its name as its id",
		`{"kind":"tag","id":" "}`:               "id: a tag has its name as its id",
		`{"kind":"tag","id":"a","x":1}`:         "x: unknown key: a tag has only kind and id",
		`{"kind":"tag","kind":"tag","id":"a"}`:  "kind",
		`{"kind":"tag","id":"a"}` + "\n---\n{}": "no valid JSON: something follows its end, after byte 23; several documents are a list, or YAML",
		`{"kind":"tag","id":"a"}]`:              "something follows its end, after byte 23",
		`{"steps":[]}`:                          "this is a release, which is started and not registered",
		strings.Replace(hook, `"id"`, `"managed_by":"me","id"`, 1):             "managed_by: is what --owner says; leave it out",
		strings.Replace(hook, "https:", "ftp:", 1):                             "url",
		strings.Replace(first, `"title"`, `"paused":"yes","title"`, 1):         `paused: "yes" is not true or false`,
		strings.Replace(first, `"title"`, `"task_queue":1,"title"`, 1):         "task_queue: 1 is not the name of a task queue",
		strings.Replace(first, `"title"`, `"titel"`, 1):                        "titel",
		strings.Replace(then, `{"after":"first"}`, `{"cron":"99 * * * *"}`, 1): "schedule.cron",
		`{"kind":"job","id":"a","cannot_run":"old","title":"x"}`:               "title: a job that cannot run (cannot_run) has only id",
	} {
		_, problems, _ := declared.Decode([]byte(document), now)
		require.NotEmpty(t, problems, document)
		require.ErrorContains(t, problems, says, document)
	}
}

// An exported document declares the same entry, without credentials. A hidden credential is
// taken from the registered entry, and refused if no entry is registered.
func TestExportedIsDeclared(t *testing.T) {
	t.Parallel()
	secretive := strings.Replace(hook, `"events"`, `"headers":{"Authorization":"Bearer hush"},"events"`, 1)
	state := registered(t, "apply", secretive, first, then, night)
	var documents []string
	for _, job := range state.Jobs {
		documents = append(documents, string(declared.OfJob(job, "").JSON))
	}
	exported := declared.OfWebhook(state.Webhooks[0])
	require.True(t, exported.Hidden)
	documents = append(documents, string(exported.JSON), string(declared.OfTag(state.Tags[0]).JSON))
	require.NotContains(t, strings.Join(documents, ""), "hush")
	plan, problems := declared.NewPlan(state, items(t, documents...), declared.Options{Owner: "apply"})
	require.Empty(t, problems)
	require.False(t, plan.Differs(), actions(plan))

	_, problems = declared.NewPlan(&declared.State{}, items(t, string(exported.JSON)), declared.Options{Owner: "apply"})
	require.ErrorContains(t, problems, "where a credential was hidden when it was shown")
}
