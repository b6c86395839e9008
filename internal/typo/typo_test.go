package typo_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/typo"
)

// The name that was meant is found through case, separators and two letters.
func TestTheNameThatWasMeant(t *testing.T) {
	t.Parallel()
	names := []string{"id", "url", "title", "enabled", "continue_on_error"}
	for name, want := range map[string]string{
		"enabeld": "enabled", "titel": "title", "Title": "title", "continueOnError": "continue_on_error", "continue-on-error": "continue_on_error",
		"ulr": "", "urls": "url", "enable": "enabled", "owner": "", "x": "", "": "", "i": "",
	} {
		require.Equal(t, want, typo.Meant(name, names), name)
	}
}
