package cli

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/failure"
)

// Contract, "Audit": what a command does to Temporal itself is audited with the user's name, which
// nobody has proven, and so is what a run refuses. LATCH_AUDIT=false keeps it out.
func TestCommandsAreAudited(t *testing.T) {
	t.Parallel()
	const token = "release-shop:board:r4nd0m"
	for name, c := range map[string]struct {
		stdin, args string
		want        latch.AuditEntry
	}{
		"stop": {"", "release stop shop --reason late",
			latch.AuditEntry{Action: latch.AuditReleaseStop, By: "ada", WorkflowID: "release-shop", Reason: "late"}},
		"vote": {"", "lock release " + token + " --by ann --vote approve",
			latch.AuditEntry{Action: latch.AuditLockRelease, By: "ann", WorkflowID: "release-shop", Webhook: "board", Result: "approve"}},
		"skip": {"", "release skip shop --lock " + token + " --reason down",
			latch.AuditEntry{Action: latch.AuditReleaseSkip, By: "ada", WorkflowID: "release-shop", Webhook: "board", Reason: "down"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := updating(newTemporal("release-shop"), `{}`, nil)
			code, _, stderr := execute(c.stdin, fake, strings.Fields(c.args)...)
			require.Equal(t, failure.ExitOK, code, stderr)
			c.want.Outcome, c.want.Via, c.want.IdentifiedBy = latch.AuditDone, latch.ViaCLI, latch.IdentifiedByTemporal
			require.Equal(t, []latch.AuditEntry{c.want}, fake.Audited)

			silent := updating(newTemporal("release-shop"), `{}`, nil)
			off := newCommand(c.stdin, silent)
			off.environ = lookup{"LATCH_AUDIT=false"}
			require.Equal(t, failure.ExitOK, off.start(strings.Fields(c.args)...))
			require.Empty(t, silent.Audited)
		})
	}
}

// A refusal is audited, and what cannot be appended undoes nothing.
func TestRefusedAndLostCommands(t *testing.T) {
	t.Parallel()
	refused := updating(newTemporal("release-shop"), "", temporal.NewNonRetryableApplicationError("ada may not", latch.ErrorForbidden, nil))
	code, _, _ := execute("", refused, "release", "stop", "shop")
	require.Equal(t, failure.ExitFailed, code)
	require.Len(t, refused.Audited, 1)
	require.Equal(t, []string{latch.AuditRefused, "ada may not"}, []string{refused.Audited[0].Outcome, refused.Audited[0].Error})

	lost := updating(newTemporal("release-shop"), `{}`, nil)
	lost.Unreachable = errors.New("permission denied")
	code, _, stderr := execute("", lost, "release", "stop", "shop")
	require.Equal(t, failure.ExitOK, code)
	require.Contains(t, stderr, "Warning: what was done is not in the audit: ")
}

// starter audit prints who did what, newest first, and refuses what cannot be asked before any
// call.
func TestAuditCommand(t *testing.T) {
	t.Parallel()
	f := newAPI(t, nil)
	code, out, stderr := f.run("", "audit", "--action", "release.stopp", "--outcome", "x", "--limit", "-1")
	require.Equal(t, failure.ExitUsage, code, out)
	require.Contains(t, stderr, `--action: "release.stopp" is not an action`)
	require.Empty(t, f.calls)
	code, out, stderr = execute("", newTemporal(), "audit", "-o", "json")
	require.Equal(t, failure.ExitOK, code, stderr)
	require.Equal(t, map[string]any{"entries": []any{}}, object(t, out))
}
