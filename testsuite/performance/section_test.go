package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// example is a report of one row.
func example() *Report {
	figures := []map[string][]float64{{regular: {10, 12, 11}, local: {20, 20, 20}, ours: {30, 33, 36}}}
	return &Report{Rows: resultsOf(storeMemory, jobRows()[0], figures), Rounds: 3, Turn: 2}
}

// The section is replaced, and nothing around it.
func TestTheSectionOfADocument(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "performance.md")
	require.NoError(t, os.WriteFile(file, []byte("before\n"+sectionBegin+"old\n"+sectionEnd+"\nafter\n"), 0o600))
	for range 2 {
		require.NoError(t, example().writeSection(file))
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Regexp(t, "(?s)^before\n<!-- measured .*<!-- end of measured -->\nafter\n$", string(text))
		require.NotContains(t, string(text), "old")
		require.Contains(t, string(text), "### Temporal on SQLite in memory")
		require.Contains(t, string(text), "| job: one HTTP task, three webhooks, 50 at a time | runs/s | "+
			"regular activities 11 (10–12); local activities 20 (20–20) | "+
			"33 (30–36) | at least 1.5 × by hand, regular activities: met, 3 × |")
	}
}

func TestADocumentWithoutTheSectionStays(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "performance.md")
	require.NoError(t, os.WriteFile(file, []byte("text\n"), 0o600))
	require.ErrorContains(t, example().writeSection(file), "it lacks the lines")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "text\n", string(text))
}

// The document that make bench writes has the section.
func TestTheDocumentHasTheSection(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/performance.md")
	require.NoError(t, err)
	require.Contains(t, string(text), sectionBegin)
	require.Contains(t, string(text), sectionEnd)
}
