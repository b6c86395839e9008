package spec_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/spec"
)

// TestReadAll: several documents in a file, or lists, each with its place.
func TestReadAll(t *testing.T) {
	t.Parallel()
	type documents []spec.Document
	for name, test := range map[string]struct {
		extension, content string
		want               documents
	}{
		"one YAML document": {".yaml", "a: 1", documents{{Data: []byte(`{"a":1}`)}}},
		"several": {".yaml", "---\na: 1\n---\n---\nb: 1.10\n---\n",
			documents{{[]byte(`{"a":1}`), "document 1"}, {[]byte(`{"b":1.10}`), "document 2"}}},
		"a list": {".yml", "- a: 1\n- b: 2", documents{{[]byte(`{"a":1}`), "[0]"}, {[]byte(`{"b":2}`), "[1]"}}},
		"lists in documents": {"", "- a: 1\n---\n- b: 2",
			documents{{[]byte(`{"a":1}`), "document 1[0]"}, {[]byte(`{"b":2}`), "document 2[0]"}}},
		"a JSON object":          {".json", `{"a":1}`, documents{{Data: []byte(`{"a":1}`)}}},
		"a JSON list":            {".json", ` [{"a":1}, {"b":2}]`, documents{{[]byte(`{"a":1}`), "[0]"}, {[]byte(`{"b":2}`), "[1]"}}},
		"JSON that is none":      {".json", `[{"a":1]`, documents{{Data: []byte(`[{"a":1]`)}}},
		"a list without a name":  {"", `[{"a":1}]`, documents{{[]byte(`{"a":1}`), "[0]"}}},
		"nothing":                {".yaml", "# none yet\n", nil},
		"an anchor of elsewhere": {".yaml", "- &x {a: 1}\n- *x", documents{{[]byte(`{"a":1}`), "[0]"}, {[]byte(`{"a":1}`), "[1]"}}},
	} {
		path := filepath.Join(t.TempDir(), "jobs"+test.extension)
		require.NoError(t, os.WriteFile(path, []byte(test.content), 0o600))
		got, err := spec.ReadAll(path, nil)
		require.NoError(t, err, name)
		require.Equal(t, test.want, documents(got), name)
	}
	_, err := spec.ReadAll("-", strings.NewReader("a: 1\n---\nb: .nan"))
	require.ErrorContains(t, err, "line 3")
}
