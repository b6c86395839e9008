package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/cron"
	"github.com/latch-run/latch/internal/declared"
	"github.com/latch-run/latch/internal/mitto"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/spec"
)

// A wantedJob is a job that a file describes.
type wantedJob struct {
	*latch.Job
	// label names the file, and the position in it if it describes several jobs.
	label string
	from  source
	// keys are the keys that the file contains.
	keys []string
	// doubts are warnings about its schedule.
	doubts []latch.Problem
}

// readJobs reads all jobs of the files. Its error lists all problems.
func readJobs(out *output.Printer, files []string) ([]*wantedJob, error) {
	var wanted []*wantedJob
	var problems latch.Problems
	labels := map[string]string{}
	for _, file := range files {
		read, documents, err := openFile(out.In, file)
		if err == nil && len(documents) == 0 {
			err = errors.New("it describes no job")
		}
		if err != nil {
			problems = append(problems, declared.Labelled(file, unreadable(err))...)
			continue
		}
		for _, document := range documents {
			input := checkedAt(file, read, document, spec.Job)
			input.admit()
			if before, twice := labels[input.id]; twice && input.id != "" {
				input.add(latch.Problems{{Path: "id", Message: fmt.Sprintf("%q is described in %s already", input.id, before)}})
			}
			labels[input.id] = input.file
			problems = append(problems, declared.Labelled(input.file, input.problems)...)
			if len(input.problems) == 0 {
				for _, warning := range input.from.located(admission.RegisteredJobWarnings(input.job, mitto.Fields(&registry.Definition{ID: input.id, Job: input.job}))) {
					out.Warnf("%s: %s", input.file, warning)
				}
			}
			wanted = append(wanted, &wantedJob{Job: input.job, label: input.file, from: input.from, keys: keysOf(document.Data), doubts: input.scheduleWarnings})
		}
	}
	if len(problems) > 0 {
		return nil, failure.OfProblems(problems)
	}
	return wanted, nil
}

func keysOf(data []byte) []string {
	var members map[string]json.RawMessage
	_ = json.Unmarshal(data, &members) // a job is an object: anything else was refused
	return slices.Sorted(maps.Keys(members))
}

// A plan says what applying files would do.
type plan struct {
	// wanted are the jobs, each after the one that it follows.
	wanted []*wantedJob
	// registered are those of the jobs that already exist.
	registered map[string]*registry.Entry
	// queue is the configured task queue, or "".
	queue string
}

// planJobs compares the jobs with the registered ones. It refuses jobs that follow an unknown
// job, or that follow each other in a cycle.
func planJobs(ctx context.Context, store backend.Registry, wanted []*wantedJob, queue string) (*plan, error) {
	p := &plan{registered: map[string]*registry.Entry{}, queue: queue}
	byID := map[string]*wantedJob{}
	var ids []string
	for _, job := range wanted {
		byID[job.ID] = job
		ids = append(ids, job.ID)
	}
	entries, err := store.GetAll(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		p.registered[entry.ID] = entry
	}
	leaders := leaderLookup(ctx, store, byID)
	var problems latch.Problems
	for _, job := range wanted {
		wrong, err := checkLeaders(job, leaders)
		if err != nil {
			return nil, err
		}
		problems = append(problems, declared.Labelled(job.label, job.from.located(append(wrong, p.checkSize(job)...)))...)
	}
	if len(problems) > 0 {
		return nil, failure.OfProblems(problems)
	}
	p.order(wanted, byID)
	return p, nil
}

func (p *plan) checkSize(job *wantedJob) latch.Problems {
	var before registry.Definition
	if entry := p.registered[job.ID]; entry != nil {
		before = entry.Definition
	}
	defined := p.define(job, before)
	if err := registry.CheckSize(&defined); err != nil {
		return latch.Problems{{Message: err.Error()}}
	}
	return nil
}

// leaderLookup returns a function that returns the job that another one will follow once the
// files are applied. Its error is [registry.ErrUnknown] for an unknown job.
func leaderLookup(ctx context.Context, store backend.Registry, byID map[string]*wantedJob) func(id string) (string, error) {
	known := map[string]string{}
	return func(id string) (string, error) {
		if job, given := byID[id]; given {
			return leaderOf(job.Job), nil
		}
		if leader, read := known[id]; read {
			return leader, nil
		}
		entry, err := store.Get(ctx, id)
		if err != nil {
			return "", err
		}
		known[id] = leaderOf(entry.Job)
		return known[id], nil
	}
}

func leaderOf(job *latch.Job) string {
	if job == nil || job.Schedule == nil {
		return ""
	}
	return job.Schedule.After
}

func checkLeaders(job *wantedJob, leader func(string) (string, error)) (latch.Problems, error) {
	var problems latch.Problems
	const path = "schedule.after"
	chain := []string{job.ID}
	for next := leaderOf(job.Job); next != ""; {
		if slices.Contains(chain, next) {
			problems.Addf(path, "%s run after each other in a circle", strings.Join(append(chain, next), ", "))
			return problems, nil
		}
		chain = append(chain, next)
		after, err := leader(next)
		if errors.Is(err, registry.ErrUnknown) {
			problems.Addf(path, "%q names no job that is registered or in these files", next)
			return problems, nil
		}
		if err != nil {
			return nil, err
		}
		next = after
	}
	return nil, nil
}

// order places each job after the one that it follows, and otherwise keeps the order of the
// files.
func (p *plan) order(wanted []*wantedJob, byID map[string]*wantedJob) {
	placed := map[string]bool{}
	var place func(job *wantedJob)
	place = func(job *wantedJob) {
		if placed[job.ID] {
			return
		}
		placed[job.ID] = true
		if leader, given := byID[leaderOf(job.Job)]; given {
			place(leader)
		}
		p.wanted = append(p.wanted, job)
	}
	for _, job := range wanted {
		place(job)
	}
}

// define returns the definition for the file. Keys that belong to other systems are kept,
// unless the file sets them.
func (p *plan) define(job *wantedJob, before registry.Definition) registry.Definition {
	defined := before
	defined.ID, defined.Job, defined.Lacks = job.ID, job.Job, ""
	if p.queue != "" {
		defined.TaskQueue = p.queue
	}
	defined.Extras = maps.Clone(before.Extras)
	for _, key := range job.keys {
		delete(defined.Extras, key)
	}
	return defined
}

// A jobChange is the effect of applying one job, as --output json prints it.
type jobChange struct {
	ID    string `json:"id"`
	Title string `json:"title,omitempty"`
	File  string `json:"file"`
	// Action is created, updated or unchanged.
	Action   string                 `json:"action"`
	Changes  []declared.FieldChange `json:"changes,omitempty"`
	NextTime latch.Time             `json:"next_time,omitzero"`
	// NextTimes are the next three scheduled times of the job.
	NextTimes []latch.Time `json:"next_times,omitempty"`

	// next are the same times in the job's time zone.
	next []time.Time
}

// The effects of applying a job.
const (
	actionCreated   = "created"
	actionUpdated   = "updated"
	actionUnchanged = "unchanged"
)

// foresee returns what applying the job would change.
func (p *plan) foresee(job *wantedJob) jobChange {
	entry, there := p.registered[job.ID]
	change := jobChange{ID: job.ID, Title: job.Title, File: job.label, Action: actionCreated}
	if there {
		change.setChanges(declared.JobChanges(entry.Definition, p.define(job, entry.Definition)))
	}
	return change
}

func (c *jobChange) setChanges(changes []declared.FieldChange) {
	c.Action, c.Changes = actionUnchanged, changes
	if len(changes) > 0 {
		c.Action = actionUpdated
	}
}

// apply registers or updates the job.
func (p *plan) apply(ctx context.Context, store backend.Registry, job *wantedJob) (jobChange, error) {
	change := jobChange{ID: job.ID, Title: job.Title, File: job.label, Action: actionCreated}
	entry, err := (*registry.Entry)(nil), error(registry.ErrExists)
	if p.registered[job.ID] == nil {
		entry, err = store.Create(ctx, p.define(job, registry.Definition{}))
	}
	if errors.Is(err, registry.ErrExists) {
		entry, err = store.Update(ctx, job.ID, func(definition *registry.Definition) error {
			defined := p.define(job, *definition)
			change.setChanges(declared.JobChanges(*definition, defined))
			*definition = defined
			return nil
		})
	}
	if err != nil {
		return change, refusedJob(job, err)
	}
	for _, at := range entry.NextTimes[:min(nextShown, len(entry.NextTimes))] {
		change.next = append(change.next, at.In(cron.Zone(job.Schedule)))
	}
	change.NextTimes = latchTimes(change.next)
	if len(change.NextTimes) > 0 {
		change.NextTime = change.NextTimes[0]
	}
	return change, nil
}

// refusedJob adds the file and the line to an error of the registry.
func refusedJob(job *wantedJob, err error) error {
	var refused *registry.RefusedError
	if errors.As(err, &refused) {
		return failure.OfProblems(declared.Labelled(job.label, job.from.located(latch.Problems{{Path: refused.Field, Message: refused.Reason}})))
	}
	return fmt.Errorf("%s: %w", job.label, err)
}
