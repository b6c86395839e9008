package expr

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/interpreter"

	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/vars"
)

// Variables are the root variables by name, each as JSON. A variable that is absent or null is
// empty: "" for event, lock and lock_url, [] for records, and {} for all others except now, which
// is an error if it is used. One that is [Unknown] fails whatever uses it.
type Variables map[string]json.RawMessage

// Unknown returns the value of an object that cannot be had, for the reason.
func Unknown(reason string) json.RawMessage { return rawjson.Encode(reason) }

// celType returns the checker's type for a variable of a kind.
func celType(k vars.Kind) *cel.Type {
	switch k {
	case vars.Text:
		return cel.StringType
	case vars.List:
		return cel.ListType(cel.DynType)
	case vars.Moment:
		return cel.TimestampType
	default:
		return cel.MapType(cel.StringType, cel.DynType)
	}
}

// emptyOf returns the value of a variable of a kind that is absent.
func emptyOf(k vars.Kind) any {
	switch k {
	case vars.Text:
		return ""
	case vars.List:
		return []any{}
	case vars.Moment:
		return types.NewErr("no value is known for this time")
	default:
		return map[string]any{}
	}
}

// holds reports whether a decoded value is of a kind.
func holds(k vars.Kind, value any) bool {
	switch value.(type) {
	case map[string]any:
		return k == vars.Object
	case []any:
		return k == vars.List
	case string:
		return k == vars.Text || k == vars.Moment
	default:
		return false
	}
}

// scope holds the variables of one evaluation or rendering, each decoded at most once, and the cost
// that it may still have.
type scope struct {
	meter   meter
	given   Variables
	decoded []loaded
	longest int    // the longest string of those that are decoded
	escape  Escape // nil for none
}

// loaded is a variable that is decoded. An expression reads a few at most, so they are kept in a list.
type loaded struct {
	name  string
	value any
}

func newScope(given Variables) *scope { return &scope{meter: newMeter(), given: given} }

// ResolveName implements [interpreter.Activation].
func (s *scope) ResolveName(name string) (any, bool) {
	if name == meterName {
		return &s.meter, true
	}
	return s.find(name)
}

// Parent implements [interpreter.Activation].
func (s *scope) Parent() interpreter.Activation { return nil }

// find returns a variable's value, if it is decoded.
func (s *scope) find(name string) (value any, found bool) {
	for _, each := range s.decoded {
		if each.name == name {
			return each.value, true
		}
	}
	return nil, false
}

// load decodes the named variables.
func (s *scope) load(names []string, kinds map[string]vars.Kind) error {
	for _, name := range names {
		if _, known := s.find(name); known {
			continue
		}
		value, err := s.decode(name, kinds[name])
		if err != nil {
			return err
		}
		s.decoded = append(s.decoded, loaded{name, value})
	}
	return nil
}

func (s *scope) decode(name string, want vars.Kind) (any, error) {
	raw := bytes.TrimSpace(s.given[name])
	if len(raw) == 0 {
		return emptyOf(want), nil
	}
	value, longest, err := decodeJSON(raw)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the variable %s is not JSON: %w", name, err)
	case value == types.NullValue:
		return emptyOf(want), nil
	case !holds(want, value):
		if reason, is := value.(string); is && want == vars.Object {
			return nil, fmt.Errorf("the variable %s is not known: %s", name, reason)
		}
		return nil, fmt.Errorf("the variable %s is not %s", name, want)
	}
	s.longest = max(s.longest, longest)
	return withMoments(name, want, value), nil
}
