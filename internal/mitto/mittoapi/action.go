package mittoapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/mitto"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/runs"
	"github.com/latch-run/latch/internal/typo"
)

type actionInput struct {
	ID             string `path:"id" doc:"The job's id"`
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"255" doc:"Repeating a START under the same key returns the run that the first one started"`
	DeliveryID     string `header:"webhook-id" maxLength:"1000" doc:"Replaces Idempotency-Key when a webhook calls; it is the same for each attempt"`
	RawBody        []byte
}

type runOutput struct{ Body *mitto.Status }

// actOnJob handles START and STOP. It ignores the other keys of the body,
// because a webhook adds its secret and lock there.
func (a *routes) actOnJob(ctx context.Context, input *actionInput) (*runOutput, error) {
	object, err := readObject(input.RawBody)
	if err != nil {
		return nil, err
	}
	var action string
	if json.Unmarshal(object["action"], &action) != nil {
		action = string(object["action"])
	}
	switch strings.ToUpper(action) {
	case "START":
		return a.startJob(ctx, input)
	case "STOP":
		api.NoteAct(ctx, func(entry *latch.AuditEntry) { entry.Action = latch.AuditJobStop })
		return a.stopJob(ctx, input)
	default:
		return nil, api.Decoded(latch.Problems{{Path: "action", Message: "must be START or STOP, not " + quoted(action) + typo.Hint(action, []string{"START", "STOP"})}})
	}
}

func quoted(text string) string {
	encoded, err := json.Marshal(text)
	if err != nil || text == "" {
		return "nothing"
	}
	return string(encoded)
}

func (a *routes) startJob(ctx context.Context, input *actionInput) (*runOutput, error) {
	entry, err := a.registry.Get(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	if entry.Job == nil { // Mitto starts any job; this one fails, and its webhooks say why
		if entry.Job, err = mitto.Of(&entry.Definition).Failing(); err != nil {
			return nil, api.Decoded(err)
		}
	}
	requestID := input.requestID(ctx)
	ctx, cancel := context.WithTimeout(ctx, api.StartTimeout)
	defer cancel()
	runID, err := a.registry.Start(ctx, entry, requestID, a.Prove(ctx))
	var running *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &running) {
		conflict := api.NewProblem(http.StatusConflict, "Job %s is running already (run %s), and one runs at a time.", input.ID, running.RunId)
		conflict.WorkflowID, conflict.RunID = registry.WorkflowID(input.ID), running.RunId
		return nil, conflict
	}
	if err != nil {
		return nil, err
	}
	api.NoteAct(ctx, func(entry *latch.AuditEntry) { entry.WorkflowID, entry.RunID = registry.WorkflowID(input.ID), runID })
	return &runOutput{mitto.Running(input.ID, runID, latch.NewTime(time.Now()))}, nil
}

// requestID returns an id that is the same for repeated calls by the same
// caller, or "" if the call names none.
func (i *actionInput) requestID(ctx context.Context) string {
	kind, key := "Idempotency-Key", i.IdempotencyKey
	if key == "" {
		kind, key = "webhook-id", i.DeliveryID
	}
	if key == "" {
		return ""
	}
	return api.RequestPrefix + api.HashOf([]byte(strings.Join([]string{"START", i.ID, api.CallerOf(ctx).Name, kind, key}, "\n")))
}

func (a *routes) stopJob(ctx context.Context, input *actionInput) (*runOutput, error) {
	if _, err := a.registry.Get(ctx, input.ID); err != nil {
		return nil, err
	}
	api.NoteAct(ctx, func(entry *latch.AuditEntry) { entry.WorkflowID = registry.WorkflowID(input.ID) })
	var answer latch.Status
	caller := api.CallerOf(ctx)
	err := a.Runs.Update(ctx, caller.UpdatePrefix(protocol.UpdateViaAPI), registry.WorkflowID(input.ID),
		latch.MessageStop, latch.Control{By: caller.Name}, &answer)
	if runs.IsClosed(err) || runs.IsForeign(err) { // another workflow may have the run's id
		return nil, api.NewProblem(http.StatusConflict, "Job %s is not running.", input.ID)
	}
	if err != nil {
		return nil, err
	}
	status, err := a.lastStatus(ctx, input.ID)
	return &runOutput{status}, err
}
