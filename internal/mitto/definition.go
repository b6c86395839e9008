package mitto

import (
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
)

// Of returns a registered job as Mitto's clients see it.
func Of(definition *protocol.Definition) *Job {
	return &Job{ID: definition.ID, Latch: definition.Job, Lacks: definition.Lacks, Extras: definition.Extras,
		CreatedAt: definition.CreatedAt, UpdatedAt: definition.UpdatedAt}
}

// maximumFields bounds the fields, in bytes, that templates see of a job beside
// its own: every delivery that uses the job carries them. If they are larger,
// conf, webhooks and markdown are dropped, the largest first, until they fit.
const maximumFields = 32 << 10

// Fields returns the fields that templates see of a registered job beside its
// own.
func Fields(definition *protocol.Definition) latch.Object {
	fields := Of(definition).Variables()
	large := []string{keyConf, keyWebhooks, "markdown"}
	slices.SortFunc(large, func(x, y string) int { return len(fields[y]) - len(fields[x]) })
	for _, key := range large {
		if len(rawjson.Encode(fields)) > maximumFields {
			delete(fields, key)
		}
	}
	if len(rawjson.Encode(fields)) > maximumFields {
		return nil
	}
	return fields
}
