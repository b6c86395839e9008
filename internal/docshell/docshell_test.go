package docshell_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/docshell"
)

const page = "# A page\n" +
	"`make dev` is `starter schema job|release`, and `A=b starter doctor`.\n" +
	"```json\n{}\n```\n" +
	"```sh\n" +
	"temporal start \\\n  --id a     # it's a comment\n" +
	"starter job pause a; starter job resume a\n" +
	"curl --json '{\n  \"a\": 1}' http://a/<token>\n" +
	"```\n" +
	"- a list\n\n" +
	"  ```sh\n  starter redeliver <delivery id>   # one\n  ```\n"

func written(t *testing.T, text string) string {
	t.Helper()
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "a.md"), []byte(text), 0o600))
	return root
}

func TestCommandsOfADocument(t *testing.T) {
	t.Parallel()
	found, err := docshell.Commands(written(t, page), "a.md")
	require.NoError(t, err)
	require.Equal(t, []docshell.Command{
		{File: "a.md", Line: 7, Text: "temporal start \\\n  --id a"},
		{File: "a.md", Line: 9, Text: "starter job pause a"},
		{File: "a.md", Line: 9, Text: "starter job resume a"},
		{File: "a.md", Line: 10, Text: "curl --json '{\n  \"a\": 1}' http://a/<token>"},
		{File: "a.md", Line: 16, Text: "starter redeliver <delivery id>"},
	}, found)
}

func TestABlockThatIsNoShellIsAnError(t *testing.T) {
	t.Parallel()
	_, err := docshell.Commands(written(t, "\n```sh\necho 'a\n```\n"), "a.md")
	require.ErrorContains(t, err, "a.md, in the block from line 3")
}

func TestMentionsOfAProgram(t *testing.T) {
	t.Parallel()
	found, err := docshell.Mentions(written(t, page), "a.md", "starter")
	require.NoError(t, err)
	require.Equal(t, []docshell.Command{
		{File: "a.md", Line: 2, Text: "starter schema job"},
		{File: "a.md", Line: 2, Text: "starter schema release"},
		{File: "a.md", Line: 2, Text: "A=b starter doctor"},
	}, found)
}

func TestCallsOfAProgram(t *testing.T) {
	t.Parallel()
	calls, err := docshell.Calls(
		`A=b starter lock 'release' "<token>" --reason='so so' >> keys && go run ./starter doctor | other starter`, "starter")
	require.NoError(t, err)
	require.Equal(t, [][]string{{"lock", "release", "ppppppp", "--reason=so so"}, {"doctor"}}, calls)
}

func TestFill(t *testing.T) {
	t.Parallel()
	filled, err := docshell.Fill("a <delivery id> '<token>' <x", func(name string) (string, error) { return name[1:3], nil })
	require.NoError(t, err)
	require.Equal(t, "a de 'to' <x", filled)
	_, err = docshell.Fill("<key>", func(string) (string, error) { return "", errors.New("unknown") })
	require.ErrorContains(t, err, "unknown")
}
