package backend

import (
	"context"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/audit"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/declared"
	"github.com/latch-run/latch/internal/deliveries"
	"github.com/latch-run/latch/internal/registry"
)

// An audited backend is one over Temporal that has the audit say what the user does. The API's is
// audited by the API.
type audited struct {
	*Temporal
	recorder *audit.Recorder
	user     string
	// lost is called with the reason where entries are not appended.
	lost func(error)
}

var _ Backend = (*audited)(nil)

// Audited has the audit say what the user does by a backend. lost is called with the reason where
// entries cannot be appended, which undoes nothing.
func Audited(t *Temporal, user string, lost func(error)) Backend {
	return &audited{t, audit.NewRecorder(audit.Options{Log: audit.New(t.runs, t.taskQueue), Logger: slog.New(slog.DiscardHandler),
		Metrics: client.MetricsNopHandler, Lost: func(_ int, err error) { lost(err) }}), user, lost}
}

// auditTimeout bounds how long a command waits at its end until what it did is in the audit.
const auditTimeout = 30 * time.Second

// Close waits until what was done is in the audit, and closes the connection.
func (a *audited) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), auditTimeout)
	defer cancel()
	if err := a.recorder.Close(ctx); err != nil {
		a.lost(err)
	}
	a.Temporal.Close()
}

// note has the audit say what was done, or why it was refused. Whatever else went wrong was not
// carried out, or is not known to be.
func (a *audited) note(ctx context.Context, entry latch.AuditEntry, lock string, err error) {
	entry.Outcome, entry.Via, entry.IdentifiedBy = latch.AuditDone, latch.ViaCLI, latch.IdentifiedByTemporal
	if entry.By == "" {
		entry.By = a.user
	}
	if err != nil {
		failed := failure.Explain(err)
		switch failed.Kind {
		case latch.ErrorForbidden, latch.ErrorTooLate, latch.ErrorOtherDigest, failure.Running, failure.Refused:
		default:
			return
		}
		entry.Outcome, entry.Error = latch.AuditRefused, failed.Message
	}
	audit.OfLock(&entry, lock)
	a.recorder.NoteSoon(context.WithoutCancel(ctx), entry)
}

// Start starts a run.
func (a *audited) Start(ctx context.Context, start Start) (*Run, error) {
	run, err := a.Temporal.Start(ctx, start)
	action := map[latch.Kind]string{latch.ReleaseKind: latch.AuditReleaseStart, latch.JobKind: latch.AuditJobStart,
		latch.GateKind: latch.AuditGateStart}[start.Kind]
	if action != "" { // an event is in its run alone
		a.note(ctx, aboutRun(action, start.workflowIDOf(run), run), "", err)
	}
	return run, err
}

// workflowIDOf returns the workflow id of the run that was started, or was not.
func (s *Start) workflowIDOf(run *Run) string {
	if run != nil {
		return run.WorkflowID
	}
	return s.WorkflowID
}

func aboutRun(action, workflowID string, run *Run) latch.AuditEntry {
	entry := latch.AuditEntry{Action: action, WorkflowID: workflowID}
	if run != nil {
		entry.RunID = run.RunID
	}
	return entry
}

// StartJob starts a run of a registered job.
func (a *audited) StartJob(ctx context.Context, id string) (*Run, error) {
	run, err := a.Temporal.StartJob(ctx, id)
	entry := aboutRun(latch.AuditJobStart, registry.WorkflowID(id), run)
	entry.Target = id
	a.note(ctx, entry, "", err)
	return run, err
}

// Send sends a message to a run.
func (a *audited) Send(ctx context.Context, kind latch.Kind, id, message string, argument any) (*Answer, error) {
	answer, err := a.Temporal.Send(ctx, kind, id, message, argument)
	entry := latch.AuditEntry{Action: string(kind) + "." + message, WorkflowID: id}
	if answer != nil {
		entry.WorkflowID = answer.WorkflowID
	}
	lock := ""
	switch said := argument.(type) {
	case latch.Control:
		entry.By, entry.Reason = said.By, said.Reason
	case latch.StepRetry:
		entry.By, entry.Reason, entry.Step = said.By, said.Reason, said.Step
	case latch.Skip:
		entry.By, entry.Reason, entry.Step, entry.Webhook, entry.Event = said.By, said.Reason, said.Step, said.Webhook, said.Event
		lock = said.Lock
	}
	a.note(ctx, entry, lock, err)
	return answer, err
}

// RemoveLock removes a lock, or votes about it.
func (a *audited) RemoveLock(ctx context.Context, workflowID string, removal latch.LockRelease) (*Answer, error) {
	answer, err := a.Temporal.RemoveLock(ctx, workflowID, removal)
	result := removal.Vote
	if result == "" {
		result = removal.Result
	}
	a.note(ctx, latch.AuditEntry{Action: latch.AuditLockRelease, By: removal.By, Reason: removal.Reason, Result: result}, removal.Lock, err)
	return answer, err
}

// ExtendLock moves a lock's deadline.
func (a *audited) ExtendLock(ctx context.Context, workflowID string, extension latch.LockExtension) (*Answer, error) {
	answer, err := a.Temporal.ExtendLock(ctx, workflowID, extension)
	a.note(ctx, latch.AuditEntry{Action: latch.AuditLockExtend, By: extension.By, Reason: extension.Reason}, extension.Lock, err)
	return answer, err
}

// PutFreeze registers a freeze.
func (a *audited) PutFreeze(ctx context.Context, freeze latch.RegisteredFreeze) (*latch.RegisteredFreeze, error) {
	put, err := a.Temporal.PutFreeze(ctx, freeze)
	a.note(ctx, latch.AuditEntry{Action: latch.AuditFreezePut, Target: freeze.ID}, "", err)
	return put, err
}

// DeleteFreeze removes a freeze.
func (a *audited) DeleteFreeze(ctx context.Context, id string) error {
	err := a.Temporal.DeleteFreeze(ctx, id)
	a.note(ctx, latch.AuditEntry{Action: latch.AuditFreezeDelete, Target: id}, "", err)
	return err
}

// PutWatch registers a watch.
func (a *audited) PutWatch(ctx context.Context, watch latch.RegisteredWatch) (*latch.RegisteredWatch, error) {
	put, err := a.Temporal.PutWatch(ctx, watch)
	a.note(ctx, latch.AuditEntry{Action: latch.AuditWatchPut, Target: watch.ID}, "", err)
	return put, err
}

// DeleteWatch removes a watch.
func (a *audited) DeleteWatch(ctx context.Context, id string) error {
	err := a.Temporal.DeleteWatch(ctx, id)
	a.note(ctx, latch.AuditEntry{Action: latch.AuditWatchDelete, Target: id}, "", err)
	return err
}

// Redeliver sends a delivery again.
func (a *audited) Redeliver(ctx context.Context, id string, origin deliveries.Origin) (*deliveries.Redelivery, error) {
	sent, err := a.Temporal.Redeliver(ctx, id, origin)
	entry := latch.AuditEntry{Action: latch.AuditDeliveryRedeliver, Target: id}
	if sent != nil {
		entry.WorkflowID, entry.RunID = sent.WorkflowID, sent.RunID
	}
	a.note(ctx, entry, "", err)
	return sent, err
}

// RedeliverFailed sends deliveries again.
func (a *audited) RedeliverFailed(ctx context.Context, filter deliveries.Filter, cursor string, limit int,
	dryRun bool) (*deliveries.BulkRedelivery, error) {
	bulk, err := a.Temporal.RedeliverFailed(ctx, filter, cursor, limit, dryRun)
	a.noteRedelivered(ctx, filter, dryRun, err)
	return bulk, err
}

// RedeliverSkipped sends what was skipped.
func (a *audited) RedeliverSkipped(ctx context.Context, filter deliveries.Filter, dryRun bool,
	looked func(runs, found int)) (*deliveries.BulkRedelivery, error) {
	bulk, err := a.Temporal.RedeliverSkipped(ctx, filter, dryRun, looked)
	a.noteRedelivered(ctx, filter, dryRun, err)
	return bulk, err
}

func (a *audited) noteRedelivered(ctx context.Context, filter deliveries.Filter, dryRun bool, err error) {
	if !dryRun {
		a.note(ctx, latch.AuditEntry{Action: latch.AuditDeliveryRedeliver, Webhook: filter.Webhook, Event: filter.Event}, "", err)
	}
}

// Registry returns the registry of the namespace.
func (a *audited) Registry() (Registry, error) {
	return auditedRegistry{a.Temporal.registry, a}, nil
}

// An auditedRegistry is a [Registry] whose changes are audited.
type auditedRegistry struct {
	Registry
	of *audited
}

// Create registers a job.
func (r auditedRegistry) Create(ctx context.Context, definition registry.Definition) (*registry.Entry, error) {
	entry, err := r.Registry.Create(ctx, definition)
	r.of.note(ctx, latch.AuditEntry{Action: latch.AuditJobCreate, Target: definition.ID}, "", err)
	return entry, err
}

// Update changes a job.
func (r auditedRegistry) Update(ctx context.Context, id string, change func(*registry.Definition) error) (*registry.Entry, error) {
	entry, err := r.Registry.Update(ctx, id, change)
	r.of.note(ctx, latch.AuditEntry{Action: latch.AuditJobChange, Target: id}, "", err)
	return entry, err
}

// Pause pauses or resumes a job.
func (r auditedRegistry) Pause(ctx context.Context, id string, paused bool) (*registry.Entry, error) {
	entry, err := r.Registry.Pause(ctx, id, paused)
	action := latch.AuditJobResume
	if paused {
		action = latch.AuditJobPause
	}
	r.of.note(ctx, latch.AuditEntry{Action: action, Target: id}, "", err)
	return entry, err
}

// Delete removes a job.
func (r auditedRegistry) Delete(ctx context.Context, id string) error {
	err := r.Registry.Delete(ctx, id)
	r.of.note(ctx, latch.AuditEntry{Action: latch.AuditJobDelete, Target: id}, "", err)
	return err
}

// Declarations returns the registry of what files declare.
func (a *audited) Declarations() Declarations {
	return auditedDeclarations{a.Temporal.Declarations(), a}
}

// auditedDeclarations are [Declarations] whose changes are audited.
type auditedDeclarations struct {
	Declarations
	of *audited
}

// ApplyJob writes a job.
func (d auditedDeclarations) ApplyJob(ctx context.Context, plan *declared.Plan, item *declared.Item) error {
	err := d.Declarations.ApplyJob(ctx, plan, item)
	d.of.note(ctx, latch.AuditEntry{Action: latch.AuditJobChange, Target: item.ID}, "", err)
	return err
}

// RemoveJob removes a job.
func (d auditedDeclarations) RemoveJob(ctx context.Context, id string) error {
	err := d.Declarations.RemoveJob(ctx, id)
	d.of.note(ctx, latch.AuditEntry{Action: latch.AuditJobDelete, Target: id}, "", err)
	return err
}

// ApplyWebhooks writes and removes registered webhooks.
func (d auditedDeclarations) ApplyWebhooks(ctx context.Context, put []latch.RegisteredWebhook, remove []string) error {
	err := d.Declarations.ApplyWebhooks(ctx, put, remove)
	ids := make([]string, len(put))
	for i := range put {
		ids[i] = put[i].ID
	}
	d.noteAll(ctx, latch.AuditWebhookPut, ids, latch.AuditWebhookDelete, remove, err)
	return err
}

// ApplyWatches writes and removes watches.
func (d auditedDeclarations) ApplyWatches(ctx context.Context, put []latch.RegisteredWatch, remove []string) error {
	err := d.Declarations.ApplyWatches(ctx, put, remove)
	ids := make([]string, len(put))
	for i := range put {
		ids[i] = put[i].ID
	}
	d.noteAll(ctx, latch.AuditWatchPut, ids, latch.AuditWatchDelete, remove, err)
	return err
}

// ApplyFreezes writes and removes freezes.
func (d auditedDeclarations) ApplyFreezes(ctx context.Context, put []latch.RegisteredFreeze, remove []string) error {
	err := d.Declarations.ApplyFreezes(ctx, put, remove)
	ids := make([]string, len(put))
	for i := range put {
		ids[i] = put[i].ID
	}
	d.noteAll(ctx, latch.AuditFreezePut, ids, latch.AuditFreezeDelete, remove, err)
	return err
}

// ApplyTags writes and removes tags.
func (d auditedDeclarations) ApplyTags(ctx context.Context, put []registry.Tag, remove []string) error {
	err := d.Declarations.ApplyTags(ctx, put, remove)
	names := make([]string, len(put))
	for i := range put {
		names[i] = put[i].Name
	}
	d.noteAll(ctx, latch.AuditTagCreate, names, latch.AuditTagDelete, remove, err)
	return err
}

// noteAll has the audit say what was written and removed.
func (d auditedDeclarations) noteAll(ctx context.Context, putAction string, put []string, removeAction string,
	removed []string, err error) {
	for _, id := range put {
		d.of.note(ctx, latch.AuditEntry{Action: putAction, Target: id}, "", err)
	}
	for _, id := range removed {
		d.of.note(ctx, latch.AuditEntry{Action: removeAction, Target: id}, "", err)
	}
}
