package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/spec"
	"github.com/latch-run/latch/internal/typo"
)

// A trialFile is a file that has webhooks.
type trialFile struct {
	kind     spec.Kind
	job      *latch.Job
	release  *latch.Release
	emission *latch.Emission
}

// A trialHook is one webhook at the event that is tried.
type trialHook struct {
	*trialFile
	webhook  *latch.Webhook
	settings latch.Event
}

// loadTrial reads a file that describes one job, release or emission, or any number of
// registered webhooks.
func loadTrial(out *output.Printer, file, event string) (*trialFile, error) {
	inputs := checkAll(out.In, file, "")
	var problems latch.Problems
	var webhooks []latch.Webhook
	for _, input := range inputs {
		if len(inputs) > 1 && input.kind != spec.Webhook && len(input.problems) == 0 {
			input.add(latch.Problems{{Message: fmt.Sprintf("is a %s; of several documents each is a webhook", input.kind)}})
		}
		problems = append(problems, labelled(input.file, input.problems)...)
		if input.webhook != nil {
			webhooks = append(webhooks, input.webhook.Webhook)
		}
	}
	if len(problems) > 0 {
		return nil, failure.OfProblems(problems)
	}
	input := inputs[0]
	if input.kind == spec.Rules {
		return nil, failure.OfUsage(fmt.Errorf("%s: it has tests of rules, and no webhooks of its own", file))
	}
	if input.kind == spec.Webhook {
		return around(webhooks, event), nil
	}
	return &trialFile{kind: input.kind, job: input.job, release: input.release, emission: input.emission}, nil
}

// around returns the smallest job, release or emission that fires the event, with the
// webhooks.
func around(webhooks []latch.Webhook, event string) *trialFile {
	switch {
	case strings.HasPrefix(event, "JOB_"):
		return &trialFile{kind: spec.Job, job: &latch.Job{ID: "test", Webhooks: webhooks}}
	case latch.IsBuiltInEvent(event):
		return &trialFile{kind: spec.Release, release: &latch.Release{ID: "test", Steps: []latch.Step{{Name: "deploy"}}, Webhooks: webhooks}}
	default:
		return &trialFile{kind: spec.Emission, emission: &latch.Emission{ID: "test", Event: event, Webhooks: webhooks}}
	}
}

// hooks returns the hooks of an event, those of jobs within a sequence too, and the ids
// of the webhooks that do not listen to it.
func (f *trialFile) hooks(event string) (found []*trialHook, others []string) {
	collect := func(of *trialFile, webhooks []latch.Webhook) {
		for i := range webhooks {
			listens := false
			for _, settings := range webhooks[i].EventSettings() {
				if settings.Event == event {
					found, listens = append(found, &trialHook{of, &webhooks[i], settings}), true
				}
			}
			if !listens {
				others = append(others, webhooks[i].ID)
			}
		}
	}
	switch f.kind {
	case spec.Job:
		var walk func(job *latch.Job)
		walk = func(job *latch.Job) {
			collect(&trialFile{kind: spec.Job, job: job}, job.Webhooks)
			for _, item := range job.Jobs {
				if item.Job != nil {
					walk(item.Job)
				}
			}
		}
		walk(f.job)
	case spec.Release:
		collect(f, f.release.Webhooks)
	default:
		collect(f, f.emission.Webhooks)
	}
	return found, others
}

// choose returns the hook that is meant, which has to send something.
func (f *trialFile) choose(flags trialFlags) (*trialHook, error) {
	found, err := f.find(flags.event, flags.webhook, "say which by --webhook")
	if err == nil && !found.webhook.HasURL() {
		return nil, fmt.Errorf("webhook %q has no url: nothing is sent, only a lock is made", found.webhook.ID)
	}
	return found, err
}

// find returns the hook that is meant. The error for several ends in which, which says
// how to name one.
func (f *trialFile) find(event, id, which string) (*trialHook, error) {
	found, others := f.hooks(event)
	var ids []string
	for _, hook := range found {
		ids = append(ids, hook.webhook.ID)
	}
	all := slices.Concat(ids, others)
	if id != "" {
		found = slices.DeleteFunc(found, func(hook *trialHook) bool { return hook.webhook.ID != id })
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1 && id == "":
		return nil, fmt.Errorf("several webhooks listen to %s: %s; they are %s", event, which, output.Quoted(ids, ", "))
	case len(found) > 1:
		return nil, fmt.Errorf("several jobs have a webhook %q that listens to %s: put the job that is meant into a file of its own", id, event)
	case id != "" && slices.Contains(others, id):
		return nil, fmt.Errorf("webhook %q does not listen to %s", id, event)
	case id != "":
		return nil, fmt.Errorf("there is no webhook %q; there are %s%s", id, output.Quoted(all, ", "), typo.Hint(id, all))
	default:
		return nil, fmt.Errorf("no webhook listens to %s; there are %s", event, output.Quoted(others, ", "))
	}
}

func sortedNames[V any](of map[string]V) []string { return slices.Sorted(maps.Keys(of)) }
