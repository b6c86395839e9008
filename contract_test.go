package latch_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Citations of the contract in comments name an existing heading, or existing bold words at the
// beginning of a paragraph.
func TestCommentsCiteWhatTheContractHas(t *testing.T) {
	t.Parallel()
	contract, err := os.ReadFile("docs/contract.md")
	require.NoError(t, err)
	headings := map[string]bool{}
	for _, found := range regexp.MustCompile(`(?m)^(?:#+ |[- ]*\*\*)([^:*(\n]+)`).FindAllStringSubmatch(string(contract), -1) {
		headings[strings.TrimRight(strings.TrimSpace(found[1]), ".")] = true
	}
	cited := 0
	citation := regexp.MustCompile(`[Cc]ontract, ("[^"]+"(?:(?:,| and) "[^"]+")*)`)
	err = filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || path == "contract_test.go" {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		flowing := regexp.MustCompile(`\n\s*// ?`).ReplaceAllString(string(source), " ")
		for _, found := range citation.FindAllStringSubmatch(flowing, -1) {
			for _, heading := range regexp.MustCompile(`"([^"]+)"`).FindAllStringSubmatch(found[1], -1) {
				cited++
				require.True(t, headings[heading[1]], "%s cites %q of the contract", path, heading[1])
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, cited, 100)
}
