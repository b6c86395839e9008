package cli

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/docshell"
)

// Every call of starter in a shell block of the documents is valid: command, flags and number
// of arguments.
func TestTheDocumentsCallStarterAsItIs(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, file := range documents(t) {
		commands, err := docshell.Commands("../..", file)
		require.NoError(t, err)
		for _, command := range commands {
			checked += checkCalls(t, command, takes)
		}
	}
	require.Greater(t, checked, 10)
}

// Every command and flag of starter exists that is mentioned in the documents, in the comments
// of the examples, and in starter's own help.
func TestTheCommandsThatAreNamedExist(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, file := range documents(t) {
		mentions, err := docshell.Mentions("../..", file, "starter")
		require.NoError(t, err)
		for _, mention := range mentions {
			checked += checkCalls(t, mention, names)
		}
	}
	require.Greater(t, checked, 10)
	require.Greater(t, checkFiles(t, "../../examples/*", "#   starter "), 3)

	helps := 0
	visit(newProgram().rootCommand(), func(command *cobra.Command) {
		helps += checkLines(t, command.CommandPath()+" --help", command.Long, "  starter ")
	})
	require.Greater(t, helps, 3)
}

func documents(t *testing.T) []string {
	t.Helper()
	files, err := docshell.Documents("../..")
	require.NoError(t, err)
	require.Greater(t, len(files), 3)
	return files
}

// checkFiles checks the lines of files that begin with a call of starter.
func checkFiles(t *testing.T, pattern, begin string) (checked int) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	require.NoError(t, err)
	for _, file := range files {
		if text, err := readFile(file, nil); err == nil { // directories are skipped
			checked += checkLines(t, file, string(text), begin)
		}
	}
	return checked
}

func checkLines(t *testing.T, from, text, begin string) (checked int) {
	t.Helper()
	for i, line := range strings.Split(text, "\n") {
		if rest, is := strings.CutPrefix(line, begin); is {
			checked += checkCalls(t, docshell.Command{File: from, Line: i + 1, Text: "starter " + rest}, names)
		}
	}
	return checked
}

// checkCalls checks each call of starter in a command, and returns their number.
func checkCalls(t *testing.T, command docshell.Command, rule func([]string) error) int {
	t.Helper()
	calls, err := docshell.Calls(command.Text, "starter")
	require.NoError(t, err, command)
	for _, arguments := range calls {
		require.NoError(t, rule(arguments), command)
	}
	return len(calls)
}

// takes returns an error unless starter accepts the arguments.
func takes(arguments []string) error {
	if err := names(arguments); err != nil {
		return err
	}
	command, rest, err := newProgram().rootCommand().Find(arguments)
	if err != nil {
		return err
	}
	command.InitDefaultHelpFlag()
	if err := command.ParseFlags(rest); err != nil {
		return err
	}
	return command.ValidateArgs(command.Flags().Args())
}

// names returns an error if a command or flag among the arguments does not exist.
func names(arguments []string) error {
	command, rest, err := newProgram().rootCommand().Find(arguments)
	if err != nil {
		return err
	}
	if command.HasSubCommands() && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") && command.ValidateArgs(rest[:1]) != nil {
		return fmt.Errorf("%s has no command %q", command.CommandPath(), rest[0])
	}
	command.InitDefaultHelpFlag()
	for _, word := range rest {
		name, _, _ := strings.Cut(word, "=")
		long, isLong := strings.CutPrefix(name, "--")
		switch {
		case isLong && long != "" && command.Flag(long) == nil,
			!isLong && len(name) == 2 && name[0] == '-' && letter(command, name[1:]) == nil:
			return fmt.Errorf("%s has no flag %s", command.CommandPath(), name)
		}
	}
	return nil
}

// letter returns the command's one-letter flag, its own or an inherited one.
func letter(command *cobra.Command, name string) *pflag.Flag {
	if flag := command.Flags().ShorthandLookup(name); flag != nil {
		return flag
	}
	return command.InheritedFlags().ShorthandLookup(name)
}

// visit calls a function for a command and for all commands below it.
func visit(command *cobra.Command, each func(*cobra.Command)) {
	each(command)
	for _, below := range command.Commands() {
		visit(below, each)
	}
}

func TestACallThatStarterDoesNotTakeIsFound(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"releases", "release go", "release run", "lock release a b", "release run a --loud", "release run a -z",
		"webhook verify --tolerance soon", "job pause",
	} {
		require.Error(t, takes(strings.Fields(line)), line)
	}
	for _, line := range []string{
		"--help", "release run a -w", "deliveries --since 2h", "deliveries redeliver dlv_1", "release run a --watch -o json", "lock list",
	} {
		require.NoError(t, takes(strings.Fields(line)), line)
	}
}
