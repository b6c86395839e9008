package declared

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/urlmask"
)

// A FieldChange is a field that differs. From is empty for an added field, To for a removed
// one.
type FieldChange struct {
	Field string          `json:"field"`
	From  json.RawMessage `json:"from,omitempty"`
	To    json.RawMessage `json:"to,omitempty"`
}

// JobChanges returns the fields of a job that differ, sorted by name.
func JobChanges(before, after registry.Definition) []FieldChange {
	return changesOf(fieldsOf(before), fieldsOf(after))
}

func changesOf(from, to map[string]json.RawMessage) []FieldChange {
	names := slices.Collect(maps.Keys(from))
	for name := range to {
		if _, both := from[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var changes []FieldChange
	for _, name := range names {
		if !sameValue(from[name], to[name]) {
			changes = append(changes, FieldChange{name, shownField(name, from[name]), shownField(name, to[name])})
		}
	}
	return changes
}

// shownField returns a field's value without credentials, and nil for nil.
func shownField(path string, value json.RawMessage) json.RawMessage {
	if value == nil {
		return nil
	}
	return urlmask.Member(value, strings.Split(path, ".")...)
}

// fieldsOf returns the fields of a job that a person may change, by the path of each value.
func fieldsOf(definition registry.Definition) map[string]json.RawMessage {
	fields := map[string]json.RawMessage{}
	whole := map[string]any{"extras": definition.Extras, "task_queue": definition.TaskQueue, "managed_by": definition.ManagedBy, "cannot_run": definition.Lacks}
	if definition.Paused {
		whole["paused"] = true
	}
	if definition.Job != nil {
		whole[""] = definition.Job
	}
	for path, value := range whole {
		encoded := rawjson.Encode(value)
		if string(encoded) != "null" && string(encoded) != `""` {
			addFields(fields, path, encoded)
		}
	}
	return fields
}

// addFields adds the values within a value. A list of plain values counts as one value.
func addFields(fields map[string]json.RawMessage, path string, value json.RawMessage) {
	var members map[string]json.RawMessage
	var elements []json.RawMessage
	switch {
	case json.Unmarshal(value, &members) == nil && (len(members) > 0 || path == "extras"):
		for key, member := range members {
			at := key
			if path != "" {
				at = path + "." + key
			}
			addFields(fields, at, member)
		}
	case json.Unmarshal(value, &elements) == nil && slices.ContainsFunc(elements, nests):
		for i, element := range elements {
			addFields(fields, fmt.Sprintf("%s[%d]", path, i), element)
		}
	default:
		fields[path] = value
	}
}

// sameValue reports whether two values are the same JSON, regardless of the order of keys.
func sameValue(a, b json.RawMessage) bool {
	if bytes.Equal(a, b) || a == nil || b == nil {
		return bytes.Equal(a, b)
	}
	return bytes.Equal(canonical(a), canonical(b))
}

// canonical returns a value with sorted keys; numbers keep their digits.
func canonical(value json.RawMessage) []byte {
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.UseNumber()
	var decoded any
	if decoder.Decode(&decoded) != nil {
		return value
	}
	return rawjson.Encode(decoded)
}

func nests(value json.RawMessage) bool { return len(value) > 0 && (value[0] == '{' || value[0] == '[') }
