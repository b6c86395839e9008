package expr

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"

	"github.com/latch-run/latch/internal/vars"
)

// Variables are the root variables by name, each as JSON. A variable that is absent or null is
// empty: "" for event, lock and lock_url, [] for records, and {} for all others except now, which
// is an error if it is used.
type Variables map[string]json.RawMessage

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

// scope holds the variables of one evaluation or rendering, each decoded at most once.
type scope struct {
	given   Variables
	decoded map[string]any
	longest int    // the longest string among the decoded variables
	escape  Escape // nil for none
}

func newScope(given Variables) *scope { return &scope{given: given, decoded: make(map[string]any)} }

// load decodes the named variables.
func (s *scope) load(names []string, kinds map[string]vars.Kind) error {
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
		return nil, fmt.Errorf("the variable %s is not %s", name, want)
	}
	s.longest = max(s.longest, longest)
	return withMoments(name, want, value), nil
}
