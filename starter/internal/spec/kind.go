package spec

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
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
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		for _, sign := range []string{"task", "jobs", "steps", "event"} {
			if nearly(key, sign) {
				return "", fmt.Errorf("%w; did you mean %q by %q?", ErrUnknownKind, sign, key)
			}
		}
	}
	return "", ErrUnknownKind
}

// known are keys of one kind or another that look like a sign and are none.
var known = []string{"tags", "data"}

// nearly tells whether the key is the sign but for its case and one letter that
// is missing, too many, another, or in the other's place.
func nearly(key, sign string) bool {
	if slices.Contains(known, key) || len(key) < len(sign)-1 || len(key) > len(sign)+1 {
		return false
	}
	key = strings.ToLower(key)
	start := 0
	for start < min(len(key), len(sign)) && key[start] == sign[start] {
		start++
	}
	end := 0
	for end < min(len(key), len(sign))-start && key[len(key)-1-end] == sign[len(sign)-1-end] {
		end++
	}
	rest, wanted := key[start:len(key)-end], sign[start:len(sign)-end]
	swapped := len(rest) == 2 && len(wanted) == 2 && rest[0] == wanted[1] && rest[1] == wanted[0]
	return swapped || len(rest) <= 1 && len(wanted) <= 1
}
