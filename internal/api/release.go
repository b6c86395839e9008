package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/dryrun"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
)

const releasesPath = "/latch/v1/releases"

func (a *API) registerReleases() {
	a.registerReleaseList()
	a.registerReleasePlan()
	a.registerReleaseDryRun()
	a.registerConcurrency()
	Register[latch.Release](a, Operation{ID: "start-release", Method: http.MethodPost, Act: latch.AuditReleaseStart,
		Path: releasesPath, Role: RoleRun,
		Status: http.StatusCreated, Errors: []int{http.StatusConflict}, Summary: "Start a release",
		About: "Starts the workflow release-<id>, or workflow_id. Only one runs at a time under a workflow id; while it runs, the answer is 409 and names the run. With plan=true nothing starts, and the answer, 200, is what would happen."},
		a.startRelease)
	Register[NoBody](a, Operation{ID: "get-release", Method: http.MethodGet, Path: releasesPath + "/{id}", Role: RoleRead,
		Errors: []int{http.StatusNotFound}, Summary: "Show a release, running or closed, with its webhook history"}, a.getRelease)
	for _, message := range []string{latch.MessageStop, latch.MessageRollback} {
		Register[latch.Control](a, Operation{ID: message + "-release", Method: http.MethodPost,
			Act: "release." + message, Path: releasesPath + "/{id}/" + message, Role: RoleRun, Load: LoadUrgent,
			Errors:  []int{http.StatusNotFound, http.StatusConflict},
			Summary: map[string]string{latch.MessageStop: "Stop a release without undoing anything", latch.MessageRollback: "Stop a release and undo its steps"}[message],
			About:   "Answers with the status. by is always the key's name, whatever the body says."}, a.controlRun(latch.ReleaseKind, message))
	}
	Register[latch.StepRetry](a, Operation{ID: "retry-step", Method: http.MethodPost, Act: latch.AuditReleaseRetry,
		Path: releasesPath + "/{id}/" + latch.MessageRetry, Role: RoleRun, Load: LoadUrgent,
		Errors: []int{http.StatusNotFound, http.StatusConflict}, Summary: "Take a failed step again, of a release with on_failure: pause",
		About: "Answers with the status. step may be left out where one failed step alone waits. by is always the key's name, whatever the body says."}, a.retryStep)
	Register[latch.Skip](a, Operation{ID: "skip-hook", Method: http.MethodPost, Act: latch.AuditReleaseSkip,
		Path: releasesPath + "/{id}/" + latch.MessageSkip, Role: RoleRun, Load: LoadUrgent,
		Errors: []int{http.StatusNotFound, http.StatusConflict}, Summary: "Leave a hook out of the decision, or go on without a failed step",
		About: "For a hook, answers with its record; skipping one of an enforced webhook requires the role admin. With step alone it is a failed step of a release with on_failure: pause that is skipped, and the answer is the status. " +
			"by is always the key's name, whatever the body says."}, a.skipInRelease)
}

// StartInput holds the parameters of a request that starts a run. It is exported
// because huma fills in the fields of exported types only.
type StartInput struct {
	WorkflowID     string `query:"workflow_id" maxLength:"1000" doc:"The workflow id, instead of the one made from the id"`
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"255" doc:"Repeating the call under the same key returns the first answer and starts nothing, for as long as Temporal keeps closed workflows"`
	RawBody        []byte
}

// A Started answers a request that started a run.
type Started struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	ID         string `json:"id" doc:"The id of the release, event or gate"`
	Status     string `json:"status" enum:"running"`
}

type startedOutput struct {
	Location string `header:"Location"`
	Body     Started
}

func (a *API) startRelease(ctx context.Context, input *startReleaseInput) (*startReleaseOutput, error) {
	if input.Plan {
		NoteNoAct(ctx)
		report, err := a.dryRun(ctx, input.RawBody, &dryrun.Answers{})
		return &startReleaseOutput{Status: http.StatusOK, Body: startedOrPlanned{report: report}}, err
	}
	release, err := a.admitRelease(ctx, input.RawBody)
	if err != nil {
		return nil, err
	}
	s := input.start(ctx, latch.WorkflowRelease, latch.ReleaseKind.WorkflowID(release.ID), "release "+release.ID+" "+release.Title)
	if err := a.checkTurn(ctx, release, s.workflowID); err != nil {
		return nil, err
	}
	started, err := a.started(ctx, s, release.ID, releasesPath)
	if err != nil {
		return nil, err
	}
	return &startReleaseOutput{Status: http.StatusCreated, Location: started.Location, Body: startedOrPlanned{started: &started.Body}}, nil
}

// admitRelease decodes a release, and rejects one that the worker would reject.
func (a *API) admitRelease(ctx context.Context, body []byte) (*latch.Release, error) {
	if err := NeedJSON(body); err != nil {
		return nil, err
	}
	release, err := admission.DecodeRelease(body)
	if err != nil {
		return nil, Decoded(err)
	}
	return release, a.checkReserved(ctx, release.Webhooks)
}

// start returns the parts that all starts have in common.
func (i *StartInput) start(ctx context.Context, workflow, workflowID, summary string) start {
	s := start{workflow: workflow, workflowID: workflowID, summary: summary, body: append(json.RawMessage{}, i.RawBody...)}
	if i.WorkflowID != "" {
		s.workflowID = i.WorkflowID
	}
	if i.IdempotencyKey != "" {
		s.key = i.idempotencyHash(ctx)
	}
	return s
}

// idempotencyHash combines the Idempotency-Key with the caller, because other
// callers may use the same key.
func (i *StartInput) idempotencyHash(ctx context.Context) string {
	return HashOf([]byte(CallerOf(ctx).Name + "\n" + i.IdempotencyKey))
}

func (a *API) started(ctx context.Context, s start, id, path string) (*startedOutput, error) {
	runID, err := a.start(ctx, s)
	if err != nil {
		return nil, err
	}
	output := &startedOutput{Body: Started{WorkflowID: s.workflowID, RunID: runID, ID: id, Status: latch.ReleaseRunning}}
	if path != "" {
		output.Location = path + "/" + url.PathEscape(s.workflowID)
	}
	return output, nil
}

func (a *API) findRelease(ctx context.Context, id string) (*workflowpb.WorkflowExecutionInfo, error) {
	return a.findRun(ctx, latch.ReleaseKind, id)
}

// findRun returns the run of a kind that an id refers to. It tries the workflow id
// made from the id, and then the id itself; in reverse order if the id already
// begins like such a workflow id.
func (a *API) findRun(ctx context.Context, kind latch.Kind, id string) (*workflowpb.WorkflowExecutionInfo, error) {
	candidates := []string{kind.WorkflowID(id), id}
	if strings.HasPrefix(id, kind.WorkflowID("")) {
		slices.Reverse(candidates)
	}
	for _, candidate := range candidates {
		if !protocol.IsID(candidate) {
			continue // not a valid workflow id
		}
		info, err := a.describe(ctx, candidate, "")
		if err != nil && !runs.IsNotFound(err) {
			return nil, err
		}
		if err == nil && info.GetType().GetName() == kind.Workflow() {
			return info, nil
		}
	}
	return nil, NewProblem(http.StatusNotFound, "There is no %s %q, nor a %s with that workflow id.", kind, id, kind)
}

// A ReleaseState is the state of a running release, or the result of a closed
// one.
type ReleaseState struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	latch.Status
	Reason    string           `json:"reason,omitempty"`
	DecidedBy *latch.DecidedBy `json:"decided_by,omitempty"`
	StartedAt latch.Time       `json:"started_at,omitzero"`
	ClosedAt  latch.Time       `json:"closed_at,omitzero"`
	History   []latch.Record   `json:"history" doc:"The webhook history, oldest first"`
}

type idInput struct {
	ID string `path:"id" doc:"The release's id, or its workflow id"`
}

type releaseOutput struct{ Body ReleaseState }

func (a *API) getRelease(ctx context.Context, input *idInput) (*releaseOutput, error) {
	_, state, err := a.release(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	return &releaseOutput{*state}, nil
}

// release finds a release by its id, and returns its run and state.
func (a *API) release(ctx context.Context, id string) (*workflowpb.WorkflowExecutionInfo, *ReleaseState, error) {
	info, err := a.findRelease(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	state, err := a.releaseState(ctx, info)
	return info, state, err
}

func (a *API) releaseState(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) (*ReleaseState, error) {
	workflowID, runID := info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId()
	state := &ReleaseState{WorkflowID: workflowID, RunID: runID, StartedAt: latch.NewTime(info.GetStartTime().AsTime()), History: []latch.Record{}}
	if err := a.Runs.Query(ctx, workflowID, runID, latch.QueryStatus, &state.Status); err != nil {
		return nil, err
	}
	if err := a.Runs.Query(ctx, workflowID, runID, latch.QueryHistory, &state.History); err != nil {
		return nil, err
	}
	if !runs.HasClosed(info) {
		_, err := a.Runs.AddMeasured(ctx, workflowID, runID, state.History)
		return state, err
	}
	state.ClosedAt = latch.NewTime(info.GetCloseTime().AsTime())
	state.Turn, state.Paused, state.Undecided = nil, nil, nil
	for i := range state.Steps { // a terminated run still answers as it was
		state.Steps[i].Settle()
	}
	return state, a.addResult(ctx, state)
}

// addResult adds the result of a closed release. A release that was refused or
// terminated has only an error.
func (a *API) addResult(ctx context.Context, state *ReleaseState) error {
	result, err := a.Runs.ReleaseResult(ctx, state.WorkflowID, state.RunID)
	if err != nil {
		return err
	}
	state.Status.Status, state.Reason, state.DecidedBy = result.Status, result.Reason, result.DecidedBy
	if result.Steps != nil {
		state.Steps = result.Steps
	}
	return nil
}
