package spec

import (
	"encoding/json"
	"errors"
)

// A Kind is what a file describes.
type Kind string

// The kinds, as they are called on the command line.
const (
	Job      Kind = "job"
	Release  Kind = "release"
	Emission Kind = "emission"
)

// ErrUnknownKind says that a file's keys do not tell what it describes.
var ErrUnknownKind = errors.New("cannot tell what this describes: a release has steps, a job has a task or jobs, an emission has an event")

// KindOf tells by its keys what the JSON describes; the error is
// [ErrUnknownKind], or says that it is no JSON object.
func KindOf(data []byte) (Kind, error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(data, &keys); err != nil {
		return "", err
	}
	for _, sign := range []struct {
		key  string
		kind Kind
	}{{"steps", Release}, {"task", Job}, {"jobs", Job}, {"event", Emission},
		// What none of the above, being required, tells of.
		{"on_failure", Release}, {"on_cancel", Release}, {"schedule", Job}, {"retry", Job}, {"delay", Job}, {"timeout", Job}} {
		if _, has := keys[sign.key]; has {
			return sign.kind, nil
		}
	}
	return "", ErrUnknownKind
}
