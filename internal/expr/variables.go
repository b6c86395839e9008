package expr

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/google/cel-go/cel"
)

// Variables are the root variables by name, each as JSON. One that is absent or null is empty: ""
// for event, lock and lock_url, [] for records, {} for all others.
type Variables map[string]json.RawMessage

// kind is what a root variable holds.
type kind int

const (
	objectKind kind = iota
	textKind
	listKind
)

// templateVariables are what templates and every expression see (contract, "Templates").
var templateVariables = map[string]kind{
	"job": objectKind, "release": objectKind, "step": objectKind, "steps": objectKind, "jobs": objectKind,
	"system": objectKind, "run": objectKind, "vars": objectKind, "data": objectKind, "instance": objectKind,
	"webhook": objectKind,
	"event":   textKind, "lock": textKind, "lock_url": textKind,
	"records": listKind,
}

// celType is the type that the checker knows a variable by.
func (k kind) celType() *cel.Type {
	switch k {
	case textKind:
		return cel.StringType
	case listKind:
		return cel.ListType(cel.DynType)
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
	default:
		return map[string]any{}
	}
}

// holds reports whether a decoded value is of this kind.
func (k kind) holds(value any) bool {
	var ok bool
	switch k {
	case textKind:
		_, ok = value.(string)
	case listKind:
		_, ok = value.([]any)
	default:
		_, ok = value.(map[string]any)
	}
	return ok
}

func (k kind) String() string {
	return [...]string{objectKind: "an object", textKind: "a string", listKind: "an array"}[k]
}

// scope decodes the variables of one evaluation or rendering, each at most once.
type scope struct {
	vars    Variables
	decoded map[string]any
	longest int
}

func newScope(vars Variables) *scope {
	return &scope{vars: vars, decoded: make(map[string]any)}
}

// load makes the named variables ready.
func (s *scope) load(names []string, kinds map[string]kind) error {
	for _, name := range names {
		if _, done := s.decoded[name]; done {
			continue
		}
		value, err := s.decode(name, kinds[name])
		if err != nil {
			return err
		}
		s.decoded[name] = value
	}
	return nil
}

func (s *scope) decode(name string, want kind) (any, error) {
	raw := bytes.TrimSpace(s.vars[name])
	if len(raw) == 0 || string(raw) == "null" {
		return want.empty(), nil
	}
	value, longest, err := decodeJSON(raw)
	if err != nil {
		return nil, fmt.Errorf("the variable %s is not JSON: %w", name, err)
	}
	if !want.holds(value) {
		return nil, fmt.Errorf("the variable %s is not %s", name, want)
	}
	s.longest = max(s.longest, longest)
	return value, nil
}
