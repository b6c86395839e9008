package trial

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/typo"
	"github.com/latch-run/latch/internal/vars"
)

// A File describes the run of a trial, by its kind.
type File struct {
	Kind     latch.Kind
	Job      *latch.Job
	Release  *latch.Release
	Emission *latch.Emission
	// Run is a real run of the job; if nil, one is made up.
	Run *Run
	// Fields are the further fields of a registered job; see
	// [protocol.JobVariable].
	Fields latch.Object
}

// A Run is a real run.
type Run struct {
	RunID string
	// Status is how it ended; without a ReturnCode it is still running.
	Status vars.JobStatus
}

// A Hook is a webhook at the event being tried.
type Hook struct {
	*File
	Webhook *latch.Webhook
	// Settings are the webhook's settings for the event.
	Settings latch.Event
}

// Around returns a minimal job, release or emission that fires the event, with
// the webhooks.
func Around(webhooks []latch.Webhook, event string) *File {
	switch {
	case strings.HasPrefix(event, "JOB_"):
		return &File{Kind: latch.JobKind, Job: &latch.Job{ID: "test", Webhooks: webhooks}}
	case latch.CloseStatus(event) != "":
		return AroundWatch(&latch.Watch{ID: "test", Webhooks: webhooks}, event)
	case latch.IsBuiltInEvent(event):
		return &File{Kind: latch.ReleaseKind, Release: &latch.Release{ID: "test", Steps: []latch.Step{{Name: "deploy"}}, Webhooks: webhooks}}
	default:
		return &File{Kind: latch.EmissionKind, Emission: &latch.Emission{ID: "test", Event: event, Webhooks: webhooks}}
	}
}

// AroundWatch returns a run that the watch has found, and of which the event tells. Its
// webhooks see what those of a custom event see.
func AroundWatch(watch *latch.Watch, event string) *File {
	now := time.Now()
	of := latch.Close{Watch: watch.ID, WorkflowID: "order-1", RunID: trialRunID, Type: "Order", Status: latch.CloseStatus(event), TaskQueue: "orders",
		StartedAt: latch.NewTime(now.Add(-time.Minute)), ClosedAt: latch.NewTime(now), DurationMS: time.Minute.Milliseconds(),
		SearchAttributes: latch.Object{}, Memo: latch.Object{}}
	if event != latch.EventWorkflowCompleted && event != latch.EventWorkflowContinued {
		of.Failure = &latch.CloseFailure{Message: madeUp}
	}
	notice := protocol.WatchNotice{Watch: *watch, Closes: []latch.Close{of}}
	return &File{Kind: latch.EmissionKind, Emission: &notice.Batch().Events[0]}
}

// hooks returns the hooks of an event, including those of jobs in a sequence,
// and the ids of the webhooks that do not listen to it.
func (f *File) hooks(event string) (found []*Hook, others []string) {
	collect := func(of *File, webhooks []latch.Webhook) {
		for i := range webhooks {
			listens := false
			for _, settings := range webhooks[i].EventSettings() {
				if settings.Event == event {
					found, listens = append(found, &Hook{of, &webhooks[i], settings}), true
				}
			}
			if !listens {
				others = append(others, webhooks[i].ID)
			}
		}
	}
	switch f.Kind {
	case latch.JobKind:
		var walk func(job *latch.Job)
		walk = func(job *latch.Job) {
			collect(&File{Kind: latch.JobKind, Job: job}, job.Webhooks)
			for _, item := range job.Jobs {
				if item.Job != nil {
					walk(item.Job)
				}
			}
		}
		walk(f.Job)
	case latch.ReleaseKind:
		collect(f, f.Release.Webhooks)
	default:
		collect(f, f.Emission.Webhooks)
	}
	return found, others
}

// Find returns the hook with the event and, unless it is "", the webhook's id.
// If several match, the error ends with which, which says how to select one.
func (f *File) Find(event, id, which string) (*Hook, error) {
	found, others := f.hooks(event)
	var ids []string
	for _, hook := range found {
		ids = append(ids, hook.Webhook.ID)
	}
	all := slices.Concat(ids, others)
	if id != "" {
		found = slices.DeleteFunc(found, func(hook *Hook) bool { return hook.Webhook.ID != id })
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1 && id == "":
		return nil, fmt.Errorf("several webhooks listen to %s: %s; they are %s", event, which, quoted(ids))
	case len(found) > 1:
		return nil, fmt.Errorf("several jobs have a webhook %q that listens to %s: put the job that is meant into a file of its own", id, event)
	case id != "" && slices.Contains(others, id):
		return nil, fmt.Errorf("webhook %q does not listen to %s", id, event)
	case id != "":
		return nil, fmt.Errorf("there is no webhook %q; there are %s%s", id, quoted(all), typo.Hint(id, all))
	default:
		return nil, fmt.Errorf("no webhook listens to %s; there are %s", event, quoted(others))
	}
}

// quoted quotes each id and joins them.
func quoted(ids []string) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strconv.Quote(id)
	}
	return strings.Join(texts, ", ")
}
