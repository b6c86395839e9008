package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/cli/failure"
)

// alwaysFrozen is a freeze whose windows overlap all the year.
const alwaysFrozen = `{"id":"always","windows":[{"start":"0 0 1 1 *","end":"0 0 1 7 *"},{"start":"0 0 1 6 *","end":"0 0 1 2 *"}],"override":{"groups":["incident"]}}`

// The command line registers, lists, shows and deletes a freeze. It says whether the freeze is in
// force, and shows it as in its file.
func TestFreezeCommands(t *testing.T) {
	t.Parallel()
	temporal := newTemporal()
	code, out, errors := execute(alwaysFrozen, temporal, "freeze", "apply", "-")
	require.Equal(t, failure.ExitOK, code, errors)
	require.Equal(t, "registered always: in force for good\n", out)
	require.Contains(t, errors, "windows: the freeze is in force and never ends")
	code, out, errors = execute(`{"id":"over","windows":[{"start":"0 0 1 1 * 2020","end":"0 0 2 1 * 2020"}]}`, temporal,
		"freeze", "apply", "-")
	require.Equal(t, failure.ExitOK, code, errors)
	require.Equal(t, "registered over: not in force\n", out)
	require.Contains(t, errors, "the freeze is over")
	require.Contains(t, errors, "nobody may remove a lock of this freeze")

	code, out, _ = execute("", temporal, "freeze", "list")
	require.Equal(t, failure.ExitOK, code)
	require.Contains(t, out, "always\tin force for good\t-\t-\t")
	require.Contains(t, out, "over\tnot in force\t-\t-\t")
	code, out, _ = execute("", temporal, "freeze", "show", "always")
	require.Equal(t, failure.ExitOK, code)
	require.Contains(t, out, "# in force for good\n# since: ")
	code, shown, _ := execute(out, temporal, "freeze", "apply", "-o", "json", "-")
	require.Equal(t, failure.ExitOK, code, "what is shown can be applied")
	require.Equal(t, true, object(t, shown)["state"].(map[string]any)["in_force"])

	code, _, errors = execute("", temporal, "freeze", "show", "alway")
	require.Equal(t, failure.ExitFailed, code)
	require.Contains(t, errors, `there is no freeze "alway"`)
	code, _, errors = execute("", temporal, "freeze", "delete", "over")
	require.Equal(t, failure.ExitUsage, code)
	require.Contains(t, errors, "--yes")
	code, out, _ = execute("", temporal, "freeze", "delete", "over", "--yes")
	require.Equal(t, failure.ExitOK, code)
	require.Equal(t, "deleted over\n", out)
	code, _, _ = execute("", temporal, "freeze", "delete", "over", "--yes")
	require.Equal(t, failure.ExitFailed, code)
}

// All problems of a freeze are reported at once with their lines, by every command that reads one.
func TestFreezesAreRefused(t *testing.T) {
	t.Parallel()
	const wrong = `id: "a:b"
when: "'prod' in"
windows:
  - {start: 0 18 32 12 *, end: 0 8 3 1 *, timezone: Europe/Pari}
  - {start: 0 8 * * mon, end: 0 8 * * 1}
under_way: wait
overrides: {}
`
	for _, args := range []string{"freeze apply -", "apply -", "validate --kind freeze -"} {
		code, out, errors := execute(wrong, newTemporal(), strings.Fields(args)...)
		require.Equal(t, failure.ExitUsage, code, args)
		for _, says := range []string{`id: "a:b" has a colon`, "when: ", "windows[0].start: ", "(line 4, column ",
			`windows[0].timezone: there is no time zone "Europe/Pari"`,
			"windows[1].end: ", `under_way: "wait" is not one of hold, continue`, "overrides: "} {
			require.Contains(t, out+errors, says, args)
		}
	}
}

// Freezes are declared in files like webhooks: an equal freeze is not written, an exported one
// changes nothing, and pruning removes only the owner's.
func TestApplyFreezes(t *testing.T) {
	t.Parallel()
	temporal := newTemporal()
	code, out, errors := execute(freezeFile, temporal, "apply", "-")
	require.Equal(t, failure.ExitOK, code, errors)
	require.Contains(t, out, "freeze f")
	code, out, _ = execute("", temporal, "export")
	require.Equal(t, failure.ExitOK, code)
	require.Contains(t, out, "kind: freeze\n")
	require.NotContains(t, out, "state")
	code, _, errors = execute(out, temporal, "apply", "--dry-run", "-")
	require.Equal(t, failure.ExitOK, code, errors)

	changed := strings.Replace(freezeFile, "incident", "sre", 1)
	code, out, _ = execute(changed, temporal, "apply", "-o", "json", "-")
	require.Equal(t, failure.ExitOK, code)
	require.Contains(t, out, `"field": "override`)
	code, _, errors = execute(freezeFile, temporal, "apply", "--owner", "other", "-")
	require.Equal(t, failure.ExitUsage, code)
	require.Contains(t, errors, `is declared by the owner "apply"`)
	code, out, _ = execute("kind: tag\nid: night\n", temporal, "apply", "--prune", "-")
	require.Equal(t, failure.ExitOK, code)
	require.Contains(t, out, "freeze f")
	code, out, _ = execute("", temporal, "freeze", "list", "-o", "json")
	require.Equal(t, failure.ExitOK, code)
	require.JSONEq(t, `{"freezes":[]}`, out)
}
