package cli

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// The workflows, queries and signals in docs/tctl.md exist, and each signal has a valid
// argument. This does not check tctl's own flags.
func TestWhatTctlIsToldIsTaken(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/tctl.md")
	require.NoError(t, err)
	argument := map[string]func([]byte) error{
		latch.MessageReleaseLock: new(latch.LockRelease).Decode, latch.MessageExtendLock: new(latch.LockExtension).Decode, latch.MessageSkip: new(latch.Skip).Decode,
		latch.MessageRecord: new(latch.RecordUpdate).Decode, latch.MessageStop: new(latch.Control).Decode,
		latch.MessageRollback: new(latch.Control).Decode,
	}
	signals := regexp.MustCompile(`--name (\w+)\s+(?:\\\s+)?--input '([^']+)'`).FindAllSubmatch(text, -1)
	require.Len(t, signals, len(argument), "every signal is shown")
	for _, signal := range signals {
		decode, known := argument[string(signal[1])]
		require.True(t, known, "%s", signal[1])
		require.NoError(t, decode(signal[2]), "%s", signal[0])
	}
	for flag, known := range map[string][]string{
		"workflow_type": {latch.WorkflowJobRun, latch.WorkflowRelease, latch.WorkflowTrigger},
		"query_type":    {latch.QueryStatus, latch.QueryHistory},
	} {
		named := regexp.MustCompile(`--`+flag+` (\S+)`).FindAllSubmatch(text, -1)
		require.NotEmpty(t, named)
		for _, each := range named {
			require.Contains(t, known, string(each[1]))
		}
	}
	query := regexp.MustCompile(`--query_type history --input '([^']+)'`).FindSubmatch(text)
	require.NoError(t, new(latch.HistoryQuery).Decode(query[1]))
	for _, file := range regexp.MustCompile(`--input_file (\S+)`).FindAllSubmatch(text, -1) {
		require.FileExists(t, "../../"+string(file[1]))
	}
}
