package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/cli/failure"
)

// A mistyped command, flag or choice is refused in one line, with a suggestion if a known word
// is similar.
func TestWhatWasMeantOnTheCommandLine(t *testing.T) {
	t.Parallel()
	file := write(t, "job.yaml", "id: a\ntask: {command: {argv: [true]}}\n")
	for args, want := range map[string]string{
		"valdate":                     `unknown command "valdate" for "starter"; did you mean "validate"?`,
		"job strat 1":                 `unknown command "strat" for "starter job"; did you mean "start"?`,
		"webhook tset":                `unknown command "tset" for "starter webhook"; did you mean "test"?`,
		"frobnicate":                  `unknown command "frobnicate" for "starter"`,
		"help lock relese":            `unknown command "relese" for "starter lock"; did you mean "release"?`,
		"--outptu json":               `unknown flag: --outptu; did you mean --output?`,
		"job list --tga x":            `unknown flag: --tga; did you mean --tag?`,
		"job list --frobnicate":       `unknown flag: --frobnicate`,
		"version --output jsn":        `--output is text or json, not "jsn"; did you mean "json"?`,
		"schema webhok":               `there is no schema of "webhok"; there is one of job, release, webhook, emission, gate, watch, freeze; did you mean "webhook"?`,
		"validate --kind jbo " + file: `--kind is one of job, release, emission, gate, webhook, watch, freeze, rules, not "jbo"; did you mean "job"?`,
		"webhook keygen --kind ed25":  `--kind is whsec or ed25519, not "ed25"`,
	} {
		code, out, errors := execute("", nil, strings.Fields(args)...)
		require.Equal(t, failure.ExitUsage, code, args)
		require.Empty(t, out, args)
		first, _, _ := strings.Cut(errors, "\n")
		require.Equal(t, "Error: "+want, first, args)
		require.LessOrEqual(t, strings.Count(errors, "\n"), 2, args)
	}
	code, out, _ := execute("", nil)
	require.Equal(t, failure.ExitOK, code, "alone it shows its help")
	require.Contains(t, out, "Available Commands:")
}
