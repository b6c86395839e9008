package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/runs"
)

const gatesPath = "/latch/v1/gates"

func (a *API) registerGates() {
	a.registerGateList()
	Register[latch.Gate](a, Operation{ID: "ask-gate", Method: http.MethodPost, Act: latch.AuditGateStart, Path: gatesPath, Role: RoleRun,
		Status: http.StatusCreated, Errors: []int{http.StatusConflict}, Summary: "Ask a gate",
		About: "Starts the workflow gate-<id>, or workflow_id, and answers with the locks that it waits for, or with its decision once there is one within wait. " +
			"Only the status passed lets pass. A gate without an id gets a new one; under the same Idempotency-Key, always the same one."},
		a.askGate)
	Register[NoBody](a, Operation{ID: "get-gate", Method: http.MethodGet, Path: gatesPath + "/{id}", Role: RoleRead,
		Errors: []int{http.StatusNotFound}, Summary: "Show a gate, open or decided, with its webhook history",
		About: "With wait, the answer comes once the gate has closed, or after that time. Only the status passed lets pass."}, a.getGate)
	for message, summary := range map[string]string{latch.MessageStop: "Stop a gate", latch.MessageRollback: "Have a gate ask for a rollback"} {
		Register[latch.Control](a, Operation{ID: message + "-gate", Method: http.MethodPost, Act: "gate." + message,
			Path: gatesPath + "/{id}/" + message, Role: RoleRun, Load: LoadUrgent,
			Errors: []int{http.StatusNotFound, http.StatusConflict}, Summary: summary,
			About: "Answers with the status. by is always the key's name, whatever the body says."}, a.controlRun(latch.GateKind, message))
	}
	Register[latch.Skip](a, Operation{ID: "skip-gate-hook", Method: http.MethodPost, Act: latch.AuditGateSkip,
		Path: gatesPath + "/{id}/" + latch.MessageSkip, Role: RoleRun, Load: LoadUrgent,
		Errors: []int{http.StatusNotFound, http.StatusConflict}, Summary: "Leave a hook out of a gate's decision",
		About: "Answers with the record. by is always the key's name, whatever the body says. Skipping a hook of an enforced webhook requires the role admin."},
		a.skipHook(latch.GateKind))
}

// maximumGateWait bounds how long a call waits for a gate's decision. The server
// limits a response to 90 seconds.
const maximumGateWait = time.Minute

// A GateWait says how long a call waits for a gate to close. It is exported for
// huma.
type GateWait struct {
	Wait string `query:"wait" doc:"How long to wait for the decision, such as 30s; at most 1m. Without it the answer comes at once"`
}

// load is that of a call, unless it waits.
func (w *GateWait) load() Load {
	if wait, err := w.duration(); err != nil || wait == 0 {
		return LoadCall
	}
	return LoadWait
}

func (w *GateWait) duration() (time.Duration, error) {
	if w.Wait == "" {
		return 0, nil
	}
	wait, err := time.ParseDuration(w.Wait)
	if err != nil || wait < 0 || wait > maximumGateWait {
		return 0, Invalid(latch.Problems{{Path: "wait", Message: "must be a duration of at most 1m, such as 30s, not " + strconv.Quote(w.Wait)}})
	}
	return wait, nil
}

// A GateState is the state of an open gate, or the decision of a closed one.
type GateState struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	latch.Status
	Decision  string           `json:"decision,omitempty" enum:"continue,stop,rollback" doc:"Absent while the gate is open, and of one that ended without a decision"`
	Reason    string           `json:"reason,omitempty" doc:"Why it does not let pass"`
	DecidedBy *latch.DecidedBy `json:"decided_by,omitempty"`
	StartedAt latch.Time       `json:"started_at,omitzero"`
	ClosedAt  latch.Time       `json:"closed_at,omitzero" doc:"Absent while the gate is open"`
	History   []latch.Record   `json:"history" doc:"The webhook history, oldest first"`
}

type gateInput struct {
	StartInput
	GateWait
}

type gateOutput struct {
	Location string `header:"Location"`
	Body     GateState
}

func (a *API) askGate(ctx context.Context, input *gateInput) (*gateOutput, error) {
	wait, err := input.duration()
	if err != nil {
		return nil, err
	}
	gate, err := a.admitGate(ctx, input.RawBody)
	if err != nil {
		return nil, err
	}
	id := gate.ID
	switch {
	case id != "":
	case input.IdempotencyKey != "":
		id = input.idempotencyHash(ctx)[:32]
	default:
		id = uuid.NewString()
	}
	s := input.start(ctx, latch.WorkflowGate, latch.GateKind.WorkflowID(id), "gate "+gate.Event+" "+gate.ID)
	began, err := a.started(ctx, s, id, gatesPath)
	if err != nil {
		return nil, err
	}
	output := &gateOutput{Location: gatesPath + "/" + url.PathEscape(s.workflowID)}
	output.Body, err = a.gateAfter(ctx, began.Body.WorkflowID, began.Body.RunID, wait)
	return output, err
}

// admitGate decodes a gate, and rejects one that the worker would reject.
func (a *API) admitGate(ctx context.Context, body []byte) (*latch.Gate, error) {
	if err := NeedJSON(body); err != nil {
		return nil, err
	}
	gate, err := admission.DecodeGate(body)
	if err != nil {
		return nil, Decoded(err)
	}
	return gate, a.checkReserved(ctx, gate.Webhooks)
}

type askedGate struct {
	ID string `path:"id" doc:"The gate's id, or its workflow id"`
	GateWait
}

func (a *API) getGate(ctx context.Context, input *askedGate) (*struct{ Body GateState }, error) {
	wait, err := input.duration()
	if err != nil {
		return nil, err
	}
	info, err := a.findRun(ctx, latch.GateKind, input.ID)
	if err != nil {
		return nil, err
	}
	state, err := a.gateAfter(ctx, info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId(), wait)
	return &struct{ Body GateState }{state}, err
}

// gateAfter returns the state of the gate once it has closed, or the wait is over.
func (a *API) gateAfter(ctx context.Context, workflowID, runID string, wait time.Duration) (GateState, error) {
	if wait > 0 {
		waiting, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		if _, err := a.Runs.Await(waiting, workflowID, runID); err != nil && waiting.Err() == nil {
			return GateState{}, err
		}
	}
	info, err := a.describe(ctx, workflowID, "")
	if err != nil {
		return GateState{}, err
	}
	if runs.HasClosed(info) {
		return a.closedGate(ctx, info)
	}
	return a.openGate(ctx, info), nil
}

func newGateState(info *workflowpb.WorkflowExecutionInfo) GateState {
	state := GateState{WorkflowID: info.GetExecution().GetWorkflowId(), RunID: info.GetExecution().GetRunId(),
		StartedAt: latch.NewTime(info.GetStartTime().AsTime()), History: []latch.Record{}}
	state.ID = strings.TrimPrefix(state.WorkflowID, latch.PrefixGate)
	state.Status.Status, state.Locks, state.Rejected = latch.GateRunning, []latch.OpenLock{}, []latch.Rejected{}
	return state
}

// locksPatience bounds how long the answer waits for a new gate to make its locks.
// Without a worker it makes none.
const locksPatience = 2 * time.Second

// openGate returns the state of an open gate, as far as a worker answers in time.
func (a *API) openGate(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) GateState {
	ctx, cancel := context.WithTimeout(ctx, locksPatience)
	defer cancel()
	state := newGateState(info)
	for {
		asked := state
		err := a.Runs.Query(ctx, state.WorkflowID, state.RunID, latch.QueryStatus, &asked.Status)
		if err == nil {
			err = a.Runs.Query(ctx, state.WorkflowID, state.RunID, latch.QueryHistory, &asked.History)
		}
		if err == nil {
			_, err = a.Runs.AddMeasured(ctx, state.WorkflowID, state.RunID, asked.History)
		}
		if err != nil {
			return state
		}
		if asked.Phase != phaseStarting {
			return asked
		}
		select {
		case <-ctx.Done():
			return asked
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// phaseStarting is the phase of a run that has fired nothing yet.
const phaseStarting = "starting"

// closedGate returns what a closed gate decided. It needs no worker.
func (a *API) closedGate(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) (GateState, error) {
	state := newGateState(info)
	outcome, err := a.Runs.Outcome(ctx, state.WorkflowID, state.RunID)
	if err != nil {
		return state, err
	}
	state.ClosedAt, state.Phase = latch.NewTime(info.GetCloseTime().AsTime()), "closed"
	state.Status.Status, state.Reason = outcome.Status, outcome.Error
	var result latch.GateResult
	if outcome.Result == nil {
		return state, nil // it ended without a decision, such as one that was terminated
	}
	if err := json.Unmarshal(outcome.Result, &result); err != nil {
		return state, err
	}
	state.ID, state.Event, state.Decision, state.Reason, state.History = result.ID, result.Event, result.Decision, result.Reason, result.History
	if by := result.DecidedBy; by != (latch.DecidedBy{}) {
		state.DecidedBy = &by
	}
	return state, nil
}
