package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/spec"
)

// shown are the files in documents: blocks of YAML, and texts that a command in a shell block
// reads.
var shown = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$|<<'END'\n(.*?)^END$")

// The jobs, releases, gates and watches in documents are valid.
func TestTheFilesOfTheDocumentsAreValid(t *testing.T) {
	t.Parallel()
	found := 0
	for _, file := range documents(t) {
		page, err := os.ReadFile(filepath.Join("../..", file))
		require.NoError(t, err)
		for _, block := range shown.FindAllStringSubmatch(string(page), -1) {
			for text := range strings.SplitSeq(block[1]+block[2], "---\n") {
				if strings.HasPrefix(text, "id:") || strings.HasPrefix(text, "query:") { // others are fragments
					requireAdmitted(t, file, text)
					found++
				}
			}
		}
	}
	require.Greater(t, found, 8)
}

func requireAdmitted(t *testing.T, file, text string) {
	t.Helper()
	input, err := spec.ToJSON([]byte(text))
	require.NoError(t, err, "%s:\n%s", file, text)
	read := &checked{file: file, data: input}
	read.admitAsTold()
	require.Empty(t, read.problems, "%s:\n%s", file, text)
}
