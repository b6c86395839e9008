package protocol

import (
	"encoding/json"
	"maps"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/vars"
)

// JobVariable returns the variable job of a run, including the additional fields of a
// registered job. The status of such a job is the one in Mitto's format, of the run with
// Temporal's run id runID. Fields that belong to the run itself are omitted.
func JobVariable(job *latch.Job, status vars.JobStatus, fields latch.Object, runID string) json.RawMessage {
	plain := rawjson.Encode(vars.NewJob(job, status))
	if len(fields) == 0 {
		return plain
	}
	null := json.RawMessage("null")
	all, shown := latch.Object{}, latch.Object{"pid": null, "updates": null, "count": null}
	if json.Unmarshal(plain, &all) != nil || json.Unmarshal(all["status"], &shown) != nil {
		return plain // our own types are objects
	}
	shown["id"], shown["run_id"] = rawjson.Encode(RunNumber(job.ID, runID)), rawjson.Encode(runID)
	added := maps.Clone(fields)
	for _, own := range []string{"id", "vars", "started_at"} {
		delete(added, own)
	}
	added["status"] = rawjson.Encode(shown)
	maps.Copy(all, added)
	return rawjson.Encode(all)
}
