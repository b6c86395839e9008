package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// A Definition is a registered job as it is stored.
type Definition = protocol.Definition

// Errors of the registry. Each is wrapped with the id of the job or webhook.
var (
	// ErrUnknown says that no job has the id.
	ErrUnknown = errors.New("not registered")
	// ErrExists says that another job has the id.
	ErrExists = errors.New("registered already")
	// ErrConflict says that others kept changing the same thing.
	ErrConflict = errors.New("changed by others at the same time")
)

// A FollowedError says that a job cannot be deleted because others run after
// it.
type FollowedError struct {
	ID        string
	Followers []string
}

// Error names the jobs that run after it.
func (e *FollowedError) Error() string {
	return fmt.Sprintf("job %q cannot be deleted while others run after it: %s", e.ID, strings.Join(e.Followers, ", "))
}

// A RefusedError says why the registry or Temporal rejects a definition. Field
// is the path in the job.
type RefusedError struct{ Field, Reason string }

// Error returns the field and the reason.
func (e *RefusedError) Error() string {
	if e.Field == "" {
		return e.Reason
	}
	return e.Field + ": " + e.Reason
}

// isJobID reports whether the id can be used for a schedule. Temporal accepts
// other ids too, but its own worker can never answer for them: calls about such
// a schedule, and lists of jobs, hang.
func isJobID(id string) bool {
	return id != "" && !strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r > '~' })
}

// maximumDefinition bounds a definition, in bytes. Temporal accepts payloads of
// up to 2 MiB; the input of a run must be smaller.
const maximumDefinition = 1 << 20

// encodeDefinition encodes a definition, within maximumDefinition.
func encodeDefinition(definition *Definition) (json.RawMessage, error) {
	encoded, err := json.Marshal(definition)
	if err != nil {
		return nil, fmt.Errorf("encode job %q: %w", definition.ID, err)
	}
	if len(encoded) > maximumDefinition {
		return nil, &RefusedError{Reason: fmt.Sprintf("job %q has %d bytes; at most %d are kept", definition.ID, len(encoded), maximumDefinition)}
	}
	return encoded, nil
}

// CheckSize returns a RefusedError if a definition is too large to be stored.
func CheckSize(definition *Definition) error {
	_, err := encodeDefinition(definition)
	return err
}

func newRevision() string { return strings.ReplaceAll(uuid.NewString(), "-", "")[:16] }

// maximumEarlier bounds the revisions that a document remembers. That many
// other writes may follow a write before the read that checks whether it took
// effect.
const maximumEarlier = 32

// succeed returns the earlier revisions that a new write remembers.
func succeed(revision string, earlier []string) []string {
	if revision == "" {
		return nil
	}
	chain := append(slices.Clone(earlier), revision)
	return chain[max(len(chain)-maximumEarlier, 0):]
}

// contains reports whether a write took effect: it is the document's revision,
// or an earlier one.
func contains(revision string, earlier []string, written string) bool {
	return revision == written || slices.Contains(earlier, written)
}

// scheduleOf returns the job's schedule, or nil if it has none.
func scheduleOf(definition *Definition) *latch.Schedule {
	if definition.Job == nil {
		return nil
	}
	return definition.Job.Schedule
}

// after returns the id of the job that this one follows, or "".
func after(definition *Definition) string {
	if schedule := scheduleOf(definition); schedule != nil {
		return schedule.After
	}
	return ""
}

func hasTimes(definition *Definition) bool {
	schedule := scheduleOf(definition)
	return schedule != nil && schedule.Cron != ""
}

// text returns a field that has the same name in Latch's JSON and among the
// fields kept for other clients. Latch's takes precedence.
func text(definition *Definition, key string, own func(*latch.Job) string) string {
	if definition.Job != nil && own != nil {
		if value := own(definition.Job); value != "" {
			return value
		}
	}
	var value string
	if json.Unmarshal(definition.Extras[key], &value) != nil {
		return ""
	}
	return value
}

func tags(definition *Definition) []string {
	if definition.Job != nil && len(definition.Job.Tags) > 0 {
		return definition.Job.Tags
	}
	var value []string
	if json.Unmarshal(definition.Extras["tags"], &value) != nil {
		return nil
	}
	return value
}
