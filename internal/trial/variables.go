package trial

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/mitto"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/typo"
	"github.com/latch-run/latch/internal/vars"
)

// Variables are template variables in modifiable form.
type Variables map[string]any

// A jsonObject is a JSON object in modifiable form.
type jsonObject = map[string]any

// madeUp is the error of everything that failed in a made-up run.
const madeUp = "made up for the test of a webhook"

// trialRunID is the id of the made-up run.
const trialRunID = "00000000-0000-4000-8000-000000000000"

// WorkflowID returns the workflow id that the run would have by convention.
func (h *Hook) WorkflowID() string {
	switch h.Kind {
	case latch.JobKind:
		return h.Kind.WorkflowID(h.Job.ID)
	case latch.ReleaseKind:
		return h.Kind.WorkflowID(h.Release.ID)
	default:
		return h.Kind.WorkflowID(h.Emission.ID)
	}
}

// Variables returns what templates would see (contract, "Templates") in the run, or in a made-up
// run that took a minute and had the outcome that the event implies.
func (h *Hook) Variables(system vars.System) Variables {
	now := time.Now()
	began, runID := now.Add(-time.Minute), trialRunID
	if h.Run != nil {
		runID = h.Run.RunID
		if started := h.Run.Status.StartedAt; started != nil {
			began = started.Time
		}
	}
	variables := Variables{
		"system":  objectOf(system),
		"run":     objectOf(vars.Run{WorkflowID: h.WorkflowID(), RunID: runID, StartedAt: latch.NewTime(began)}),
		"now":     latch.NewTime(now),
		"records": []latch.Record{},
	}
	if latch.IsOperatorEvent(h.Settings.Event) { // fired by another run
		h.addDelivery(variables, began, now)
		return variables
	}
	if latch.IsLockEvent(h.Settings.Event) {
		defer func() { variables["data"] = h.lockEvent(began, now) }()
	}
	switch h.Kind {
	case latch.JobKind:
		variables["job"], variables["vars"], variables["jobs"] = h.jobVariable(began, now), vars.OrEmpty(h.Job.Vars), h.siblings()
		h.addNotice(variables, now)
	case latch.ReleaseKind:
		h.addRelease(variables, began)
	default:
		variables["vars"], variables["data"] = vars.OrEmpty(h.Emission.Vars), vars.OrEmpty(h.Emission.Data)
		if h.Emission.Instance != nil {
			variables["instance"] = h.Emission.Instance
		}
	}
	return variables
}

// jobVariable returns the variable job. A job with a schedule is assumed to be registered, and has
// the fields of a registered job.
func (h *Hook) jobVariable(began, now time.Time) jsonObject {
	status, runID := h.jobStatus(began, now), trialRunID
	if h.Run != nil {
		runID = h.Run.RunID
	}
	fields := h.Fields
	if fields == nil && h.Job.Schedule != nil {
		fields = mitto.Fields(&registry.Definition{ID: h.Job.ID, Job: h.Job})
	}
	return objectOf(protocol.JobVariable(h.Job, status, fields, runID))
}

// jobStatus returns the status of the run at the event: before its work, or after. A run in
// progress is assumed to end now.
func (h *Hook) jobStatus(began, now time.Time) vars.JobStatus {
	if h.Run == nil && !h.ran() {
		began = now
	}
	started, completed, code, reason := latch.NewTime(began), latch.NewTime(now), 0, ""
	status := vars.JobStatus{ID: trialRunID, StartedAt: &started, KVP: latch.Object{}}
	if h.Run != nil {
		status.ID = h.Run.RunID
	}
	if !h.ran() {
		return status
	}
	if h.Run != nil && h.Run.Status.ReturnCode != nil {
		ended := h.Run.Status
		ended.ID, ended.KVP = h.Run.RunID, vars.OrEmpty(ended.KVP)
		return ended
	}
	if h.Settings.Event == latch.EventJobFailure {
		code, reason = 1, madeUp
	}
	status.ReturnCode, status.Error, status.CompletedAt = &code, &reason, &completed
	return status
}

// ran reports whether the event fires after the job's work.
func (h *Hook) ran() bool {
	switch h.Settings.Event {
	case latch.EventJobStart, latch.EventJobSkipped, latch.EventJobMissed:
		return false
	default:
		return true
	}
}

// addDelivery adds the variables of an event about a delivery that was given up.
func (h *Hook) addDelivery(variables Variables, began, now time.Time) {
	record := latch.Record{DeliveryID: "dlv_test", Webhook: h.Webhook.ID, Event: latch.EventJobSuccess, Job: "test", WorkflowID: "job-test", RunID: trialRunID,
		Result: latch.ResultFail, Data: latch.Object{}, Attempts: 1, Error: madeUp, StartedAt: latch.NewTime(began), CompletedAt: latch.NewTime(now)}
	variables["run"] = jsonObject{"workflow_id": latch.PrefixOperator + record.DeliveryID, "run_id": trialRunID, "started_at": latch.NewTime(now)}
	variables["vars"], variables["data"] = jsonObject{}, jsonObject{"record": objectOf(record)}
}

// lockEvent returns the data of an event about a lock.
func (h *Hook) lockEvent(began, now time.Time) jsonObject {
	held := map[latch.Kind]string{latch.JobKind: latch.EventJobStart, latch.ReleaseKind: latch.EventBeforeRelease}[h.Kind]
	about := latch.LockEvent{Lock: latch.LockTold{DeliveryID: "dlv_test", Webhook: "test", Event: cmp.Or(held, h.Emission.Event),
		Since: latch.NewTime(began), Until: latch.NewTime(now.Add(time.Hour)), OnTimeout: latch.Stop}}
	switch h.Settings.Event {
	case latch.EventLockReminder:
		about.Reminder = &latch.LockReminder{Number: 1, Of: 1}
	case latch.EventLockEscalated:
		about.Lock.Escalated = &latch.Escalated{At: latch.NewTime(now), Groups: []string{"test"}}
	case latch.EventLockRemoved:
		about.Removed = &latch.LockRemoved{At: latch.NewTime(now), By: "test", Via: latch.ViaPage, Result: latch.ResultPass}
	case latch.EventLockTimedOut:
		about.TimedOut = &latch.LockTimedOut{At: latch.NewTime(now), Decision: latch.Stop, Rule: "on_timeout: stop"}
	}
	return objectOf(about)
}

// addNotice adds the data of an event about a run that did not take place.
func (h *Hook) addNotice(variables Variables, now time.Time) {
	if h.Settings.Event == latch.EventJobSkipped || h.Settings.Event == latch.EventJobMissed {
		variables["data"] = jsonObject{"count": 1, "reason": madeUp, "scheduled_at": latch.NewTime(now)}
	}
}

// siblings returns the jobs of a sequence, all succeeded.
func (h *Hook) siblings() jsonObject {
	done := jsonObject{}
	if h.ran() {
		for _, item := range h.Job.Jobs {
			if item.Job != nil {
				done[item.Job.ID] = jsonObject{"status": latch.JobSucceeded, "kvp": jsonObject{}}
			}
		}
	}
	return done
}

// releaseStates holds, by event, the statuses of the release, of its first step, and of its last;
// after a step, that of all but the first.
var releaseStates = map[string][3]string{
	latch.EventBeforeRelease:         {latch.ReleaseRunning, latch.StepPending, latch.StepPending},
	latch.EventBeforeStep:            {latch.ReleaseRunning, latch.StepPending, latch.StepPending},
	latch.EventStepFailed:            {latch.ReleaseRunning, latch.StepFailed, latch.StepPending},
	latch.EventAfterStep:             {latch.ReleaseRunning, latch.StepDone, latch.StepPending},
	latch.EventBeforeTarget:          {latch.ReleaseRunning, latch.StepPending, latch.StepPending},
	latch.EventAfterTarget:           {latch.ReleaseRunning, latch.StepDone, latch.StepPending},
	latch.EventBeforeReleaseComplete: {latch.ReleaseRunning, latch.StepDone, latch.StepDone},
	latch.EventReleaseComplete:       {latch.ReleaseReleased, latch.StepDone, latch.StepDone},
	latch.EventReleaseSuccess:        {latch.ReleaseReleased, latch.StepDone, latch.StepDone},
	latch.EventReleaseStopped:        {latch.ReleaseStopped, latch.StepDone, latch.StepSkipped},
	latch.EventReleaseRolledBack:     {latch.ReleaseRolledBack, latch.StepUndone, latch.StepUndone},
	latch.EventReleaseFailure:        {latch.ReleaseFailed, latch.StepUndone, latch.StepFailed},
}

func (h *Hook) addRelease(variables Variables, began time.Time) {
	states := releaseStates[h.Settings.Event]
	if states[0] == "" { // a custom event, which no release fires
		states = releaseStates[latch.EventBeforeRelease]
	}
	steps := h.Release.AllSteps()
	results := make([]latch.StepResult, len(steps))
	for i, step := range steps {
		results[i] = latch.StepResult{Name: step.Name, Status: states[1]}
		if i > 0 && (i == len(steps)-1 || h.Settings.Event == latch.EventAfterStep || h.Settings.Event == latch.EventStepFailed) {
			results[i].Status = states[2]
		}
		if results[i].Status == latch.StepFailed {
			results[i].Error = madeUp
		}
	}
	encoded := map[string]json.RawMessage{}
	vars.AddRelease(encoded, h.Release, vars.ReleaseStatus{Status: states[0], Steps: results, StartedAt: latch.NewTime(began)})
	for name, value := range encoded {
		variables[name] = objectOf(value)
	}
	if latch.IsStepEvent(h.Settings.Event) {
		variables["step"] = objectOf(vars.NewStep(0, results[0]))
	}
	if len(h.Release.Targets) > 0 && latch.IsTargetEvent(h.Settings.Event) {
		variables["target"] = objectOf(vars.NewTarget(h.Release, 0))
	}
}

// Decode decodes template variables from a JSON object. It rejects names that no template sees.
func Decode(data []byte) (Variables, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var read Variables
	if err := decoder.Decode(&read); err != nil {
		return nil, fmt.Errorf("must be an object: %w", err)
	}
	var unknown error
	for _, name := range slices.Sorted(maps.Keys(read)) {
		if names := vars.Given(); !slices.Contains(names, name) {
			unknown = errors.Join(unknown, fmt.Errorf("there is no variable %q; there are %s%s", name, strings.Join(names, " "), typo.Hint(name, names)))
		}
	}
	return read, unknown
}

// Encode returns the variables in the form that deliveries and expressions use.
func (v Variables) Encode() (expr.Variables, error) {
	encoded := expr.Variables{}
	for name, value := range v {
		data, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("variable %s: %w", name, err)
		}
		encoded[name] = data
	}
	return encoded, nil
}

// Lay merges over into the variables: objects key by key, any other value as a whole.
func (v Variables) Lay(over Variables) { lay(v, over) }

func lay(under, over jsonObject) {
	for name, value := range over {
		inner, isObject := value.(jsonObject)
		below, has := asObject(under[name])
		if isObject && has {
			lay(below, inner)
			under[name] = below
			continue
		}
		under[name] = value
	}
}

// objectOf returns a value of this module as a modifiable object.
func objectOf(value any) jsonObject {
	var object jsonObject
	encoded, err := json.Marshal(value)
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(encoded))
		decoder.UseNumber()
		err = decoder.Decode(&object)
	}
	if err != nil {
		panic(fmt.Sprintf("starter: %T is not an object: %v", value, err)) // a bug
	}
	return object
}

// asObject returns a JSON object in modifiable form, and reports whether the value is one.
func asObject(value any) (jsonObject, bool) {
	switch known := value.(type) {
	case jsonObject:
		return known, true
	case latch.Object:
		copied := jsonObject{}
		for name, raw := range known {
			copied[name] = raw
		}
		return copied, true
	default:
		return nil, false
	}
}
