package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/urlmask"
)

// A fieldChange is a field that differs. From is empty for one that was added, To for
// one that was removed.
type fieldChange struct {
	Field string          `json:"field"`
	From  json.RawMessage `json:"from,omitempty"`
	To    json.RawMessage `json:"to,omitempty"`
}

// String returns the change in one line.
func (c fieldChange) String() string {
	switch {
	case c.From == nil:
		return fmt.Sprintf("%s: added %s", c.Field, output.OneLine(string(c.To)))
	case c.To == nil:
		return fmt.Sprintf("%s: removed %s", c.Field, output.OneLine(string(c.From)))
	default:
		return fmt.Sprintf("%s: %s → %s", c.Field, output.OneLine(string(c.From)), output.OneLine(string(c.To)))
	}
}

// changesOf returns the fields of a job that differ, in the order of their names.
func changesOf(before, after registry.Definition) []fieldChange {
	from, to := fieldsOf(before), fieldsOf(after)
	names := slices.Collect(maps.Keys(from))
	for name := range to {
		if _, both := from[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var changes []fieldChange
	for _, name := range names {
		if !bytes.Equal(from[name], to[name]) {
			changes = append(changes, fieldChange{name, shownField(name, from[name]), shownField(name, to[name])})
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

// fieldsOf returns what a person may change of a job, by the path of each value.
func fieldsOf(definition registry.Definition) map[string]json.RawMessage {
	fields := map[string]json.RawMessage{}
	whole := map[string]any{"extras": definition.Extras, "task_queue": definition.TaskQueue}
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

// addFields adds the values within one; a list of plain values is one value.
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

func nests(value json.RawMessage) bool { return len(value) > 0 && (value[0] == '{' || value[0] == '[') }
