package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
)

const locksPath = "/latch/v1/locks"

// Ends of the paths of what is done with a lock.
const (
	lockRelease = "/release"
	lockExtend  = "/extend"
)

func (a *API) registerLocks() {
	a.registerLockList()
	Register[NoBody](a, Operation{ID: "get-lock", Method: http.MethodGet, Path: locksPath + "/{lock}", Role: RoleRead, Load: LoadUrgent,
		Errors: []int{http.StatusNotFound}, Summary: "Show a lock, open or removed"}, a.getLock)
	for _, method := range []string{http.MethodPost, http.MethodDelete} {
		id := map[string]string{http.MethodPost: "release-lock", http.MethodDelete: "delete-lock"}[method]
		Register[LockRemoval](a, Operation{ID: id, Method: method, Path: locksPath + "/{lock}" + lockRelease,
			Role: RoleLock, Act: latch.AuditLockRelease, Load: LoadUrgent,
			Errors: []int{http.StatusForbidden, http.StatusNotFound, http.StatusConflict}, Summary: "Remove a lock, or vote about it",
			About: "Answers with the decided record. With approvals this is the caller's vote: the answer has the votes as approvals, and what " +
				"is missing; a caller who may not vote is 403. Removing a removed lock with the same result answers with its record again, and " +
				"unchanged; with another result, or after the lock's timeout, the answer is 409 with the record. removed_by is always the key's " +
				"name, whatever the body says."}, a.releaseLock)
	}
	a.registerLockExtension()
}

// A LockState is a lock with its record.
type LockState struct {
	Token string `json:"token"`
	Open  bool   `json:"open"`
	// Since and Until are those of the open lock.
	Since     latch.Time       `json:"since,omitzero"`
	Until     latch.Time       `json:"until,omitzero" doc:"When the lock times out; absent for a lock without a timeout, or a removed one"`
	OnTimeout string           `json:"on_timeout,omitempty" enum:"continue,stop,rollback" doc:"What the timeout decides; absent with until"`
	Escalates *latch.Escalated `json:"escalates,omitempty" doc:"When more people may vote about an open lock, and who; the record has it once they may"`
	// Missing is what an open lock with approvals still needs. Its votes are in the record.
	Missing []latch.MissingApproval `json:"missing,omitempty" doc:"Of an open lock with approvals, which of them do not hold yet; the votes are record.approvals"`
	Record  latch.Record            `json:"record"`
}

type lockInput struct {
	Lock string `path:"lock" doc:"The lock's token, percent-encoded"`
}

type lockOutput struct{ Body LockState }

func (a *API) getLock(ctx context.Context, input *lockInput) (*lockOutput, error) {
	record, open, err := a.LookAtLock(ctx, input.Lock)
	if err != nil {
		return nil, err
	}
	state := LockState{Token: input.Lock, Open: record.Lock.Open(), Since: record.StartedAt, Record: *record}
	if open != nil {
		state.Since, state.Until, state.OnTimeout = open.Since, open.Until, open.OnTimeout
		state.Escalates, state.Missing = open.Escalates, open.Missing
	}
	return &lockOutput{state}, nil
}

// LookAtLock returns the record of a lock and, while the run waits for it, the lock as the run's
// status has it. An unknown lock is a 404.
func (a *API) LookAtLock(ctx context.Context, token string) (*latch.Record, *latch.OpenLock, error) {
	workflowID, err := runOfLock(token)
	if err != nil {
		return nil, nil, err
	}
	record, err := a.recordOfLock(ctx, workflowID, token)
	if err != nil || !record.Lock.Open() {
		return record, nil, err
	}
	var status latch.Status
	if err := a.Runs.Query(ctx, workflowID, record.RunID, latch.QueryStatus, &status); err != nil {
		return nil, nil, err
	}
	for i := range status.Locks {
		if status.Locks[i].Token == token {
			return record, &status.Locks[i], nil
		}
	}
	return record, nil, nil
}

// runOfLock returns the workflow id in a lock's token.
func runOfLock(token string) (string, error) {
	if workflowID, is := protocol.RunOfLock(token); is {
		return workflowID, nil
	}
	return "", NewProblem(http.StatusNotFound, "%q is not a lock's token. A token has the form <workflow id>:<webhook id>:<random>.", token)
}

// noMaker is the answer for a lock that no run with the workflow id can have
// made: there is no such run, or its workflow makes no locks.
func noMaker(workflowID string) *Problem {
	return NewProblem(http.StatusNotFound, "No run %q could have made this lock.", workflowID)
}

// recordOfLock returns the record of a lock from its run's history. It returns
// a 404 if there is no run, or no such lock.
func (a *API) recordOfLock(ctx context.Context, workflowID, token string) (*latch.Record, error) {
	var records []latch.Record
	err := a.Runs.Query(ctx, workflowID, "", latch.QueryHistory, &records)
	if runs.IsNotFound(err) || runs.IsForeign(err) {
		return nil, noMaker(workflowID)
	}
	if err != nil {
		return nil, err
	}
	if mine := findLock(records, token); mine >= 0 {
		return &records[mine], nil
	}
	if _, records, err = a.earlierRun(ctx, workflowID, token); err != nil {
		return nil, err
	}
	return &records[findLock(records, token)], nil
}

// A LockRemoval is the body of a request that removes a lock.
type LockRemoval struct {
	Result string       `json:"result,omitempty" enum:"pass,fail" doc:"Written to data.result; default: the endpoint's result, else pass"`
	Vote   string       `json:"vote,omitempty" enum:"approve,reject,withdraw" doc:"Default: by result, else approve; without approvals, reject is fail, and stops"`
	Data   latch.Object `json:"data,omitempty" doc:"Merged key by key over the endpoint's data"`
	By     string       `json:"by,omitempty" doc:"Ignored: the key's name is recorded"`
	Reason string       `json:"reason,omitempty" maxLength:"4096"`
	Digest string       `json:"digest,omitempty" doc:"The lock's digest (record.lock.digest) that the caller has seen; a lock with another one is 409"`
}

type removalInput struct {
	Lock    string `path:"lock" doc:"The lock's token, percent-encoded"`
	RawBody []byte
}

type recordOutput struct{ Body latch.Record }

type releasedOutput struct{ Body latch.Released }

func (a *API) releaseLock(ctx context.Context, input *removalInput) (*releasedOutput, error) {
	removal, err := decodeRemoval(input.RawBody, input.Lock)
	if err != nil {
		return nil, err
	}
	removal.By = CallerOf(ctx).Name
	released, err := a.RemoveLock(ctx, CallerOf(ctx), protocol.UpdateViaAPI, removal)
	if err != nil {
		return nil, err
	}
	return &releasedOutput{*released}, nil
}

// decodeRemoval decodes such a body, which need not repeat the lock in the
// path.
func decodeRemoval(body []byte, token string) (latch.LockRelease, error) {
	var removal latch.LockRelease
	err := decodeMessage(body, func(body []byte) error { return decodeAboutLock(body, removal.Decode) })
	if err == nil {
		err = checkLockInBody(removal.Lock, token)
	}
	removal.Lock = token
	return removal, err
}

// RemoveLock removes a lock for the caller, or votes about it, and returns its
// record. way is how the removal came, such as [protocol.UpdateViaAPI]. If the
// run has closed, a lock that was removed is answered from its history as the
// run would; anything else is a 409. Its error is a [*Problem].
func (a *API) RemoveLock(ctx context.Context, who *Caller, way string, removal latch.LockRelease) (*latch.Released, error) {
	released, err := a.removeLock(ctx, who, way, removal)
	err = a.Explain(ctx, err)
	noted := actOf(ctx)
	byItself := noted == nil // no route of the API notes it
	if byItself {
		noted = &act{AuditEntry: latch.AuditEntry{Action: latch.AuditLockRelease, By: removal.By, Via: viaOfWay[way]}}
	}
	noted.lock, noted.Reason = removal.Lock, removal.Reason
	noted.Result = cmp.Or(removal.Vote, removal.Result)
	switch {
	case err == nil && released.Unchanged:
		noted.Action = ""
	case err == nil:
		noted.RunID, noted.Event, noted.Step, noted.Target = released.RunID, released.Event, released.Step, released.DeliveryID
	}
	if byItself && noted.Action != "" {
		a.note(ctx, who, *noted, err)
	}
	return released, err
}

// viaOfWay are the ways of the removals that no route of the API's own takes.
var viaOfWay = map[string]string{protocol.UpdateViaPage: latch.ViaPage, protocol.UpdateViaSlack: latch.ViaSlack}

func (a *API) removeLock(ctx context.Context, who *Caller, way string, removal latch.LockRelease) (*latch.Released, error) {
	workflowID, err := runOfLock(removal.Lock)
	if err != nil {
		return nil, err
	}
	if err := a.vouch(who, &removal); err != nil {
		return nil, err
	}
	released := new(latch.Released)
	err = a.Runs.Update(ctx, who.UpdatePrefix(way), workflowID, latch.MessageReleaseLock, removal, released)
	if runs.IsForeign(err) {
		return nil, noMaker(workflowID)
	}
	if !runs.IsClosed(err) && !isUnknownLock(err) {
		return released, err
	}
	record, err := a.usedLock(ctx, workflowID, removal.Lock, runs.IsClosed(err))
	if err != nil {
		return nil, err
	}
	if late := removal.RefusedBy(record); late != "" {
		return nil, tooLate(late, record)
	}
	return &latch.Released{Record: *record, Unchanged: true}, nil
}

// tooLate is the answer to a message that comes too late for a used lock, with
// the record that stands.
func tooLate(late string, record *latch.Record) *Problem {
	refused := NewProblem(http.StatusConflict, "%s", late)
	refused.Record = record
	return refused
}

// usedLock returns the record of a lock whose run has closed: the newest run of
// the workflow, or an earlier one.
func (a *API) usedLock(ctx context.Context, workflowID, token string, newestClosed bool) (*latch.Record, error) {
	info, err := a.describe(ctx, workflowID, "")
	if runs.IsNotFound(err) {
		return nil, noMaker(workflowID)
	}
	if err != nil {
		return nil, err
	}
	record, err := a.recordOfLock(ctx, workflowID, token)
	var missing *Problem
	unknown := errors.As(err, &missing) && missing.Status == http.StatusNotFound
	if unknown && !newestClosed || err != nil && !unknown || err == nil && !record.Lock.Open() {
		return record, err
	}
	late := NewProblem(http.StatusConflict, "Run %s has closed, and this lock was not used while it ran.", workflowID)
	late.WorkflowID, late.RunID = workflowID, info.GetExecution().GetRunId()
	if err == nil {
		late.RunID = record.RunID
	}
	return nil, late
}
