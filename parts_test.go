package latch

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// Splitting a value finds what encoding/json finds, whatever valid JSON it is.
func FuzzParts(f *testing.F) {
	for _, seed := range []string{`[]`, `{}`, ` [ ] `, "{\n}", `[1]`, `["]", "\"", "\\", "\\\"]"]`, `[[], {}, [[1, 2], {"a": [3]}], null]`,
		`{"a": 1}`, `{"a:b": {"c,d": ["}"]}, "e" : [ ] , "\u007b": ":"}`, "[\"\xff\",1e-3,\t-0]", `"text"`, `7`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if checkJSON(data) != nil {
			return
		}
		var elements []json.RawMessage
		if json.Unmarshal(data, &elements) == nil {
			require.Equal(t, len(elements), len(parts(data)))
			for i, part := range parts(data) {
				require.Equal(t, string(elements[i]), string(part))
			}
		}
		var object map[string]json.RawMessage
		if json.Unmarshal(data, &object) == nil {
			var problems Problems
			members, ok := objectMembers(&problems, "", data)
			require.Equal(t, object != nil, ok)
			require.Len(t, members, len(object))
			if len(problems) > 0 && ok {
				return // a key is given twice: here the first counts
			}
			for _, member := range members {
				require.Equal(t, string(object[member.key]), string(member.value))
			}
		}
	})
}
