package plugin_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/plugin"
)

// Contract, "Settings": all bad settings are reported at once, without a secret's value.
func TestFromEnvReportsAllAtOnce(t *testing.T) {
	t.Setenv("LATCH_EGRESS_ALLOW", "127.0.0.1,10.0.0.0/99")
	t.Setenv("LATCH_ALLOW_COMMANDS", "perhaps")
	t.Setenv("LATCH_SECRETS_DIR", "/nowhere/at/all")
	t.Setenv("LATCH_API_URL", "ftp://latch.example.com")
	t.Setenv("LATCH_SECRETS_HOSTS", "board")
	t.Setenv("LATCH_LOCK_LINKS", "true")
	t.Setenv("LATCH_LINK_KEY", "too-short")
	t.Setenv("LATCH_REDACT_HEADERS", "X-A, a b")
	t.Setenv("LATCH_REDACT_JSON", "$.a")
	t.Setenv("LATCH_SECRET_BOARD", "value-of-it")
	t.Setenv("LATCH_SECRET_QUOTED", `"whsec_dmFsdWUtb2YtaXQ="`)
	_, err := plugin.FromEnv()
	for _, part := range []string{"LATCH_SECRET_QUOTED: its line 1 stands in quotation marks", "10.0.0.0/99", "perhaps",
		"/nowhere/at/all", "LATCH_API_URL", "LATCH_SECRETS_HOSTS", "LATCH_LINK_KEY", `"a b"`, `"$.a"`} {
		require.ErrorContains(t, err, part)
	}
	require.NotContains(t, err.Error(), "value-of-it")
	require.NotContains(t, err.Error(), "too-short")
	require.NotContains(t, err.Error(), "dmFsdWU")
}

func TestFromEnv(t *testing.T) {
	t.Setenv("LATCH_EGRESS_ALLOW", "127.0.0.1,hooks.corp:8443,10.1.0.0/16")
	t.Setenv("LATCH_SECRETS_HOSTS", "board=hooks.example.com|*.corp")
	t.Setenv("LATCH_SECRET_BOARD", "value")
	t.Setenv("LATCH_API_URL", "https://latch.example.com")
	t.Setenv("LATCH_REDACT_HEADERS", "X-Internal-*, Set-Me")
	t.Setenv("LATCH_REDACT_JSON", "/customer/email, /*/token")
	key := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.WriteFile(key, []byte("hush-0123456789ab\n"), 0o600))
	t.Setenv("LATCH_LOCK_LINKS", "true")
	t.Setenv("LATCH_LINK_KEY_FILE", key)
	p, err := plugin.FromEnv()
	require.NoError(t, err)
	require.NoError(t, p.Err())

	t.Setenv("LATCH_LINK_KEY_FILE", key+"2")
	_, err = plugin.FromEnv()
	require.ErrorContains(t, err, "LATCH_LINK_KEY_FILE: open")
	require.NotContains(t, err.Error(), "LATCH_LOCK_LINKS", "one thing is wrong")
}

// A worker can list at its start the secrets that may be sent to any host.
func TestUnboundSecrets(t *testing.T) {
	t.Setenv("LATCH_SECRET_BOARD", "value-of-the-board")
	t.Setenv("LATCH_SECRET_ON_CALL", "value-of-on-call")
	t.Setenv("LATCH_SECRETS_HOSTS", "board=hooks.example.com")
	for required, unbound := range map[string][]string{"false": {"on_call"}, "true": nil} {
		t.Setenv("LATCH_SECRETS_HOSTS_REQUIRED", required)
		p, err := plugin.FromEnv()
		require.NoError(t, err)
		require.Equal(t, unbound, p.UnboundSecrets())
	}
	values := map[string]string{"board": "value-of-the-board"}
	require.Equal(t, []string{"board"}, plugin.New(plugin.Options{Secrets: values}).UnboundSecrets())
	require.Empty(t, plugin.New(plugin.Options{Secrets: values, SecretHostsRequired: true}).UnboundSecrets())
	require.Empty(t, plugin.New(plugin.Options{Secrets: map[string]string{"": ""}}).UnboundSecrets(), "what cannot be holds none")
}
