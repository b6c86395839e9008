package typo_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/typo"
)

// The name that was meant is found in spite of case, separators and a few mistakes. If no name
// is near, nothing is found.
func TestTheNameThatWasMeant(t *testing.T) {
	t.Parallel()
	names := []string{"id", "url", "title", "enabled", "continue_on_error", "event", "events", "on_timeout", "JOB_SUCCESS", "JOB_SKIPPED"}
	for name, want := range map[string]string{
		"enabeld": "enabled", "titel": "title", "Title": "title", "continueOnError": "continue_on_error",
		"continue-on-error": "continue_on_error",
		"ulr":               "url", "urls": "url", "enable": "enabled", "contineu_on_eror": "continue_on_error", "ID": "id", "i_d": "id",
		"evnt": "event", "evnts": "events", "Events": "events", "eventss": "events",
		"job_success": "JOB_SUCCESS", "JobSuccess": "JOB_SUCCESS", "JOB-SUCESS": "JOB_SUCCESS", "JOB_SKIPED": "JOB_SKIPPED",
		"owner": "", "x": "", "": "", "i": "", "di": "", "_": "", "tilt": "", "timeout": "", "no_timeout": "on_timeout",
		"n_timeout": "on_timeout", "success": "", "JOB_STARTED": "",
	} {
		require.Equal(t, want, typo.Meant(name, names), name)
	}
	require.Empty(t, typo.Meant("nothing", nil))
	require.Empty(t, typo.Meant("abcd", []string{""}))
}

// The hint is the end of a sentence, or empty.
func TestHint(t *testing.T) {
	t.Parallel()
	require.Equal(t, `; did you mean "url"?`, typo.Hint("ulr", []string{"id", "url"}))
	require.Empty(t, typo.Hint("owner", []string{"id", "url"}))
}
