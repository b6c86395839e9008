package backend

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/declared"
	"github.com/latch-run/latch/internal/registry"
)

// Declarations returns the registry of the API's namespace and task queue.
func (a *API) Declarations() Declarations { return &apiDeclarations{API: a} }

// apiDeclarations implements [Declarations] over the API's routes. The API shows no credentials, so
// it compares.
type apiDeclarations struct {
	*API
	queue string
}

// callsAtOnce bounds the calls that are made concurrently.
const callsAtOnce = 16

// TaskQueue is the API's task queue.
func (d *apiDeclarations) TaskQueue() string { return d.queue }

// Together returns false: each entry is a call of its own.
func (d *apiDeclarations) Together() bool { return false }

// CheckQuery does nothing, because the API has checked the query as it compared the watch.
func (d *apiDeclarations) CheckQuery(context.Context, string) error { return nil }

// State reads the lists, and has the API compare what is declared with what is registered.
func (d *apiDeclarations) State(ctx context.Context, reading Reading) (*declared.State, error) {
	state := &declared.State{}
	if err := d.readJobs(ctx, state); err != nil {
		return nil, err
	}
	if reading.Queue != "" && reading.Queue != d.queue {
		return nil, failure.New(failure.Usage, "the API at %s registers webhooks and freezes for its own task queue, %q, and not for %q: "+
			"leave --task-queue and LATCH_TASK_QUEUE out, or name that one", d.client.Address(), d.queue, reading.Queue)
	}
	if err := d.readOthers(ctx, state); err != nil {
		return nil, err
	}
	if reading.Items == nil {
		return state, d.readDocuments(ctx, state, reading.Read)
	}
	return state, d.compare(ctx, state, reading)
}

// readJobs lists the jobs.
func (d *apiDeclarations) readJobs(ctx context.Context, state *declared.State) error {
	const pageSize = 1000
	for cursor := ""; ; {
		var page struct {
			Jobs []struct {
				ID string `json:"id"` // a row's own is not in its JSON
				registry.Row
				// CannotRun is what a row calls otherwise.
				CannotRun bool `json:"cannot_run"`
			} `json:"jobs"`
			TaskQueue  string `json:"task_queue"`
			NextCursor string `json:"next_cursor"`
		}
		if err := d.client.RegisteredJobs(ctx, cursor, pageSize, &page); err != nil {
			return d.failed(err, failure.Failed)
		}
		for i := range page.Jobs {
			row := page.Jobs[i].Row
			row.ID, row.Lacks = page.Jobs[i].ID, page.Jobs[i].CannotRun
			state.Rows = append(state.Rows, row)
		}
		d.queue, cursor = page.TaskQueue, page.NextCursor
		if cursor == "" {
			return nil
		}
	}
}

// readOthers lists what is registered beside jobs.
func (d *apiDeclarations) readOthers(ctx context.Context, state *declared.State) (err error) {
	if state.Webhooks, err = d.Webhooks(ctx); err != nil {
		return err
	}
	if state.Watches, err = d.Watches(ctx); err != nil {
		return err
	}
	if state.Freezes, err = d.Freezes(ctx); err != nil {
		return err
	}
	var list struct {
		Tags []registry.Tag `json:"tags"`
	}
	err = d.failed(d.client.Tags(ctx, &list), failure.Failed)
	state.Tags = list.Tags
	return err
}

// readDocuments reads all jobs in full. One that was deleted since it was listed is left out.
func (d *apiDeclarations) readDocuments(ctx context.Context, state *declared.State, read func(done, of int)) error {
	definitions := make([]*registry.Definition, len(state.Rows))
	err := forEach(ctx, len(state.Rows), read, func(ctx context.Context, i int) error {
		document, err := d.client.RegisteredJob(ctx, state.Rows[i].ID)
		if isMissing(err) {
			return nil
		}
		if err != nil {
			return d.failed(err, failure.Failed)
		}
		definitions[i], err = declared.ReadJob(document)
		return err
	})
	state.Jobs = map[string]*registry.Definition{}
	for _, definition := range definitions {
		if definition != nil {
			state.Jobs[definition.ID] = definition
		}
	}
	return err
}

// compare has the API compare each item but tags, which it shows completely.
func (d *apiDeclarations) compare(ctx context.Context, state *declared.State, reading Reading) error {
	owners := ownersIn(state)
	compared := make([]*declared.Comparison, len(reading.Items))
	err := forEach(ctx, len(reading.Items), reading.Read, func(ctx context.Context, i int) (err error) {
		item := reading.Items[i]
		if item.Kind == declared.Tag {
			return nil
		}
		owner, registered := owners[ownedEntry{item.Kind, item.ID}]
		compared[i], err = d.foresee(ctx, item, reading.Queue)
		if err == nil {
			compared[i].Registered, compared[i].Owner = registered, owner
		}
		return err
	})
	state.Compared = map[*declared.Item]*declared.Comparison{}
	for i, item := range reading.Items {
		if compared[i] != nil {
			state.Compared[item] = compared[i]
		}
	}
	return err
}

// foresee asks the API what registering an item would change.
func (d *apiDeclarations) foresee(ctx context.Context, item *declared.Item, queue string) (*declared.Comparison, error) {
	var collection string
	var entry any
	switch item.Kind {
	case declared.Job:
		collection, entry = apiclient.InJobs, item.JobDocument("", queue)
	case declared.Webhook:
		collection, entry = apiclient.InWebhooks, item.Webhook
	case declared.Watch:
		collection, entry = apiclient.InWatches, item.Watch
	case declared.Freeze:
		collection, entry = apiclient.InFreezes, item.Freeze
	default:
		return nil, fmt.Errorf("the API cannot compare a %s", item.Kind)
	}
	var foreseen struct {
		Changes []declared.FieldChange `json:"changes"`
	}
	err := d.client.Foresee(ctx, collection, item.ID, entry, &foreseen)
	var problem *apiclient.Problem
	if errors.As(err, &problem) && problem.Status == http.StatusUnprocessableEntity && len(problem.Problems()) > 0 {
		return &declared.Comparison{Problems: problem.Problems()}, nil
	}
	return &declared.Comparison{Fields: declared.WithoutOwner(foreseen.Changes)}, d.failed(err, failure.Failed)
}

// An ownedEntry is a registered entry, which may have an owner.
type ownedEntry struct {
	kind declared.Kind
	id   string
}

// ownersIn returns the owner of each registered entry, "" if it has none.
func ownersIn(state *declared.State) map[ownedEntry]string {
	owners := map[ownedEntry]string{}
	for i := range state.Rows {
		owners[ownedEntry{declared.Job, state.Rows[i].ID}] = state.Rows[i].ManagedBy
	}
	for i := range state.Webhooks {
		owners[ownedEntry{declared.Webhook, state.Webhooks[i].ID}] = state.Webhooks[i].ManagedBy
	}
	for i := range state.Watches {
		owners[ownedEntry{declared.Watch, state.Watches[i].ID}] = state.Watches[i].ManagedBy
	}
	for i := range state.Freezes {
		owners[ownedEntry{declared.Freeze, state.Freezes[i].ID}] = state.Freezes[i].ManagedBy
	}
	return owners
}

// forEach makes a call for each of n things, several concurrently, and reports how many are done.
func forEach(ctx context.Context, n int, read func(done, of int), call func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(callsAtOnce)
	var done atomic.Int64
	for i := range n {
		if i%readAtOnce == 0 {
			read(int(done.Load()), n)
		}
		group.Go(func() error {
			defer done.Add(1)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return call(ctx, i)
		})
	}
	return group.Wait()
}

// isMissing reports whether the API has no such entry.
func isMissing(err error) bool {
	var problem *apiclient.Problem
	return errors.As(err, &problem) && problem.Status == http.StatusNotFound
}

// ApplyJob registers the job, or replaces it.
func (d *apiDeclarations) ApplyJob(ctx context.Context, plan *declared.Plan, item *declared.Item) error {
	return d.failed(d.client.PutRegisteredJob(ctx, item.ID, item.JobDocument(plan.Owner, plan.Queue)), failure.Failed)
}

// RemoveJob removes a job.
func (d *apiDeclarations) RemoveJob(ctx context.Context, id string) error {
	return d.removed(d.client.DeleteJob(ctx, id, ""))
}

// removed returns the error of a removal, unless there was nothing to remove.
func (d *apiDeclarations) removed(err error) error {
	if isMissing(err) {
		return nil
	}
	return d.failed(err, failure.Failed)
}

// ApplyWebhooks writes and removes webhooks one by one.
func (d *apiDeclarations) ApplyWebhooks(ctx context.Context, put []latch.RegisteredWebhook, remove []string) error {
	return applyEach(put, remove,
		func(id string) error { return d.removed(d.client.DeleteWebhook(ctx, id, "")) },
		func(webhook latch.RegisteredWebhook) error {
			return d.failed(d.client.PutWebhook(ctx, webhook.ID, "", webhook, new(json.RawMessage)), failure.Failed)
		})
}

// ApplyWatches writes and removes watches one by one.
func (d *apiDeclarations) ApplyWatches(ctx context.Context, put []latch.RegisteredWatch, remove []string) error {
	return applyEach(put, remove,
		func(id string) error { return d.removed(d.client.DeleteWatch(ctx, id, "")) },
		func(watch latch.RegisteredWatch) error {
			_, err := d.PutWatch(ctx, watch)
			return err
		})
}

// ApplyFreezes writes and removes freezes one by one.
func (d *apiDeclarations) ApplyFreezes(ctx context.Context, put []latch.RegisteredFreeze, remove []string) error {
	return applyEach(put, remove,
		func(id string) error { return d.removed(d.client.DeleteFreeze(ctx, id, "")) },
		func(freeze latch.RegisteredFreeze) error {
			_, err := d.PutFreeze(ctx, freeze)
			return err
		})
}

// ApplyTags writes and removes tags one by one.
func (d *apiDeclarations) ApplyTags(ctx context.Context, put []registry.Tag, remove []string) error {
	return applyEach(put, remove,
		func(name string) error { return d.removed(d.client.DeleteTag(ctx, name)) },
		func(tag registry.Tag) error {
			return d.failed(d.client.PutTag(ctx, tag.Name, tag.ManagedBy), failure.Failed)
		})
}

// applyEach removes first, which makes room.
func applyEach[T any](put []T, remove []string, removal func(string) error, write func(T) error) error {
	for _, id := range remove {
		if err := removal(id); err != nil {
			return err
		}
	}
	for _, each := range put {
		if err := write(each); err != nil {
			return err
		}
	}
	return nil
}
