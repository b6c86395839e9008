package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/docshell"
)

// untyped are the commands of the documents that the test does not run, with the reasons.
var untyped = map[string]string{
	"make demo":  "TestDemo runs it",
	"make test":  "it runs this test",
	"make bench": "it takes minutes and would disturb what runs beside it",
	"make dev":   "each document is read beside a stack of its own",

	`make chaos CHAOS_FLAGS="-for 1h -seed 7"`: "it takes an hour; TestNothingIsLostInChaos runs a minute of it",
}

// staying are the endings of commands that serve until they are stopped, with the address at
// which each answers. They run in their own terminal.
var staying = map[string]string{
	"starter serve":                "http://127.0.0.1:7130/openapi.json",
	"LATCH_LOG_FORMAT=json worker": "http://127.0.0.1:7138/readyz",
}

// placeholders are the values that a reader finds and fills in.
var placeholders = map[string]func(*reader) (string, error){
	"<token>":       (*reader).openLock,
	"<delivery id>": (*reader).delivery,
	"<key>":         (*reader).key,
}

// A reader can type the commands of any document in their order, beside a fresh development
// stack and with the programs built, without an error. The same applies to the commands that
// the stack prints.
func TestTheCommandsOfTheDocumentsRun(t *testing.T) {
	t.Parallel()
	builds, others := apart(documented(t))
	// They download and compile, limited only by the whole test's timeout.
	tools := newReader(t, t.Context())
	for _, command := range builds {
		tools.types(command)
	}
	for file, commands := range others {
		t.Run(strings.ReplaceAll(file, "/", " "), func(t *testing.T) {
			t.Parallel()
			r := newReader(t, nil)
			r.sitsDown()
			for _, command := range commands {
				if untyped[command.Text] == "" {
					r.types(command)
				}
			}
		})
	}
	t.Run("gates", func(t *testing.T) {
		t.Parallel()
		typesGates(t, others[documentedGate])
	})
	for name, settings := range map[string][]string{
		"what it prints":            nil,
		"what it prints, with keys": {"LATCH_API_KEYS=ann=" + sampleKey}, // it says that a key is needed
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReader(t, nil)
			r.sitsDown(settings...)
			r.typesTheHelp()
		})
	}
}

// The commands in the tables above occur in the documents: no entry is obsolete.
func TestTheTablesOfTheDocumentsCommandsAreCurrent(t *testing.T) {
	t.Parallel()
	var texts []string
	used := map[string]bool{}
	for _, command := range documented(t) {
		texts = append(texts, command.Text)
		_, err := docshell.Fill(command.Text, func(name string) (string, error) {
			used[name] = true
			return "", nil
		})
		require.NoError(t, err)
	}
	for text := range untyped {
		require.Contains(t, texts, text)
	}
	for end := range staying {
		require.True(t, slices.ContainsFunc(texts, func(text string) bool { return strings.HasSuffix(text, end) }), end)
	}
	used["<key>"] = true // the development stack prints it
	require.ElementsMatch(t, slices.Collect(maps.Keys(placeholders)), slices.Collect(maps.Keys(used)))
}

// documented returns the commands of all documents, in the order of the text.
func documented(t *testing.T) []docshell.Command {
	t.Helper()
	files, err := docshell.Documents(root)
	require.NoError(t, err)
	var all []docshell.Command
	for _, file := range files {
		commands, err := docshell.Commands(root, file)
		require.NoError(t, err)
		all = append(all, commands...)
	}
	require.Greater(t, len(all), 20)
	return all
}

// apart separates the commands that build programs from the others of each document.
func apart(commands []docshell.Command) (builds []docshell.Command, others map[string][]docshell.Command) {
	others = map[string][]docshell.Command{}
	for _, command := range commands {
		if strings.HasPrefix(command.Text, "go build ") || strings.Contains(command.Text, "go install ") {
			builds = append(builds, command)
		} else {
			others[command.File] = append(others[command.File], command)
		}
	}
	return builds, others
}

// The examples have the addresses of the development stack.
func TestTheExamplesCallTheReceiverOfTheStack(t *testing.T) {
	t.Parallel()
	given, err := readSettings(nil, nil)
	require.NoError(t, err)
	ours := fmt.Sprintf("127.0.0.1:%d", given.port(receiverPort))
	found := 0
	files, err := filepath.Glob(root + "/examples/*.[jy]*")
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, address := range addresses.FindAllString(string(text), -1) {
			require.Equal(t, ours, address, file)
			found++
		}
	}
	require.Greater(t, found, 5)
}
