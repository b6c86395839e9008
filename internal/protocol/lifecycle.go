package protocol

import (
	"encoding/json"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/vars"
)

// A LifecycleRun is a run of a workflow that knows nothing of Latch, around which a worker
// fires the events of a job.
type LifecycleRun struct {
	WorkflowID string `json:"workflow_id"`
	Type       string `json:"type"`
	TaskQueue  string `json:"task_queue"`
	// Attempt counts the attempts that the workflow's retry policy allows, from 1.
	Attempt int32 `json:"attempt"`
	// Args are the workflow's arguments, with null for one that is not JSON. Without TooLarge
	// they are complete.
	Args     []json.RawMessage `json:"args"`
	TooLarge bool              `json:"too_large,omitempty"`
	// Continues reports that the run goes on for one that continued as new. JOB_START then
	// fired for that one.
	Continues bool `json:"continues,omitempty"`
}

// lifecycleJob is the variable job of such a run.
type lifecycleJob struct {
	vars.Job
	Type      string `json:"type"`
	TaskQueue string `json:"task_queue"`
	Attempt   int32  `json:"attempt"`
}

// Variables returns the variables of the run, with its result as JSON once it has one. The
// arguments are only in vars, which the default body of a webhook does not have.
func (r *LifecycleRun) Variables(status vars.JobStatus, result json.RawMessage) expr.Variables {
	job := lifecycleJob{Job: vars.NewJob(&latch.Job{ID: r.WorkflowID, Name: r.Type}, status), Type: r.Type, TaskQueue: r.TaskQueue,
		Attempt: r.Attempt}
	given := latch.Object{}
	if !r.TooLarge {
		given["input"], given["args"] = json.RawMessage("null"), rawjson.Encode(r.Args)
		if len(r.Args) > 0 {
			given["input"] = r.Args[0]
		}
	}
	if result != nil {
		given["result"] = result
	}
	return expr.Variables{"job": rawjson.Encode(job), "jobs": json.RawMessage("{}"), "vars": rawjson.Encode(given)}
}

// A ListenRequest asks whether anybody listens to the events around a run that begins.
type ListenRequest struct {
	LifecycleRun
	Namespace string
	// Run, Now and Waited have the same meaning as in an [AdmitRequest].
	Run    vars.Run
	Now    latch.Time
	Waited latch.Duration
}

// A Listening is the answer. Where it cannot be found out, somebody listens and holds the run.
type Listening struct {
	// Listens reports that somebody listens. Holds reports that a hook may hold the run before
	// it begins.
	Listens, Holds bool
}
