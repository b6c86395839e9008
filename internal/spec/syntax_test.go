package spec_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/spec"
)

// The error of invalid YAML names the line of the mistake, and not the line where the enclosing
// list or mapping begins.
func TestTheLineOfAMistakeInYAML(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		line string
		text string
	}{
		"indented too little": {"line 6: did not find expected key",
			"# job\nid: a\ntask:\n  http:\n    url: x\n   method: GET\ntags: []\n"},
		"indented too much":         {"line 4: mapping values", "task:\n  http:\n    url: x\n      method: GET\n"},
		"a key in a list":           {"line 5: did not find expected '-' indicator", "\nid: a\nsteps:\n  - name: a\n  name: b\n"},
		"a list in a mapping":       {"line 3: did not find expected key", "id: a\ntitle: b\n- c\nd: e\n"},
		"a second colon":            {"line 2: mapping values", "id: a\ntitle: a: b\ntask: {}\n"},
		"a tab":                     {"line 3: found character", "id: a\ntask:\n\thttp: x\n"},
		"a quotation mark too many": {"line 3: did not find expected key", "id: a\ntags: []\ntitle: 'it's'\ntask: x\n"},
		"a quotation mark missing":  {"line 2: found unexpected end of stream", "id: a\ntitle: \"abc\ntask: x\nmore: y\n"},
		"no comma": {"line 4: did not find expected ',' or '}'",
			"id: a\ntask: {\n  http: {url: x}, \"a\": \"1\"\n  \"b\": 2,\n  c: 3}\n"},
		"a brace too many":          {"line 3: did not find expected key", "id: a\n\ntask: {a: b}}\ntags: []\n"},
		"a bracket missing":         {"line 3: did not find expected ',' or ']'", "id: a\ntags: [a, b\ntask: x\nmore: y\n"},
		"the last bracket missing":  {"line 3: did not find expected ',' or ']'", "id: a\ntitle: b\ntags: [a, b\n"},
		"a character":               {"line 3: found character", "id: a\n\ntitle: @x\n"},
		"an anchor of nowhere":      {"line 3: unknown anchor 'foo'", "id: a\ntitle: &fo b\ntask: *foo\nmore: *fo\n"},
		"a control character":       {"line 2: control characters", "id: a\ntitle: \x01\nmore: x\n"},
		"bytes of another charset":  {"line 2: ", "id: a\ntitle: M\xfcller\nmore: x\n"},
		"no colon":                  {"line 2: could not find expected ':'", "id: a\nfoo\nbar: b\n"},
		"a later document":          {"line 5: did not find expected key", "id: a\n---\nid: b\nx: y\n- c\n"},
		"a number that has no JSON": {"line 3: ", "id: a\n\ntitle: .nan\n"},
		"a key that is a list":      {"line 2: a key is a text", "id: a\n? [a]\n: b\n"},
		"behind brackets that span": {"line 6: did not find expected key", "id: a\ntags: [a,\n  b]\ntask: {x: [\n  1]}\n y: z\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, err := spec.Open("-", strings.NewReader(test.text), true)
			require.NoError(t, err)
			_, err = file.Documents()
			require.ErrorContains(t, err, test.line)
		})
	}
}
