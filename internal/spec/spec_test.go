package spec_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/spec"
)

func TestYAMLBecomesJSONWithNothingLost(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ yaml, want string }{
		"nothing":            {"", ""},
		"a comment alone":    {"# none\n", ""},
		"null":               {"null", "null"},
		"keys in order":      {"b: 1\na: 2", `{"b":1,"a":2}`},
		"key twice":          {"a: 1\na: 2", `{"a":1,"a":2}`},
		"lists":              {"- 1\n- [a, {b: c}]", `[1,["a",{"b":"c"}]]`},
		"digits of an int":   {"a: 123456789012345678901234567890", `{"a":123456789012345678901234567890}`},
		"digits of a float":  {"a: 1.10\nb: 1e400\nc: -0.50", `{"a":1.10,"b":1e400,"c":-0.50}`},
		"other forms":        {"[0x1F, 0o17, 0b11, 1_000, +5, .5, 5., -.5, 1.e3]", `[31,15,3,1000,5,0.5,5.0,-0.5,1.0e3]`},
		"booleans":           {"[true, False, TRUE]", `[true,false,true]`},
		"what YAML 1.1 bent": {"[yes, no, on, off, y, 1:30]", `["yes","no","on","off","y","1:30"]`},
		"nulls":              {"[~, null, ]", `[null,null]`},
		"times are text":     {"a: 2026-07-01\nb: 2026-07-01T10:00:00Z", `{"a":"2026-07-01","b":"2026-07-01T10:00:00Z"}`},
		"quotes":             {`a: "1"` + "\nb: 'true'\nc: !!str 5", `{"a":"1","b":"true","c":"5"}`},
		"durations":          {"a: 90s", `{"a":"90s"}`},
		"block text": {"a: |\n  {\"text\": \"${job['title']}\"}\nb: >-\n  x\n  <y>",
			`{"a":"{\"text\": \"${job['title']}\"}\n","b":"x <y>"}`},
		"keys that are no text": {"1: a\ntrue: b\n1.5: c", `{"1":"a","true":"b","1.5":"c"}`},
		"alias":                 {"a: &x {b: 1}\nc: *x", `{"a":{"b":1},"c":{"b":1}}`},
		"merge":                 {"a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  c: 3", `{"a":{"b":1,"c":2},"d":{"c":3,"b":1}}`},
		"merge of several":      {"a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne: {<<: [*x, *y]}", `{"a":{"b":1},"c":{"b":2,"d":3},"e":{"b":1,"d":3}}`},
		"JSON is YAML":          {`{"a": [1.0, "b\u0041"]}`, `{"a":[1.0,"bA"]}`},
	} {
		got, err := spec.ToJSON([]byte(test.yaml))
		require.NoError(t, err, name)
		require.Equal(t, test.want, string(got), name)
		require.True(t, test.want == "" || json.Valid(got), name)
	}
}

func TestYAMLThatHasNoJSONIsRefusedWithItsLine(t *testing.T) {
	t.Parallel()
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", "))
	}
	merges := "a0: &a0 {x: 1}\n"
	for i := range 9 {
		merges += fmt.Sprintf("a%d: &a%d {<<: [%s]}\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", "))
	}
	for name, test := range map[string]struct{ yaml, want string }{
		"syntax":              {"a: [1", "no valid YAML: line "},
		"a tab":               {"a:\n\t- b", "no valid YAML: line 2"},
		"two documents":       {"a: 1\n---\nb: 2", "line 2: a second document begins"},
		"not a number":        {"a: .nan", "line 1: .nan has no JSON"},
		"infinity":            {"a: 1\nb: -.inf", "line 2: -.inf has no JSON"},
		"octal or decimal":    {"id: 00123", "line 1: 00123 is an octal number to some"},
		"a tag of one's own":  {"a: !secret b", "line 1: a value with the tag !secret has no JSON"},
		"bytes":               {"a: !!binary aGk=", "line 1: a value with the tag !!binary has no JSON"},
		"a list as a key":     {"[a, b]: 1", "line 1: a key is a text"},
		"a merge of a number": {"<<: 5", "line 1: << takes a mapping"},
		"an unknown alias":    {"a: *b", "no valid YAML: unknown anchor"},
		"aliases that grow":   {bomb, "with its aliases resolved larger than 2 MiB"},
		"merges that grow":    {merges, "with its aliases resolved larger than 2 MiB"},
		"an alias of itself":  {"a: &a [*a]", "nests deeper than 100 levels"},
		"a merge of itself":   {"a: &a\n  <<: *a", "merge keys nest deeper than 100 levels"},
		"depth":               {strings.Repeat("[", 200) + strings.Repeat("]", 200), "nests deeper than 100 levels"},
	} {
		_, err := spec.ToJSON([]byte(test.yaml))
		require.ErrorContains(t, err, test.want, name)
	}
}

func TestReading(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(directory, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	for name, test := range map[string]struct{ file, stdin, want string }{
		"JSON":                    {write("a.json", `{"a": 1, "a": 2}`), "", `{"a": 1, "a": 2}`},
		"YAML":                    {write("a.yaml", "a: 1"), "", `{"a":1}`},
		"yml":                     {write("a.YML", "a: 1"), "", `{"a":1}`},
		"JSON called YAML":        {write("b.yaml", `{"a": 1}`), "", `{"a":1}`},
		"without an extension":    {write("c", "a: 1"), "", `{"a":1}`},
		"a byte order mark":       {write("d.json", "\ufeff{}"), "", `{}`},
		"standard input, JSON":    {"-", ` {"a":1}`, ` {"a":1}`},
		"standard input, YAML":    {"-", "a: 1", `{"a":1}`},
		"JSON that is none stays": {write("e.json", "a: 1"), "", `a: 1`},
	} {
		got, err := spec.Read(test.file, strings.NewReader(test.stdin))
		require.NoError(t, err, name)
		require.Equal(t, test.want, string(got), name)
	}
	_, err := spec.Read(filepath.Join(directory, "none.yaml"), nil)
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = spec.Read(directory, nil)
	require.Error(t, err)
	_, err = spec.Read("-", strings.NewReader(strings.Repeat(" ", spec.MaximumSize+1)))
	require.EqualError(t, err, "larger than 2 MiB, the most that Temporal takes as an input")
	_, err = spec.Read("-", strings.NewReader(strings.Repeat(" ", spec.MaximumSize)))
	require.NoError(t, err)
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]spec.Kind{
		`{"id":1,"steps":[]}`: spec.Release, `{"on_cancel":"stop"}`: spec.Release,
		`{"id":1,"task":{}}`: spec.Job, `{"id":1,"jobs":[]}`: spec.Job, `{"id":1,"schedule":"@daily"}`: spec.Job,
		`{"event":"A"}`: spec.Emission,
	} {
		got, err := spec.KindOf([]byte(input))
		require.NoError(t, err, input)
		require.Equal(t, want, got, input)
	}
	_, err := spec.KindOf([]byte(`{"id":1}`))
	require.ErrorIs(t, err, spec.ErrUnknownKind)
	_, err = spec.KindOf([]byte(`[]`))
	require.Error(t, err)
}

// FuzzToJSON: no panic, and the output is JSON.
func FuzzToJSON(f *testing.F) {
	for _, seed := range []string{"a: &x {b: 1}\nc: {<<: *x}", "[0x1F, .5, 5., 1.e3]", "? [a]\n: b", "- |\n  x",
		"a: !!int '0_'", "!!float x"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := spec.ToJSON(data)
		if err == nil && len(got) > 0 {
			require.True(t, json.Valid(got), "%q gave %q", data, got)
		}
	})
}
