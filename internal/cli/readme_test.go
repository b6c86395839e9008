package cli

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/spec"
)

// What the README shows is taken as it stands.
func TestTheReadmesReleaseIsValid(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, from, found := strings.Cut(string(readme), "```yaml\n")
	require.True(t, found)
	text, _, found := strings.Cut(from, "```")
	require.True(t, found)
	release, err := spec.ToJSON([]byte(text))
	require.NoError(t, err)
	_, err = admission.DecodeRelease(release)
	require.NoError(t, err)
}
