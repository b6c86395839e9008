package latch

import "slices"

// A Release is the input of the workflow [WorkflowRelease] (contract, "Release"): steps in
// order, with webhooks that may hold, stop or roll back the release.
type Release struct {
	ID       string `json:"id" latch:"id"`
	Title    string `json:"title,omitempty" latch:"plain"`
	Vars     Object `json:"vars,omitempty" latch:"plain"`
	Instance Object `json:"instance,omitempty" latch:"plain"`
	Steps    []Step `json:"steps"`
	// Targets are the targets for each of which the steps run, AtOnce of them at a time; see
	// [Release.AllSteps].
	Targets []Target `json:"targets,omitempty"`
	AtOnce  int      `json:"at_once,omitempty" unset:"1"`
	// Concurrency has releases of the same key run one at a time.
	Concurrency *Concurrency `json:"concurrency,omitempty"`
	Webhooks    []Webhook    `json:"webhooks,omitempty"`
	// OnFailure and OnCancel say what happens to the completed steps when a step fails or the
	// run is cancelled: "rollback" (the default) or "stop". With an OnFailure of "pause" a
	// failed step waits for a person; see [MessageRetry].
	OnFailure string `json:"on_failure,omitempty" latch:"plain" unset:"rollback"`
	OnCancel  string `json:"on_cancel,omitempty" latch:"plain" unset:"rollback"`
	// OnTerminate says what happens when the run is terminated or times out, so that no code of
	// it runs any more: "tell" (the default) fires the events of a failed release; "rollback"
	// undoes what was done first.
	OnTerminate string `json:"on_terminate,omitempty" latch:"plain" unset:"tell"`
	// FailOn are the outcomes, stopped and rolled_back, at which the run fails instead of
	// completing; none by default.
	FailOn []string `json:"fail_on,omitempty" latch:"plain"`
}

// A Step is one step of a release, with the task that undoes it, or a group of parallel steps.
type Step struct {
	Name string `json:"name,omitempty" latch:"plain"`
	Do   *Task  `json:"do,omitempty"`
	Undo *Task  `json:"undo,omitempty"`
	// Parallel are steps that run in parallel. The other fields must then be empty.
	Parallel []ParallelStep `json:"parallel,omitempty"`
}

// A ParallelStep is one of several steps that run in parallel.
type ParallelStep struct {
	Name string `json:"name" latch:"plain"`
	Do   *Task  `json:"do"`
	Undo *Task  `json:"undo,omitempty"`
}

func (s ParallelStep) step() Step { return Step{Name: s.Name, Do: s.Do, Undo: s.Undo} }

// These are the policies, and the decisions of events.
const (
	Continue = "continue"
	Stop     = "stop"
	Rollback = "rollback"
	// Pause is a policy only for failed steps.
	Pause = "pause"
	// Tell is a policy only for releases that are terminated.
	Tell = "tell"
)

// These are the statuses of a release.
const (
	ReleaseRunning    = "running"
	ReleaseReleased   = "released"
	ReleaseStopped    = "stopped"
	ReleaseRolledBack = "rolled_back"
	ReleaseFailed     = "failed"
	ReleaseCancelled  = "cancelled"
)

// These are the statuses of a step.
const (
	StepPending = "pending"
	// StepRunning is the status of a step whose work is in progress.
	StepRunning = "running"
	// StepSkipped is the status of a step that the release did not reach, or of a failed one
	// without which a person let the release continue.
	StepSkipped    = "skipped"
	StepDone       = "done"
	StepFailed     = "failed"
	StepUndone     = "undone"
	StepUndoFailed = "undo_failed"
)

// A ReleaseResult is the result of a release. If the run failed, the details of its error
// contain it, without History.
type ReleaseResult struct {
	ID        string       `json:"id"`
	Title     string       `json:"title,omitempty"`
	Status    string       `json:"status"`
	Reason    string       `json:"reason,omitempty"`
	DecidedBy *DecidedBy   `json:"decided_by,omitempty"`
	Steps     []StepResult `json:"steps"`
	History   []Record     `json:"history,omitempty"`
}

// These say that a run was ended from outside, when no code of it ran: by somebody who
// terminated it, or by the time limit that its caller had set.
const (
	ByTerminated = "terminated"
	ByTimedOut   = "timed_out"
)

// DecidedBy names who stopped a release or rolled it back: a webhook at an event, or a person.
// By is [ByTerminated] or [ByTimedOut] for a release that was ended from outside.
type DecidedBy struct {
	Webhook string `json:"webhook,omitempty"`
	Event   string `json:"event,omitempty"`
	By      string `json:"by,omitempty"`
	// IdentifiedBy says how By is known: [IdentifiedByKey] and the like.
	IdentifiedBy string `json:"identified_by,omitempty"`
}

// A StepResult is the result of a step.
type StepResult struct {
	Name   string `json:"name"`
	Status string `json:"status"`
	Error  string `json:"error,omitempty"`
	KVP    Object `json:"kvp,omitempty"`
	// Attempts counts how often the step ran, if that is more than once.
	Attempts int `json:"attempts,omitempty"`
	// Choices are the newest [MaximumChoices] choices that people made after the step had
	// failed, oldest first.
	Choices []StepChoice `json:"choices,omitempty"`
}

// Taken reports whether the step was begun, completed or not, and has not been undone.
func (s *StepResult) Taken() bool {
	return s.Status == StepDone || s.Status == StepRunning || s.Status == StepFailed || len(s.Choices) > 0 && (s.Status == StepPending || s.Status == StepSkipped)
}

// Settle sets the status of a step for a terminated run: a step that was not begun is skipped,
// and one that was in progress has failed.
func (s *StepResult) Settle() {
	switch s.Status {
	case StepPending:
		s.Status = StepSkipped
	case StepRunning:
		s.Status = StepFailed
	}
}

// MaximumChoices is how many choices a step's result keeps.
const MaximumChoices = 10

// A StepChoice is a person's choice about a failed step: [MessageRetry] or [MessageSkip].
type StepChoice struct {
	Choice string `json:"choice"`
	By     string `json:"by,omitempty"`
	// IdentifiedBy says how By is known: [IdentifiedByKey] and the like.
	IdentifiedBy string `json:"identified_by,omitempty"`
	Reason       string `json:"reason,omitempty"`
	At           Time   `json:"at"`
	// Error says why the step had failed, in at most 1,024 bytes.
	Error string `json:"error"`
}

// A PausedStep is a failed step that waits for a person. Release and Title are those of its
// release; they are absent in answers of an earlier version.
type PausedStep struct {
	Release string `json:"release,omitempty"`
	Title   string `json:"title,omitempty"`
	Step    string `json:"step"`
	Error   string `json:"error"`
	Since   Time   `json:"since"`
}

// DecodeRelease strictly decodes a release. Its error is [Problems].
func DecodeRelease(data []byte) (*Release, error) {
	release := new(Release)
	problems := decodeStrict(data, release)
	return release, problems.Merge(release.Validate()).Err()
}

// Validate returns all problems of the release's shape. It does not check templates and
// expressions.
func (r *Release) Validate() Problems {
	var problems Problems
	requireRunID(&problems, "id", r.ID)
	r.validateSteps(&problems)
	oneOf(&problems, "on_failure", r.OnFailure, Rollback, Stop, Pause)
	oneOf(&problems, "on_cancel", r.OnCancel, Rollback, Stop)
	oneOf(&problems, "on_terminate", r.OnTerminate, Tell, Rollback)
	for i, outcome := range r.FailOn {
		at := element("fail_on", i)
		switch {
		case outcome == "":
			problems.Addf(at, "required: %s or %s", ReleaseStopped, ReleaseRolledBack)
		case oneOf(&problems, at, outcome, ReleaseStopped, ReleaseRolledBack) && slices.Contains(r.FailOn[:i], outcome):
			problems.Addf(at, "%q is given twice", outcome)
		}
	}
	r.Concurrency.validate(&problems, "concurrency")
	boundObject(&problems, "vars", r.Vars)
	boundObject(&problems, "instance", r.Instance)
	validateWebhooks(&problems, "webhooks", r.Webhooks, inRelease)
	return problems
}
