package protocol

import (
	"encoding/json"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
)

// Siblings says how the earlier jobs of a sequence ended, by id. It is the second argument of
// latch.JobRun, which only the sequence passes. A job that is not given them gets an [Untold].
type Siblings map[string]Sibling

// A Sibling is how a job of the same sequence ended.
type Sibling struct {
	Status string       `json:"status"`
	KVP    latch.Object `json:"kvp"`
}

// An Untold stands for the earlier jobs of a sequence that a job is not given. The job asks the
// run that started it for them, if it needs them.
type Untold struct {
	// Count is how many jobs of the sequence had ended.
	Count int `json:"count"`
	// Attempt is the number of the sequence's attempt. A later one has begun anew.
	Attempt int `json:"attempt"`
}

// untoldID is the id under which an [Untold] stands among the siblings. No job has it.
const untoldID = ""

// Siblings returns what is passed in place of the jobs. A worker of an earlier version takes it
// for a job that has not succeeded, and so never finds that all have.
func (u Untold) Siblings() Siblings {
	return Siblings{untoldID: {Status: "untold", KVP: latch.Object{"count": rawjson.Encode(u.Count), "attempt": rawjson.Encode(u.Attempt)}}}
}

// Untold returns what stands in place of the jobs, or nil if these are given.
func (s Siblings) Untold() *Untold {
	given, is := s[untoldID]
	if !is {
		return nil
	}
	untold := &Untold{}
	if json.Unmarshal(rawjson.Encode(given.KVP), untold) != nil {
		return nil
	}
	return untold
}

// A ParentRun is the run that started another one as its child.
type ParentRun struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
}

// An EarlierRequest asks the run of a sequence for the jobs that an [Untold] stands for.
type EarlierRequest struct {
	ParentRun
	Untold
}

// QueryEarlierJobs is a query of the run of a sequence, with an [Untold], for [EarlierJobs].
const QueryEarlierJobs = "latch.internal.EarlierJobs"

// An EarlierJobs is the answer of a sequence about the jobs before one of its jobs.
type EarlierJobs struct {
	Jobs Siblings `json:"jobs,omitempty"`
	// Repeated reports that the sequence has begun anew since, so that it no longer knows.
	Repeated bool `json:"repeated,omitempty"`
	// Beyond is whom to ask for the jobs before the sequence itself, which it was not given.
	Beyond *EarlierRequest `json:"beyond,omitempty"`
}
