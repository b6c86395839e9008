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

// shown are the files that documents show: blocks of YAML, and what a command reads
// from a text below it.
var shown = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$|<<'END'\n(.*?)^END$")

// What a document shows as a job, a release, a gate or a watch is taken as it stands.
func TestTheFilesOfTheDocumentsAreValid(t *testing.T) {
	t.Parallel()
	found := 0
	for _, file := range documents(t) {
		page, err := os.ReadFile(filepath.Join("../..", file))
		require.NoError(t, err)
		for _, block := range shown.FindAllStringSubmatch(string(page), -1) {
			for text := range strings.SplitSeq(block[1]+block[2], "---\n") {
				if strings.HasPrefix(text, "id:") || strings.HasPrefix(text, "query:") { // others are parts of one
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
