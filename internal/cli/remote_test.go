package cli

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/failure"
)

// signs is a key that signs nothing else.
const signs = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIBHkHckr2J7uLaL6+mU2PZwt4hEMFALa0n3XD0XLhUOM
-----END PRIVATE KEY-----
`

// remoteCalls maps each command that asks a server to standard input and arguments with which
// it reaches the server.
var remoteCalls = map[string][2]string{
	"apply":                {nightly, "-"},
	"export":               {},
	"job run":              {jobFile, "-"},
	"job apply":            {nightly, "-"},
	"job list":             {},
	"job show":             {"", "7"},
	"job start":            {"", "7"},
	"job stop":             {"", "7"},
	"job pause":            {"", "7"},
	"job resume":           {"", "7"},
	"job delete":           {"", "7 --yes"},
	"release run":          {releaseFile, "-"},
	"release plan":         {releaseFile, "-"},
	"release list":         {},
	"release stop":         {"", "shop"},
	"release turns":        {"", "shop-prod"},
	"release rollback":     {"", "shop"},
	"release retry":        {"", "shop --step deploy"},
	"release skip":         {"", "shop --lock release-shop:board:r --reason down"},
	"emit":                 {emitFile, "-"},
	"gate":                 {gateFile, "-"},
	"gate list":            {},
	"gate stop":            {"", "g"},
	"gate rollback":        {"", "g"},
	"gate skip":            {"", "g --lock gate-g:board:r --reason down"},
	"lock extend":          {"", "release-shop:board:r --timeout 8h"},
	"lock list":            {},
	"lock release":         {"", "release-shop:board:r"},
	"lock show":            {"", "release-shop:board:r"},
	"watch":                {"", "shop"},
	"status":               {"", "shop"},
	"history":              {"", "shop"},
	"evidence":             {signs, "shop --key -"},
	"audit":                {},
	"deliveries":           {},
	"deliveries list":      {},
	"deliveries redeliver": {"", "dlv_1"},
	"webhook list":         {},
	"watches list":         {},
	"watches show":         {"", "w"},
	"watches apply":        {watchFile, "-"},
	"watches delete":       {"", "w --yes"},
	"freeze list":          {},
	"freeze show":          {"", "f"},
	"freeze apply":         {freezeFile, "-"},
	"freeze delete":        {"", "f --yes"},
	"doctor":               {},
	"setup":                {},
}

// A command that asks a server uses only the API if one is configured, or refuses it before
// anything else. Otherwise it connects to Temporal once. A new command needs a row above.
func TestACommandAsksOneServer(t *testing.T) {
	t.Parallel()
	visit(newProgram().rootCommand(), func(command *cobra.Command) {
		if !isRemote(command) {
			return
		}
		name := strings.TrimPrefix(command.CommandPath(), "starter ")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call, known := remoteCalls[name]
			require.True(t, known, "remoteCalls has no row of %q", name)
			args := append(strings.Fields(name), strings.Fields(call[1])...)
			f := newAPI(t, nil)
			code, _, errors := f.run(call[0], args...)
			refused := strings.Contains(errors, "starter "+name+" speaks to Temporal alone")
			require.NotContains(t, errors, "cannot reach Temporal")
			require.Equal(t, refused, len(f.calls) == 0, errors)
			require.Equal(t, refused, code == failure.ExitUsage, errors)

			c := newCommand(call[0], nil)
			dials, unreachable := 0, c.dial
			c.dial = func(ctx context.Context) (*backend.Connection, error) {
				dials++
				return unreachable(ctx)
			}
			require.Equal(t, failure.ExitUnreachable, c.start(args...), c.stderr.String())
			require.Equal(t, 1, dials)
		})
	})
}

// Every function that makes a command is called: a new command is in its group, or in
// program.go.
func TestEveryCommandIsInAGroup(t *testing.T) {
	t.Parallel()
	made, called := map[string]bool{}, map[string]bool{}
	for _, file := range sources(t) {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(parsed, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.FuncDecl:
				if node.Recv == nil && makesCommand(node.Type) {
					made[node.Name.Name] = true
				}
			case *ast.CallExpr:
				if name, is := node.Fun.(*ast.Ident); is {
					called[name.Name] = true
				}
			}
			return true
		})
	}
	require.Greater(t, len(made), 20)
	for name := range made {
		require.True(t, called[name], "nothing calls %s", name)
	}
}

// makesCommand reports whether a function of the type returns a command and takes an env.
func makesCommand(function *ast.FuncType) bool {
	return function.Results != nil && len(function.Results.List) == 1 && len(function.Params.List) > 0 &&
		types.ExprString(function.Results.List[0].Type) == "*cobra.Command" && types.ExprString(function.Params.List[0].Type) == "*env"
}

// sources returns the files of this package except its tests.
func sources(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	return slices.DeleteFunc(files, func(file string) bool { return strings.HasSuffix(file, "_test.go") })
}

// Commands import neither a Temporal client nor the API's client. Only serve, which is the API,
// and webhook test, which stands in for a worker, read the settings of a connection.
func TestCommandsKnowNoClient(t *testing.T) {
	t.Parallel()
	allowed := map[string]bool{"serve.go": true, "serve_settings.go": true, "reference.go": true, "surroundings.go": true}
	for _, file := range sources(t) {
		if allowed[file] {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, each := range parsed.Imports {
			path := strings.Trim(each.Path.Value, `"`)
			for _, client := range []string{"go.temporal.io/sdk/client", "go.temporal.io/api/workflowservice/v1",
				"github.com/latch-run/latch/internal/apiclient"} {
				require.NotEqual(t, client, path, "%s: use internal/cli/backend", file)
			}
		}
	}
}
