package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/typo"
	"github.com/latch-run/latch/starter/internal/spec"
)

// jsonObject is a JSON object that is made up.
type jsonObject = map[string]any

// trialRunID stands for a run that there is none of.
const trialRunID = "00000000-0000-4000-8000-000000000000"

// workflowID is the id that the run would have by convention.
func (h *trialHook) workflowID() string {
	switch h.kind {
	case spec.Job:
		return startables[spec.Job].prefix + h.job.ID
	case spec.Release:
		return startables[spec.Release].prefix + h.release.ID
	default:
		return startables[spec.Emission].prefix + h.emission.ID
	}
}

// variables makes up what templates would see (contract, "Templates"): a run
// that took a minute and did what the event says.
func (h *trialHook) variables(system protocol.System) jsonObject {
	now := time.Now()
	began := now.Add(-time.Minute)
	variables := jsonObject{
		"system": objectOf(system),
		"run":    jsonObject{"workflow_id": h.workflowID(), "run_id": trialRunID, "started_at": latch.NewTime(began)},
		"now":    latch.NewTime(now),
	}
	switch h.kind {
	case spec.Job:
		variables["job"], variables["vars"], variables["jobs"] = h.jobVariable(began, now), orEmpty(h.job.Vars), h.siblings()
	case spec.Release:
		h.addRelease(variables, began)
	default:
		variables["vars"], variables["data"] = orEmpty(h.emission.Vars), orEmpty(h.emission.Data)
		if h.emission.Instance != nil {
			variables["instance"] = h.emission.Instance
		}
	}
	return variables
}

func (h *trialHook) jobVariable(began, now time.Time) jsonObject {
	if h.settings.Event == latch.EventJobStart {
		began = now
	}
	job := jsonObject{"id": h.job.ID, "tags": append([]string{}, h.job.Tags...), "vars": orEmpty(h.job.Vars)}
	for name, text := range map[string]string{"name": h.job.Name, "title": h.job.Title} {
		if text != "" {
			job[name] = text
		}
	}
	if h.job.Timeout != 0 {
		job["timeout"] = h.job.Timeout
	}
	if schedule := h.job.Schedule; schedule != nil {
		job["schedule"] = schedule
		if *schedule == (latch.Schedule{Cron: schedule.Cron}) {
			job["schedule"] = schedule.Cron
		}
	}
	status := jsonObject{"id": trialRunID, "returncode": nil, "error": nil, "started_at": latch.NewTime(began), "completed_at": nil, "kvp": jsonObject{}}
	if h.ran() {
		status["completed_at"], status["returncode"], status["error"] = latch.NewTime(now), 0, ""
	}
	if h.settings.Event == latch.EventJobFailure {
		status["returncode"], status["error"] = 1, "made up by starter webhook test"
	}
	job["started_at"], job["status"] = latch.NewTime(began), status
	return job
}

// ran reports whether the event is fired when the job's work has ended.
func (h *trialHook) ran() bool {
	switch h.settings.Event {
	case latch.EventJobStart, latch.EventJobSkipped, latch.EventJobMissed:
		return false
	default:
		return true
	}
}

// siblings are the jobs of a sequence, all done.
func (h *trialHook) siblings() jsonObject {
	done := jsonObject{}
	if h.ran() {
		for _, item := range h.job.Jobs {
			if item.Job != nil {
				done[item.Job.ID] = jsonObject{"status": latch.JobSucceeded, "kvp": jsonObject{}}
			}
		}
	}
	return done
}

// releaseStates are, by event, the release's status, that of its first steps,
// and that of its last; after a step, that of all but the first.
var releaseStates = map[string][3]string{
	latch.EventBeforeRelease:         {latch.ReleaseRunning, latch.StepPending, latch.StepPending},
	latch.EventBeforeStep:            {latch.ReleaseRunning, latch.StepPending, latch.StepPending},
	latch.EventAfterStep:             {latch.ReleaseRunning, latch.StepDone, latch.StepPending},
	latch.EventBeforeReleaseComplete: {latch.ReleaseRunning, latch.StepDone, latch.StepDone},
	latch.EventReleaseComplete:       {latch.ReleaseReleased, latch.StepDone, latch.StepDone},
	latch.EventReleaseSuccess:        {latch.ReleaseReleased, latch.StepDone, latch.StepDone},
	latch.EventReleaseStopped:        {latch.ReleaseStopped, latch.StepDone, latch.StepSkipped},
	latch.EventReleaseRolledBack:     {latch.ReleaseRolledBack, latch.StepUndone, latch.StepUndone},
	latch.EventReleaseFailure:        {latch.ReleaseFailed, latch.StepUndone, latch.StepFailed},
}

func (h *trialHook) addRelease(variables jsonObject, began time.Time) {
	states := releaseStates[h.settings.Event]
	if states[0] == "" { // a custom event, which no release fires
		states = releaseStates[latch.EventBeforeRelease]
	}
	steps, byName := []jsonObject{}, jsonObject{}
	for i, step := range h.release.Steps {
		status := states[1]
		if i > 0 && i == len(h.release.Steps)-1 || i > 0 && h.settings.Event == latch.EventAfterStep {
			status = states[2]
		}
		variable := jsonObject{"name": step.Name, "index": i, "status": status, "error": "", "kvp": jsonObject{}}
		if status == latch.StepFailed {
			variable["error"] = "made up by starter webhook test"
		}
		steps, byName[step.Name] = append(steps, variable), variable
	}
	release := jsonObject{"id": h.release.ID, "vars": orEmpty(h.release.Vars), "instance": orEmpty(h.release.Instance), "status": states[0], "steps": steps,
		"started_at": latch.NewTime(began)}
	if h.release.Title != "" {
		release["title"] = h.release.Title
	}
	variables["release"], variables["steps"], variables["vars"] = release, byName, orEmpty(h.release.Vars)
	if h.release.Instance != nil {
		variables["instance"] = h.release.Instance
	}
	if h.settings.Event == latch.EventBeforeStep || h.settings.Event == latch.EventAfterStep {
		variables["step"] = steps[0]
	}
}

func orEmpty(values latch.Object) latch.Object {
	if values == nil {
		return latch.Object{}
	}
	return values
}

// readVariables reads the file of --variables.
func (a *app) readVariables(file string) (jsonObject, error) {
	data, err := spec.Read(file, a.in)
	if err != nil {
		return nil, fmt.Errorf("--variables: %s: cannot be read: %w", file, err)
	}
	read, err := decodeVariables(data)
	if err != nil {
		return nil, fmt.Errorf("--variables: %s: %w", file, err)
	}
	return read, nil
}

// decodeVariables reads template variables that are given.
func decodeVariables(data []byte) (jsonObject, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var read jsonObject
	if err := decoder.Decode(&read); err != nil {
		return nil, fmt.Errorf("must be an object: %w", err)
	}
	var unknown error
	for _, name := range sortedNames(read) {
		if names := strings.Fields(trialVariables); !slices.Contains(names, name) {
			unknown = errors.Join(unknown, fmt.Errorf("there is no variable %q; there are %s%s", name, trialVariables, typo.Hint(name, names)))
		}
	}
	return read, unknown
}

// encodeVariables gives variables as deliveries and expressions take them.
func encodeVariables(variables jsonObject) (expr.Variables, error) {
	encoded := expr.Variables{}
	for name, value := range variables {
		data, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("variable %s: %w", name, err)
		}
		encoded[name] = data
	}
	return encoded, nil
}

// trialVariables are those that can be given.
const trialVariables = "job release step steps jobs system run vars data instance records now"

// lay puts values over others: objects key by key, all else as a whole.
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

// objectOf returns a value of our own as an object that can be written to.
func objectOf(value any) jsonObject {
	var object jsonObject
	encoded, err := json.Marshal(value)
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(encoded))
		decoder.UseNumber()
		err = decoder.Decode(&object)
	}
	if err != nil {
		panic(fmt.Sprintf("starter: %T is no object: %v", value, err)) // a fault of this program
	}
	return object
}

// asObject gives what is a JSON object as one that can be written to.
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
