package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
)

func (a *API) registerLockExtension() {
	Register[LockExtension](a, Operation{ID: "extend-lock", Method: http.MethodPost, Act: latch.AuditLockExtend,
		Path: locksPath + "/{lock}" + lockExtend, Role: RoleLock, Required: true, Load: LoadUrgent,
		Errors: []int{http.StatusForbidden, http.StatusNotFound, http.StatusConflict}, Summary: "Move a lock's deadline to a later time",
		About: "Answers with the record and the deadline; a deadline that the lock has already changes nothing (unchanged). A lock that is " +
			"closed is 409, one without a timeout 422, and so is a time before its deadline. With approvals the caller must be somebody who may " +
			"vote, or have the role run, or admin for an enforced webhook. by is always the key's name, whatever the body says."}, a.extendLock)
}

// A LockExtension is the body of a request that moves a lock's deadline.
type LockExtension struct {
	LockTimeout latch.Duration `json:"lock_timeout,omitempty" doc:"The lock's new timeout, counted from its opening, such as 24h; this or until"`
	Until       latch.Time     `json:"until,omitzero" doc:"The new deadline; this or lock_timeout"`
	By          string         `json:"by,omitempty" doc:"Ignored: the key's name is recorded"`
	Reason      string         `json:"reason,omitempty" maxLength:"4096"`
}

type extendedOutput struct{ Body latch.Extended }

func (a *API) extendLock(ctx context.Context, input *removalInput) (*extendedOutput, error) {
	var extension latch.LockExtension
	if err := decodeMessage(input.RawBody, func(body []byte) error { return decodeAboutLock(body, extension.Decode) }); err != nil {
		return nil, err
	}
	if err := checkLockInBody(extension.Lock, input.Lock); err != nil {
		return nil, err
	}
	who := CallerOf(ctx)
	extension.Lock, extension.By = input.Lock, who.Name
	noteLock(ctx, input.Lock)
	NoteAct(ctx, func(entry *latch.AuditEntry) { entry.Reason = extension.Reason })
	extended, err := a.moveDeadline(ctx, who, extension)
	if err != nil {
		return nil, err
	}
	if extended.Unchanged {
		NoteNoAct(ctx)
	}
	NoteAct(ctx, func(entry *latch.AuditEntry) {
		entry.RunID, entry.Event, entry.Step, entry.Target = extended.RunID, extended.Event, extended.Step, extended.DeliveryID
	})
	return &extendedOutput{*extended}, nil
}

// decodeAboutLock decodes a body that need not repeat the lock in the path.
func decodeAboutLock(body []byte, decode func([]byte) error) error {
	err := decode(body)
	var problems latch.Problems
	var given map[string]json.RawMessage
	_ = json.Unmarshal(body, &given) // an error was reported already
	left := map[string]bool{"": true, "null": true, `""`: true}[string(given["lock"])]
	if !left || !errors.As(err, &problems) {
		return err
	}
	return withoutPath(problems, "lock").Err()
}

// checkLockInBody refuses a body about another lock than the path.
func checkLockInBody(given, token string) error {
	if given != "" && given != token {
		return Invalid(latch.Problems{{Path: "lock", Message: "differs from the lock in the path; leave it out"}})
	}
	return nil
}

// moveDeadline sends the message to the run that holds the lock.
func (a *API) moveDeadline(ctx context.Context, who *Caller, extension latch.LockExtension) (*latch.Extended, error) {
	workflowID, err := runOfLock(extension.Lock)
	if err != nil {
		return nil, err
	}
	if err := a.vouchExtension(who, &extension); err != nil {
		return nil, err
	}
	extended := new(latch.Extended)
	err = a.Runs.Update(ctx, who.UpdatePrefix(wayByRole(who)), workflowID, latch.MessageExtendLock, extension, extended)
	if runs.IsForeign(err) {
		return nil, noMaker(workflowID)
	}
	if !runs.IsClosed(err) && !isUnknownLock(err) {
		return extended, err
	}
	record, err := a.usedLock(ctx, workflowID, extension.Lock, runs.IsClosed(err))
	if err != nil {
		return nil, err
	}
	return nil, tooLate(extension.RefusedBy(record), record)
}

// wayByRole returns the way of an update for which the caller's role matters.
func wayByRole(who *Caller) string {
	switch {
	case who.Role >= RoleAdmin:
		return protocol.UpdateByAdmin
	case who.Role >= RoleRun:
		return protocol.UpdateByRunner
	default:
		return protocol.UpdateViaAPI
	}
}
