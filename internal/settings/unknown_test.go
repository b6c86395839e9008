package settings_test

import (
	"bytes"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/settings"
)

// A mistyped variable is found, with a suggestion. Secrets, whose names the operator chooses,
// Kubernetes' variables, and those of other programs are ignored.
func TestUnknowns(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ variable, meant string }{
		"a letter too few":       {"LATCH_EGRES_ALLOW", "LATCH_EGRESS_ALLOW"},
		"a plural":               {"LATCH_SECRETS_HOST", "LATCH_SECRETS_HOSTS"},
		"an underscore":          {"LATCH_LOGLEVEL", "LATCH_LOG_LEVEL"},
		"two exchanged":          {"LATCH_TAKS_QUEUE", "LATCH_TASK_QUEUE"},
		"lower case":             {"latch_task_queue", "LATCH_TASK_QUEUE"},
		"hyphens":                {"LATCH-API-URL", "LATCH_API_URL"},
		"a setting of the API":   {"LATCH_API_KEYSS", "LATCH_API_KEYS"},
		"of the codec server":    {"LATCH_CODEC_TOKEN", "LATCH_CODEC_TOKENS"},
		"of payloads":            {"LATCH_PAYLOAD_KEY_FILE", "LATCH_PAYLOAD_KEYS_FILE"},
		"a secret in the plural": {"LATCH_SECRETS_CHANGE_BOARD", "LATCH_SECRET_CHANGE_BOARD"},
		"a mistyped secret":      {"LATCH_SECERT_BOARD", "LATCH_SECRET_BOARD"},
		"a secret without name":  {"LATCH_SECRET", "LATCH_SECRET_<NAME>"},
		"nothing that is near":   {"LATCH_COLOUR", ""},
	} {
		require.Equal(t, []settings.Unknown{{Variable: test.variable, Meant: test.meant}},
			settings.Unknowns([]string{"PATH=/bin", test.variable + "=value"}), name)
	}
	known := []string{"PATH=/bin", "TEMPORAL_ADDRES=x", "LATCHKEY=x", "LATCH_SECRET_X=1", "LATCH_SECRET_TASK_QUEU=1", "LATCH_SECRET_dir=1",
		"LATCH_SERVICE_HOST=10.0.0.1", "LATCH_SERVICE_PORT=7127", "LATCH_SERVICE_PORT_HTTP=7127",
		"LATCH_PORT=tcp://10.0.0.1:7127", "LATCH_PORT_7127_TCP=x",
		"LATCH_API_PORT_7127_TCP_ADDR=10.0.0.1", "LATCH_API_SERVICE_HOST=10.0.0.1"}
	for _, name := range settings.Names() {
		known = append(known, name+"=x")
	}
	require.Empty(t, settings.Unknowns(known))
}

// All variables that any program here reads are defined in this package. The warnings would not
// know the names in a struct of settings elsewhere.
func TestNoSettingStandsElsewhere(t *testing.T) {
	t.Parallel()
	tag := regexp.MustCompile("env:\"(LATCH_[A-Z_]+)")
	found := 0
	require.NoError(t, filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, match := range tag.FindAllStringSubmatch(string(text), -1) {
			require.Equal(t, filepath.Join("..", "..", "internal", "settings", "sets.go"), path, match[1])
			require.Contains(t, settings.Names(), match[1])
			found++
		}
		return err
	}))
	require.GreaterOrEqual(t, found, len(settings.Names()))
}

// A log names the variable and the one that was meant, never a value.
func TestWarn(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&out, nil))
	settings.Warn(logger, settings.Unknowns([]string{"LATCH_SECRETS_BOARD=hunter2", "LATCH_COLOUR=blue"}))
	require.Equal(t, 2, strings.Count(out.String(), "level=WARN"))
	require.Contains(t, out.String(), "variable=LATCH_SECRETS_BOARD did_you_mean=LATCH_SECRET_BOARD")
	require.NotContains(t, out.String(), "hunter2")
}
