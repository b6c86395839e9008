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

// untyped are the commands of the documents that the test does not run, and why.
var untyped = map[string]string{
	"make demo":  "TestDemo runs it",
	"make test":  "it runs this test",
	"make bench": "it takes minutes and would disturb what runs beside it",
	"make dev":   "each document is read beside a stack of its own",

	`make chaos CHAOS_FLAGS="-for 1h -seed 7"`: "it takes an hour; TestNothingIsLostInChaos runs a minute of it",
}

// staying are the ends of commands that serve until they are ended, and where
// each answers. They run in a terminal of their own.
var staying = map[string]string{
	"starter serve":                "http://127.0.0.1:7130/openapi.json",
	"LATCH_LOG_FORMAT=json worker": "http://127.0.0.1:7138/readyz",
}

// placeholders are what a reader finds out and puts in its place.
var placeholders = map[string]func(*reader) (string, error){
	"<token>":       (*reader).openLock,
	"<delivery id>": (*reader).delivery,
	"<key>":         (*reader).key,
}

// Whoever types what a document shows, in its order, beside a development stack
// that has run nothing before, gets along without an error: a reader may begin with
// any document, once the programs are built. The same goes for what the stack prints.
func TestTheCommandsOfTheDocumentsRun(t *testing.T) {
	t.Parallel()
	builds, others := apart(documented(t))
	// They download and compile, which has no limit but that of the whole test.
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

// What the tables above name stands in the documents: nothing is left out that
// is not there any more.
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

// apart returns the commands that build programs, and the others of each document.
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

// The examples' addresses are those of the development stack.
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
