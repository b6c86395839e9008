package declared

import (
	"fmt"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/registry"
)

// checkLeaders refuses jobs that follow a job which will not exist after the plan, or that
// follow each other in a cycle, and the removal of a job that another one follows.
func (m *maker) checkLeaders() {
	leaders, removed := map[string]string{}, map[string]bool{}
	for i := range m.state.Rows {
		leaders[m.state.Rows[i].ID] = after(m.state.Rows[i].Schedule)
	}
	for id, definition := range m.state.Jobs {
		if definition.Job != nil {
			leaders[id] = after(definition.Job.Schedule)
		}
	}
	for _, change := range m.Changes {
		switch {
		case change.Kind != Job:
		case change.Action == Removed:
			removed[change.ID] = true
			delete(leaders, change.ID)
		default:
			leaders[change.ID] = change.leader
		}
	}
	for _, change := range m.Of(Job, Created, Updated, Unchanged) {
		if wrong := chainProblem(change, leaders); wrong != "" {
			m.refuse(change.item, "schedule.after", "%s", wrong)
		}
	}
	for _, kept := range m.Kept {
		if kept.Kind == Job && removed[kept.leader] {
			m.problems = append(m.problems, latch.Problem{Path: "--prune", Message: fmt.Sprintf(
				"job %q cannot be removed while job %q runs after it, which apply did not write: keep the one in the files, or remove both with --prune-all", kept.leader, kept.ID)})
		}
	}
}

func after(schedule *latch.Schedule) string {
	if schedule == nil {
		return ""
	}
	return schedule.After
}

// chainProblem describes the problem with the jobs that a job runs after, or returns "".
func chainProblem(job *Change, leaders map[string]string) string {
	chain := []string{job.ID}
	for next := job.leader; next != ""; next = leaders[next] {
		if slices.Contains(chain, next) {
			return strings.Join(append(chain, next), ", ") + " run after each other in a circle"
		}
		if _, known := leaders[next]; !known {
			return fmt.Sprintf("%q names no job that is registered or in these files", next)
		}
		chain = append(chain, next)
	}
	return ""
}

// checkRoom refuses more webhooks, watches, freezes and tags than the limit, before anything is written.
// If new entries only fit after removals, it schedules the removals first.
func (m *maker) checkRoom() {
	m.removeFirst = map[Kind]bool{}
	room := func(kind Kind, now, most int, what string) {
		created, removed := len(m.Of(kind, Created)), len(m.Of(kind, Removed))
		m.removeFirst[kind] = created > 0 && now+created > most
		if will := now + created - removed; will > most && will > now {
			m.problems = append(m.problems, latch.Problem{Message: fmt.Sprintf("there would be %d %s (%d are registered, these files add %d and remove %d); at most %d are kept",
				will, what, now, created, removed, most)})
		}
	}
	room(Webhook, len(m.state.Webhooks), registry.MaximumWebhooks,
		"registered webhooks of the task queue, among which a job's own do not count")
	room(Watch, len(m.state.Watches), registry.MaximumWatches, "watches")
	room(Freeze, len(m.state.Freezes), registry.MaximumFreezes, "freezes of the task queue")
	room(Tag, len(m.state.Tags), registry.MaximumTags, "tags")
}

// Early returns the changes of a kind that come before the jobs: all except removals, and these
// too if there would be no room otherwise.
func (p *Plan) Early(kind Kind) []*Change {
	if p.removeFirst[kind] {
		return p.Of(kind, Created, Updated, Removed)
	}
	return p.Of(kind, Created, Updated)
}

// Late returns the changes of a kind that come after the jobs.
func (p *Plan) Late(kind Kind) []*Change {
	if p.removeFirst[kind] {
		return nil
	}
	return p.Of(kind, Removed)
}

// Waves returns jobs in waves: the jobs of a wave can be written concurrently after those of
// the previous wave. Within a wave, those that follow the same job are grouped, to be written
// one after another, because each of them updates that job.
func Waves(changes []*Change) [][][]*Change {
	byID := map[string]*Change{}
	for _, change := range changes {
		byID[change.ID] = change
	}
	var waves []map[string][]*Change
	for _, change := range changes {
		depth, group := 0, "job "+change.ID
		if change.leader != "" {
			group = "after " + change.leader
		}
		for next := byID[change.leader]; next != nil && depth < len(changes); next = byID[next.leader] {
			depth++
		}
		for len(waves) <= depth {
			waves = append(waves, map[string][]*Change{})
		}
		waves[depth][group] = append(waves[depth][group], change)
	}
	ordered := make([][][]*Change, len(waves))
	for i, wave := range waves {
		for _, group := range wave {
			ordered[i] = append(ordered[i], group)
		}
	}
	return ordered
}

func ownerChange(before, now string) FieldChange {
	change := FieldChange{Field: keyManagedBy, To: rawjson.Encode(now)}
	if before != "" {
		change.From = rawjson.Encode(before)
	}
	return change
}
