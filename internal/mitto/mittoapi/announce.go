package mittoapi

import (
	"encoding/json"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/cron"
	"github.com/latch-run/latch/internal/mitto"
	"github.com/latch-run/latch/internal/registry"
)

// nextShown is the number of upcoming run times in an answer.
const nextShown = 3

// announce adds warnings and the next run times to the answer of a call that
// wrote a job.
func announce(object jobObject, entry *registry.Entry, now time.Time) {
	addWarnings(object, api.WarningsOf(mitto.Warnings(&entry.Definition)))
	if entry.Job == nil {
		return
	}
	var warnings []api.Warning
	for _, doubt := range cron.Doubts(entry.Job.Schedule, now) {
		warnings = append(warnings, api.Warning{Path: "schedule", Message: doubt.Message})
	}
	addWarnings(object, warnings)
	addNextTimes(object, entry)
}

// addNextTimes adds the job's next scheduled times.
func addNextTimes(object jobObject, entry *registry.Entry) {
	var next []latch.Time
	for _, at := range entry.NextTimes[:min(nextShown, len(entry.NextTimes))] {
		next = append(next, latch.NewTime(at))
	}
	if len(next) > 0 {
		object["next_times"], _ = json.Marshal(next) // times always encode
	}
}

// addPlan adds to a listed job its next scheduled time, and whether it is
// paused.
func addPlan(object rowObject, row registry.Row) {
	object["next_time"] = json.RawMessage("null")
	if !row.NextTime.IsZero() {
		object["next_time"], _ = json.Marshal(row.NextTime)
	}
	object["paused"], _ = json.Marshal(row.Paused)
	object["cannot_run"], _ = json.Marshal(row.Lacks)
}

// addWarnings appends to the warnings of an answer.
func addWarnings(object map[string]json.RawMessage, warnings []api.Warning) {
	if len(warnings) == 0 {
		return
	}
	var before []api.Warning
	_ = json.Unmarshal(object["warnings"], &before) // absent, or written here
	object["warnings"], _ = json.Marshal(append(before, warnings...))
}
