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

// holds reports whether a decoded value is of this kind.
func (k kind) holds(value any) bool {
	switch value.(type) {
	case map[string]any:
		return k == objectKind
	case []any:
		return k == listKind
	case string:
		return k == textKind || k == momentKind
	default:
		return false
	}
}

func (k kind) String() string {
	return [...]string{objectKind: "an object", textKind: "a string", listKind: "an array", momentKind: "a string"}[k]
}

// scope holds the variables of one evaluation or rendering, each decoded at most once.
type scope struct {
	vars    Variables
	decoded map[string]any
	longest int    // the longest string of those that are decoded
	escape  Escape // nil for none
}

func newScope(vars Variables) *scope { return &scope{vars: vars, decoded: make(map[string]any)} }

// load decodes the named variables.
func (s *scope) load(names []string, kinds map[string]kind) error {
	for _, name := range names {
		if _, loaded := s.decoded[name]; loaded {
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
	if len(raw) == 0 {
		return want.empty(), nil
	}
	value, longest, err := decodeJSON(raw)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the variable %s is not JSON: %w", name, err)
	case value == types.NullValue:
		return want.empty(), nil
	case !want.holds(value):
		return nil, fmt.Errorf("the variable %s is not %s", name, want)
	}
	s.longest = max(s.longest, longest)
	return withMoments(name, want, value), nil
}
