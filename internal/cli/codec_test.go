package cli

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/codec"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/failure"
)

// All bad settings are reported at once, each by its name, and without keys.
func TestConfigureCodecReportsAll(t *testing.T) {
	for name, value := range map[string]string{
		"LATCH_CODEC_ADDR": "0.0.0.0:7129", "LATCH_CODEC_ORIGINS": "https://a.example,*", "LATCH_CODEC_TLS_CERT": "/nowhere",
		"LATCH_PAYLOAD_KEYS": "a=hush", "LATCH_LOG_LEVEL": "loud", "LATCH_LOG_FORMAT": "xml",
	} {
		t.Setenv(name, value)
	}
	_, err := configureCodec()
	for _, name := range []string{"LATCH_CODEC_ADDR", "LATCH_CODEC_ORIGINS", "LATCH_CODEC_TLS_CERT",
		"LATCH_PAYLOAD_KEYS", "LATCH_LOG_LEVEL", "LATCH_LOG_FORMAT"} {
		require.ErrorContains(t, err, name)
	}
	require.NotContains(t, err.Error(), "hush")
	t.Setenv("LATCH_CODEC_TOKENS", "hush")
	_, err = configureCodec()
	require.ErrorContains(t, err, "LATCH_CODEC_TOKENS")
	require.NotContains(t, err.Error(), "hush")
}

func TestConfigureCodecTakesKeys(t *testing.T) {
	_, err := configureCodec()
	require.ErrorContains(t, err, "LATCH_PAYLOAD_KEYS: has no key")
	key, err := codec.NewKey("k")
	require.NoError(t, err)
	t.Setenv("LATCH_PAYLOAD_KEYS", key.Setting())
	t.Setenv("LATCH_CODEC_ORIGINS", "https://a.example, http://127.0.0.1:8233")
	configured, err := configureCodec()
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:7129", configured.Addr)
	require.Equal(t, []string{"https://a.example", "http://127.0.0.1:8233"}, configured.Origins)
}

// Settings: with a bad key no command connects. The error has its name and never its value.
func TestDialReportsBadKeys(t *testing.T) {
	t.Setenv("LATCH_PAYLOAD_KEYS", "a=hush")
	_, err := backend.Dial(context.Background())
	require.Equal(t, failure.ExitUsage, failure.Explain(err).ExitCode())
	require.ErrorContains(t, err, "LATCH_PAYLOAD_KEYS")
	require.NotContains(t, err.Error(), "hush")
}

func TestCodecKeygen(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	command := newProgram()
	command.out.Out, command.out.Err, command.environ = &out, &errs, nil
	require.Equal(t, failure.ExitOK, command.run(t.Context(), []string{"codec", "keygen", "2026-11"}), errs.String())
	keys, err := codec.ParseKeys(out.String())
	require.NoError(t, err)
	require.Equal(t, "2026-11", keys[0].ID)
	require.Equal(t, failure.ExitUsage, command.run(t.Context(), []string{"codec", "keygen", "a b"}))
	require.Contains(t, errs.String(), `"a b"`)
}
