package expr

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
)

// Variables are the root variables by name, each as JSON. One that is absent or null is empty: ""
// for event, lock and lock_url, [] for records, {} for all others but now, which fails what looks
// at it.
type Variables map[string]json.RawMessage

// kind is what a root variable holds.
type kind int

const (
	objectKind kind = iota
	textKind
	listKind
	momentKind // a time, in RFC 3339
)

// templateVariables are what templates and every expression see (contract, "Templates").
var templateVariables = map[string]kind{
	"job": objectKind, "release": objectKind, "step": objectKind, "steps": objectKind, "jobs": objectKind,
	"system": objectKind, "run": objectKind, "vars": objectKind, "data": objectKind, "instance": objectKind,
	"webhook": objectKind,
	"event":   textKind, "lock": textKind, "lock_url": textKind,
	"records": listKind,
	"now":     momentKind,
}

// VariableNames returns the names of the variables that templates see, sorted.
func VariableNames() []string { return slices.Clone(variableNames) }

var variableNames = slices.Sorted(maps.Keys(templateVariables))

// celType is the type that the checker knows a variable by.
func (k kind) celType() *cel.Type {
	switch k {
	case textKind:
		return cel.StringType
	case listKind:
		return cel.ListType(cel.DynType)
	case momentKind:
		return cel.TimestampType
	default:
		return cel.MapType(cel.StringType, cel.DynType)
	}
}

// empty is the value of a variable that does not apply.
func (k kind) empty() any {
	switch k {
	case textKind:
		return ""
	case listKind:
		return []any{}
	case momentKind:
		return types.NewErr("no value is known for this time")
	default:
		return map[string]any{}
	}
}

// begins reports whether JSON of this kind begins with the byte.
func (k kind) begins(first byte) bool {
	return first == [...]byte{objectKind: '{', textKind: '"', listKind: '[', momentKind: '"'}[k]
}

func (k kind) String() string {
	return [...]string{objectKind: "an object", textKind: "a string", listKind: "an array", momentKind: "a string"}[k]
}

// scope holds the variables of one evaluation or rendering, each made ready at most once.
type scope struct {
	vars    Variables
	ready   []variable
	few     [2]variable // where most scopes have them
	longest int
	escape  Escape // nil for none
}

// variable is a root variable in use. It is decoded when more of it is looked at than a few values.
type variable struct {
	name    string
	kind    kind
	text    string // valid JSON
	value   any    // once decoded
	decoded bool
	looks   int
}

// maxLooks is how many values are read off a variable's text before it is decoded as a whole.
const maxLooks = 4

func newScope(vars Variables) *scope {
	s := &scope{vars: vars}
	s.ready = s.few[:0]
	return s
}

// find gives a variable that is ready, or nil.
func (s *scope) find(name string) *variable {
	for i := range s.ready {
		if s.ready[i].name == name {
			return &s.ready[i]
		}
	}
	return nil
}

// load makes the named variables ready.
func (s *scope) load(names []string, kinds map[string]kind) error {
	for _, name := range names {
		if s.find(name) != nil {
			continue
		}
		v, err := s.open(name, kinds[name])
		if err != nil {
			return err
		}
		s.ready = append(s.ready, v)
	}
	return nil
}

func (s *scope) open(name string, want kind) (variable, error) {
	raw := bytes.TrimSpace(s.vars[name])
	if len(raw) == 0 || string(raw) == "null" {
		return variable{name: name, kind: want, value: want.empty(), decoded: true}, nil
	}
	text, err := validJSON(raw)
	if err != nil {
		return variable{}, fmt.Errorf("the variable %s is not JSON: %w", name, err)
	}
	if !want.begins(text[0]) {
		return variable{}, fmt.Errorf("the variable %s is not %s", name, want)
	}
	s.longest = max(s.longest, longestString(text))
	return variable{name: name, kind: want, text: text}, nil
}

// whole gives the decoded value.
func (v *variable) whole() any {
	if !v.decoded {
		v.value, v.decoded = withMoments(v.name, v.kind, (&reader{text: v.text}).value()), true
	}
	return v.value
}

// at gives the value below keys, each of an object.
func (v *variable) at(keys []string) (value any, found bool) {
	if v.looks++; v.decoded || v.looks > maxLooks {
		return below(v.whole(), keys)
	}
	r := reader{text: v.text}
	for _, key := range keys {
		if !r.seek(key) {
			return nil, false
		}
	}
	return r.value(), true
}

// appendJSON appends the value below keys, as [appendJSON] writes it, where that can be told from
// the text alone.
func (v *variable) appendJSON(out []byte, keys []string) (written []byte, ok bool) {
	if v.decoded || v.looks == maxLooks {
		return nil, false
	}
	v.looks++
	r := reader{text: v.text}
	for _, key := range keys {
		if !r.seek(key) {
			return nil, false
		}
	}
	return r.appendJSON(out)
}

func below(value any, keys []string) (any, bool) {
	for _, key := range keys {
		fields, isObject := value.(map[string]any)
		inner, found := fields[key]
		if !isObject || !found {
			return nil, false
		}
		value = inner
	}
	return value, true
}
