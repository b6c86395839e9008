package api

import (
	"encoding/json"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cron"
	"github.com/latch-run/latch/internal/registry"
)

// nextShown is how many of the next times an answer tells.
const nextShown = 3

// A Warning is about something that was taken and is probably not meant.
type Warning struct {
	Path    string `json:"path" doc:"The field"`
	Message string `json:"message"`
}

// announceTimes adds to the answer of a call that wrote a job when the job runs
// next by itself, and what of its schedule is probably not meant.
func announceTimes(object jobObject, entry *registry.Entry, now time.Time) {
	if entry.Job == nil {
		return
	}
	var warnings []Warning
	for _, doubt := range cron.Doubts(entry.Job.Schedule, now) {
		warnings = append(warnings, Warning{"schedule", doubt.Message})
	}
	addWarnings(object, warnings)
	var next []latch.Time
	for _, at := range entry.NextTimes[:min(nextShown, len(entry.NextTimes))] {
		next = append(next, latch.NewTime(at))
	}
	if len(next) > 0 {
		object["next_times"], _ = json.Marshal(next) // times always encode
	}
}

// addWarnings adds to the warnings of an answer.
func addWarnings(object jobObject, warnings []Warning) {
	if len(warnings) == 0 {
		return
	}
	var before []Warning
	_ = json.Unmarshal(object["warnings"], &before) // none, or written here
	object["warnings"], _ = json.Marshal(append(before, warnings...))
}
