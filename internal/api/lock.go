package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/overload"
)

const locksPath = "/latch/v1/locks"

func (a *api) registerLocks() {
	register[noBody](a, operation{id: "list-locks", method: http.MethodGet, path: locksPath, role: RoleRead,
		summary: "List the locks that are waited for", about: "Of all running jobs, releases and events. A lock shows here within moments of its making. A part may list fewer than limit, and yet tell of a next one."}, a.listLocks)
	register[noBody](a, operation{id: "get-lock", method: http.MethodGet, path: locksPath + "/{lock}", role: RoleRead,
		errors: []int{http.StatusNotFound}, summary: "Show a lock, open or used"}, a.getLock)
	for _, method := range []string{http.MethodPost, http.MethodDelete} {
		id := map[string]string{http.MethodPost: "release-lock", http.MethodDelete: "delete-lock"}[method]
		register[LockRemoval](a, operation{id: id, method: method, path: locksPath + "/{lock}/release", role: RoleLock,
			errors: []int{http.StatusNotFound, http.StatusConflict}, summary: "Remove a lock",
			about: "Answers with the record, decided; a lock that was used before answers its record again, and nothing changes. removed_by is the key's name, whatever the body says."}, a.releaseLock)
	}
}

// A WaitingLock is an open lock, and the run that waits for it.
type WaitingLock struct {
	latch.OpenLock
	WorkflowID   string `json:"workflow_id"`
	RunID        string `json:"run_id"`
	WorkflowType string `json:"workflow_type"`
}

// Locks is a part of the list of open locks.
type Locks struct {
	Locks []WaitingLock `json:"locks"`
	Next  string        `json:"next,omitempty" doc:"The parameter page of the next part; absent on the last"`
}

type listInput struct {
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"About how many locks to list: a run's stay together"`
	Page  string `query:"page" doc:"What the part before told as next"`
}

type locksOutput struct{ Body Locks }

// maximumPages bounds how many of Temporal's pages one call reads, where most
// runs wait for nothing.
const maximumPages = 50

// waitingQuery finds the runs that may wait for locks.
var waitingQuery = fmt.Sprintf("ExecutionStatus = 'Running' AND WorkflowType IN ('%s', '%s', '%s')",
	latch.WorkflowRelease, latch.WorkflowJobRun, latch.WorkflowEmit)

func (a *api) listLocks(ctx context.Context, input *listInput) (*locksOutput, error) {
	page, err := base64.RawURLEncoding.DecodeString(input.Page)
	if err != nil {
		return nil, problem(http.StatusUnprocessableEntity, "page: %q is none that a part before told as next.", input.Page)
	}
	found := Locks{Locks: []WaitingLock{}}
	signed := callerOf(ctx).role >= RoleLock
	began := time.Now()
	for looked := 1; ; looked++ {
		response, err := a.list(ctx, waitingQuery, input.Limit, page)
		if err != nil {
			return nil, err
		}
		for _, info := range response.GetExecutions() {
			found.Locks = append(found.Locks, locksOf(info, signed)...)
		}
		page = response.GetNextPageToken()
		if len(page) == 0 || len(found.Locks) >= input.Limit || looked == maximumPages || time.Since(began) > workerTimeout {
			found.Next = base64.RawURLEncoding.EncodeToString(page)
			return &locksOutput{found}, nil
		}
	}
}

func (a *api) list(ctx context.Context, query string, limit int, page []byte) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, workerTimeout)
	defer cancel()
	return overload.Again(ctx, func(ctx context.Context) (*workflowservice.ListWorkflowExecutionsResponse, error) {
		ctx, cancel := context.WithTimeout(ctx, serverTimeout)
		defer cancel()
		return a.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: a.namespace, Query: query, PageSize: int32(limit), NextPageToken: page})
	})
}

// locksOf reads a run's open locks from its memo; one that has none waits for none.
func locksOf(info *workflowpb.WorkflowExecutionInfo, signed bool) []WaitingLock {
	payload, found := info.GetMemo().GetFields()[latch.MemoLocks]
	var open []latch.OpenLock
	if !found || converter.GetDefaultDataConverter().FromPayload(payload, &open) != nil {
		return nil
	}
	if !signed {
		open = unsignedLocks(open)
	}
	var locks []WaitingLock
	for _, lock := range open {
		locks = append(locks, WaitingLock{OpenLock: lock, WorkflowID: info.GetExecution().GetWorkflowId(),
			RunID: info.GetExecution().GetRunId(), WorkflowType: info.GetType().GetName()})
	}
	return locks
}

// A LockState is a lock with its record.
type LockState struct {
	Token string `json:"token"`
	Open  bool   `json:"open"`
	// Since and Until are the open lock's.
	Since  latch.Time   `json:"since,omitzero"`
	Until  latch.Time   `json:"until,omitzero" doc:"When the lock times out; absent where it waits for ever, or is used"`
	Record latch.Record `json:"record"`
}

type lockInput struct {
	Lock string `path:"lock" doc:"The lock's token, percent-encoded"`
}

type lockOutput struct{ Body LockState }

func (a *api) getLock(ctx context.Context, input *lockInput) (*lockOutput, error) {
	workflowID, err := runOfLock(input.Lock)
	if err != nil {
		return nil, err
	}
	record, err := a.recordOfLock(ctx, workflowID, input.Lock)
	if err != nil {
		return nil, err
	}
	state := LockState{Token: input.Lock, Open: record.Lock.Open(), Since: record.StartedAt, Record: *record}
	if state.Open {
		var status latch.Status
		if err := a.query(ctx, workflowID, record.RunID, latch.QueryStatus, &status); err != nil {
			return nil, err
		}
		for _, open := range status.Locks {
			if open.Token == input.Lock {
				state.Since, state.Until = open.Since, open.Until
			}
		}
	}
	if callerOf(ctx).role < RoleLock {
		state.Record = unsignedRecord(state.Record)
	}
	return &lockOutput{state}, nil
}

// runOfLock reads the workflow id from a lock, <workflow id>:<webhook
// id>:<random>, from the right: a workflow id may have colons.
func runOfLock(token string) (string, error) {
	if random := strings.LastIndexByte(token, ':'); random > 0 && random < len(token)-1 && utf8.ValidString(token) {
		if webhook := strings.LastIndexByte(token[:random], ':'); webhook > 0 && webhook < random-1 {
			return token[:webhook], nil
		}
	}
	return "", problem(http.StatusNotFound, "%q is no lock: one is <workflow id>:<webhook id>:<random>.", token)
}

// noMaker tells that no run of the workflow id could have made a lock: there is
// none, or it is no workflow that makes locks.
func noMaker(workflowID string) *Problem {
	return problem(http.StatusNotFound, "There is no run %q that could have made this lock.", workflowID)
}

// recordOfLock gives the record of a lock from its run's history. No run, and
// no such lock in it, are 404.
func (a *api) recordOfLock(ctx context.Context, workflowID, token string) (*latch.Record, error) {
	var records []latch.Record
	err := a.query(ctx, workflowID, "", latch.QueryHistory, &records)
	if isNotFound(err) || isForeign(err) {
		return nil, noMaker(workflowID)
	}
	if err != nil {
		return nil, err
	}
	for i := range records {
		if records[i].Lock != nil && records[i].Lock.Token == token {
			return &records[i], nil
		}
	}
	return nil, problem(http.StatusNotFound, "Run %s knows no lock %q.", workflowID, token)
}

// A LockRemoval is the body of a removal.
type LockRemoval struct {
	Result string       `json:"result,omitempty" enum:"pass,fail" doc:"Written to data.result; else the endpoint's counts, else pass"`
	Data   latch.Object `json:"data,omitempty" doc:"Laid key by key over what the endpoint answered"`
	By     string       `json:"by,omitempty" doc:"Taken, and not heeded: the key's name counts"`
	Reason string       `json:"reason,omitempty" maxLength:"4096"`
}

type removalInput struct {
	Lock    string `path:"lock" doc:"The lock's token, percent-encoded"`
	RawBody []byte
}

type recordOutput struct{ Body latch.Record }

func (a *api) releaseLock(ctx context.Context, input *removalInput) (*recordOutput, error) {
	removal, err := decodeRemoval(input.RawBody, input.Lock)
	if err != nil {
		return nil, err
	}
	removal.By = callerOf(ctx).name
	record, err := a.removeLock(ctx, viaAPI, removal)
	if err != nil {
		return nil, err
	}
	return &recordOutput{*record}, nil
}

// decodeRemoval reads a removal's body, which need not repeat the path's lock.
func decodeRemoval(body []byte, token string) (latch.LockRelease, error) {
	var removal latch.LockRelease
	err := decodeMessage(body, func(body []byte) error {
		err := removal.Decode(body)
		var problems latch.Problems
		var given map[string]json.RawMessage
		_ = json.Unmarshal(body, &given) // what is no object has been told already
		left := slices.Contains([]string{"", "null", `""`}, string(given["lock"]))
		if !left || !errors.As(err, &problems) {
			return err
		}
		return withoutPath(problems, "lock").Err()
	})
	if err == nil && removal.Lock != "" && removal.Lock != token {
		err = invalid(latch.Problems{{Path: "lock", Message: "is another lock than the path's; leave it out"}})
	}
	removal.Lock = token
	return removal, err
}

// removeLock removes a lock and gives its record. Once the run has closed, a
// used lock gives its record, and anything else is 409.
func (a *api) removeLock(ctx context.Context, via string, removal latch.LockRelease) (*latch.Record, error) {
	workflowID, err := runOfLock(removal.Lock)
	if err != nil {
		return nil, err
	}
	record := new(latch.Record)
	err = a.update(ctx, via, workflowID, latch.MessageReleaseLock, removal, record)
	if isForeign(err) {
		return nil, noMaker(workflowID)
	}
	if !isClosed(err) {
		return record, err
	}
	info, err := a.describe(ctx, workflowID, "")
	if isNotFound(err) {
		return nil, noMaker(workflowID)
	}
	if err != nil {
		return nil, err
	}
	late := problem(http.StatusConflict, "Run %s has closed, and this lock was not used while it ran.", workflowID)
	late.WorkflowID, late.RunID = workflowID, info.GetExecution().GetRunId()
	record, err = a.recordOfLock(ctx, workflowID, removal.Lock)
	var missing *Problem
	if errors.As(err, &missing) && missing.Status == http.StatusNotFound || err == nil && record.Lock.Open() {
		return nil, late
	}
	return record, err
}
