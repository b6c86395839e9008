package mitto_test

import (
	"encoding/json"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/mitto"
)

// split returns the result of Python's shlex for a command line: its words, or the error.
type split struct {
	Words []string
	Error string
}

// commandOf returns the words of a job of type cmd that has no shell.
func commandOf(t *testing.T, line string) split {
	t.Helper()
	made, err := mitto.New("1", read(t, `{"type":"cmd","conf":{"cmd":`+encoded(t, line)+`}}`), noon)
	if err != nil {
		return split{Error: lines(t, err)[0]}
	}
	words := made.Latch.Task.Command.Argv
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], "$${", "${") // not a template, but the command's own
	}
	return split{Words: words}
}

// The words of a command are those of Python's shlex.split, which Mitto uses. They were
// generated with Python 3.11.
func TestCmdIsSplitAsByPythonsShlex(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][]string{
		`a  b	c`:                 {"a", "b", "c"},
		"a\nb\r\nc":              {"a", "b", "c"},
		`echo # no comment`:      {"echo", "#", "no", "comment"},
		`#x a#b "#"`:             {"#x", "a#b", "#"},
		`'a b' "c d"e'f g'`:      {"a b", "c def g"},
		`x '' "" y`:              {"x", "", "", "y"},
		`a\ b \'\" \\ \n`:        {"a b", `'"`, `\`, "n"},
		`'\n' "\n" "\"" "\\ \$"`: {`\n`, `\n`, `"`, `\ \$`},
		"a\\\nb 'c\nd'":          {"a\nb", "c\nd"},
		"\"a\\\nb\"":             {"a\\\nb"},
		`"it's" 'say "hi"'`:      {"it's", `say "hi"`},
		`a|b > c; d && e`:        {"a|b", ">", "c;", "d", "&&", "e"},
		`$HOME ${HOME} ~ *.go`:   {"$HOME", "${HOME}", "~", "*.go"},
		"é\u00a0ü\u3000x\v\f y":  {"é\u00a0ü\u3000x\v\f", "y"},
	} {
		require.Equal(t, split{Words: want}, commandOf(t, line), "%q", line)
	}
	for line, want := range map[string]string{
		`a 'b`:   "a quotation mark is not closed",
		`"a`:     "a quotation mark is not closed",
		`a "b\"`: "a quotation mark is not closed",
		`"a\`:    "nothing follows the last backslash",
		`a \`:    "nothing follows the last backslash",
		`  `:     "has no command",
	} {
		require.Contains(t, commandOf(t, line).Error, want, "%q", line)
	}
}

// If Python is installed, it checks random lines.
func TestCmdIsSplitAsByThePythonOfThisMachine(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Log("there is no python3 here; TestCmdIsSplitAsByPythonsShlex has what it would say")
		return
	}
	parts := []string{"a", "b", " ", "  ", "\t", "\n", "\r", "'", `"`, `\`, "#", "${", "`", "|", "é", "\u00a0", "\v", "😀", "''", `""`}
	chance := rand.New(rand.NewPCG(1, 2))
	corpus := make([]string, 5000)
	for i := range corpus {
		for range chance.IntN(10) {
			corpus[i] += parts[chance.IntN(len(parts))]
		}
	}
	command := exec.Command(python, "-c", `
import json, shlex, sys
def split(line):
    try:
        return {"Words": shlex.split(line)}
    except ValueError as error:
        return {"Error": str(error)}
json.dump([split(line) for line in json.load(sys.stdin)], sys.stdout)
`)
	command.Stdin = strings.NewReader(encoded(t, corpus))
	output, err := command.Output()
	require.NoError(t, err)
	var want []split
	require.NoError(t, json.Unmarshal(output, &want))
	for i, line := range corpus {
		got := commandOf(t, line)
		switch {
		case want[i].Error != "":
			require.Contains(t, got.Error, "cannot be split", "%q: %s", line, want[i].Error)
		case len(want[i].Words) == 0:
			require.Contains(t, got.Error, "has no command", "%q", line)
		case want[i].Words[0] != "": // an empty program is another error
			require.Equal(t, want[i].Words, got.Words, "%q", line)
		}
	}
}
