package api

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/overload"
)

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

// waitingQueries find the runs that may wait for locks: first those of Latch's
// own, then workflows of users' own, of which any may have a gate.
var waitingQueries = []string{
	fmt.Sprintf("ExecutionStatus = 'Running' AND WorkflowType IN ('%s', '%s', '%s')",
		latch.WorkflowRelease, latch.WorkflowJobRun, latch.WorkflowEmit),
	fmt.Sprintf("ExecutionStatus = 'Running' AND WorkflowType NOT IN ('%s', '%s', '%s', '%s', '%s', '%s', '%s')",
		latch.WorkflowRelease, latch.WorkflowJobRun, latch.WorkflowEmit, latch.WorkflowDeliver, latch.WorkflowTrigger, latch.WorkflowJobNotice, latch.WorkflowStartOnce),
}

// A listPlace is where a list goes on: which query, and its page.
type listPlace struct {
	query int
	page  []byte
}

// decodeListPlace reads the place that encode wrote; "" is the beginning.
func decodeListPlace(text string) (listPlace, bool) {
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	switch {
	case err != nil || len(decoded) > 0 && int(decoded[0]) >= len(waitingQueries):
		return listPlace{}, false
	case len(decoded) == 0:
		return listPlace{}, true
	default:
		return listPlace{query: int(decoded[0]), page: decoded[1:]}, true
	}
}

func (p listPlace) encode() string {
	return base64.RawURLEncoding.EncodeToString(append([]byte{byte(p.query)}, p.page...))
}

// next is the place after a page of Temporal's; false where the list ends.
func (p listPlace) next(page []byte) (listPlace, bool) {
	if len(page) > 0 {
		return listPlace{query: p.query, page: page}, true
	}
	return listPlace{query: p.query + 1}, p.query+1 < len(waitingQueries)
}

func (a *api) listLocks(ctx context.Context, input *listInput) (*locksOutput, error) {
	place, ok := decodeListPlace(input.Page)
	if !ok {
		return nil, problem(http.StatusUnprocessableEntity, "page: %q is none that a part before told as next.", input.Page)
	}
	found := Locks{Locks: []WaitingLock{}}
	began := time.Now()
	for looked := 1; ; looked++ {
		response, err := a.list(ctx, waitingQueries[place.query], input.Limit, place.page)
		if err != nil {
			return nil, err
		}
		for _, info := range response.GetExecutions() {
			found.Locks = append(found.Locks, a.locksOf(info)...)
		}
		var more bool
		if place, more = place.next(response.GetNextPageToken()); !more {
			return &locksOutput{found}, nil
		}
		if len(found.Locks) >= input.Limit || looked == maximumPages || time.Since(began) > workerTimeout {
			found.Next = place.encode()
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
func (a *api) locksOf(info *workflowpb.WorkflowExecutionInfo) []WaitingLock {
	payload, found := info.GetMemo().GetFields()[latch.MemoLocks]
	var open []latch.OpenLock
	if !found || a.converter.FromPayload(payload, &open) != nil {
		return nil
	}
	var locks []WaitingLock
	for _, lock := range open {
		locks = append(locks, WaitingLock{OpenLock: lock, WorkflowID: info.GetExecution().GetWorkflowId(),
			RunID: info.GetExecution().GetRunId(), WorkflowType: info.GetType().GetName()})
	}
	return locks
}
