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

// A Definition is a registered job as it is kept.
type Definition = protocol.Definition

// Errors of the registry. Each is wrapped with the id it is about.
var (
	// ErrUnknown reports that no job has the id.
	ErrUnknown = errors.New("not registered")
	// ErrExists reports that a job has the id already.
	ErrExists = errors.New("registered already")
	// ErrConflict reports that others kept changing the same thing.
	ErrConflict = errors.New("changed by others at the same time")
)

// A FollowedError reports that a job cannot be deleted because others run after it.
type FollowedError struct {
	ID        string
	Followers []string
}

// Error names the others.
func (e *FollowedError) Error() string {
	return fmt.Sprintf("job %q cannot be deleted while others run after it: %s", e.ID, strings.Join(e.Followers, ", "))
}

// A RefusedError says what is wrong with a definition that the registry or
// Temporal rejects. Field is the path in the job.
type RefusedError struct{ Field, Reason string }

// Error names the field and the reason.
func (e *RefusedError) Error() string {
	if e.Field == "" {
		return e.Reason
	}
	return e.Field + ": " + e.Reason
}

// isJobID reports whether a schedule can be kept by the id. Temporal takes others,
// and its own worker can then never answer for them: the calls about such a
// schedule hang, lists of jobs with them.
func isJobID(id string) bool {
	return id != "" && !strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r > '~' })
}

// maximumDefinition bounds a definition in bytes: Temporal takes payloads of
// up to 2 MiB, and a run takes less than that.
const maximumDefinition = 1 << 20

// encodeDefinition returns a definition as it is kept, bounded.
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

// CheckSize reports whether a definition is too large to be stored. Its
// error is RefusedError.
func CheckSize(definition *Definition) error {
	_, err := encodeDefinition(definition)
	return err
}

func newRevision() string { return strings.ReplaceAll(uuid.NewString(), "-", "")[:16] }

// maximumEarlier is how many revisions a document remembers: as many others may
// write between a write and the read that finds out whether it took effect.
const maximumEarlier = 32

// succeed returns the revisions that a write on top of another one remembers.
func succeed(revision string, earlier []string) []string {
	if revision == "" {
		return nil
	}
	chain := append(slices.Clone(earlier), revision)
	return chain[max(len(chain)-maximumEarlier, 0):]
}

// contains reports whether a write is part of a document: it is its last one, or
// others wrote on top of it.
func contains(revision string, earlier []string, written string) bool {
	return revision == written || slices.Contains(earlier, written)
}

// scheduleOf returns when the job runs by itself; nil where it never does.
func scheduleOf(definition *Definition) *latch.Schedule {
	if definition.Job == nil {
		return nil
	}
	return definition.Job.Schedule
}

// after names the job that this one follows, "" where it follows none.
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

// text returns a field that a job has under the same name in Latch's JSON and
// among the keys kept for others.
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
