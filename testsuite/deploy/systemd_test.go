package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/settings"
)

// mostExposed is the worst score that a unit may get from systemd: 0 is the best and 10 the
// worst, and a unit without any confinement has 9.6.
const mostExposed = "15" // of 100

// systemd accepts each unit, knows every key in it, and rates the service as well confined.
func TestUnitsPassSystemdsOwnCheck(t *testing.T) {
	t.Parallel()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil && os.Getenv("CI") == "" {
		t.Skip("systemd-analyze is not installed")
	}
	require.NoError(t, err)
	units, err := filepath.Glob("../../deploy/systemd/*.service")
	require.NoError(t, err)
	require.Len(t, units, 2)
	for _, unit := range units {
		copied := runnable(t, unit)
		for _, check := range [][]string{{"verify", "--man=no", copied},
			{"security", "--offline=yes", "--no-pager", "--threshold=" + mostExposed, copied}} {
			out, err := exec.CommandContext(t.Context(), analyze, check...).CombinedOutput()
			require.NoError(t, err, "%s: %s", unit, out)
			if check[0] == "verify" {
				require.NotContains(t, string(out), filepath.Base(unit), "systemd warns: %s", out)
			}
		}
	}
}

// runnable copies a unit, with an existing program in place of Latch's.
func runnable(t *testing.T, unit string) string {
	t.Helper()
	there, err := exec.LookPath("true")
	require.NoError(t, err)
	text, err := os.ReadFile(unit)
	require.NoError(t, err)
	copied := filepath.Join(t.TempDir(), filepath.Base(unit))
	changed := regexp.MustCompile(`(?m)^ExecStart=/usr/local/bin/(worker|starter)\b`).ReplaceAll(text, []byte("ExecStart="+there))
	require.NotEqual(t, text, changed, "%s: ExecStart is not one of Latch's programs", unit)
	require.NoError(t, os.WriteFile(copied, changed, 0o600))
	return copied
}

// The settings in comments of the units exist, and a service has enough time to end.
func TestUnitsNameSettingsThatAreRead(t *testing.T) {
	t.Parallel()
	worker, err := settings.From[settings.Worker](nil)
	require.NoError(t, err)
	for unit, needed := range map[string]time.Duration{"latch-worker": worker.DrainTimeout + 10*time.Second,
		"latch-api": 25 * time.Second} {
		text, err := os.ReadFile("../../deploy/systemd/" + unit + ".service")
		require.NoError(t, err)
		var named []string
		for _, name := range regexp.MustCompile(`LATCH_\w+`).FindAllString(string(text), -1) {
			named = append(named, name+"=x")
		}
		require.NotEmpty(t, named, unit)
		require.Empty(t, settings.Unknowns(named), unit)
		_, after, found := strings.Cut(string(text), "\nTimeoutStopSec=")
		require.True(t, found, unit)
		given, err := time.ParseDuration(strings.Split(after, "\n")[0])
		require.NoError(t, err, unit)
		require.GreaterOrEqual(t, given, needed, unit)
	}
}
