package settings_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/settings"
)

func TestCheckAddress(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"127.0.0.1:7127", ":0", "[::1]:65535", "localhost:80", "0.0.0.0:7127"} {
		require.NoError(t, settings.CheckAddress(good), good)
	}
	for _, bad := range []string{"", "7127", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:-1", "127.0.0.1:port?",
		"http://127.0.0.1:7127", "::1:80"} {
		require.ErrorContains(t, settings.CheckAddress(bad), "is not a host:port such as 127.0.0.1:7127", bad)
	}
}

// An invalid URL is shown without possible credentials.
func TestCheckURL(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"", "https://latch.example.com", "http://127.0.0.1:7127/latch"} {
		require.NoError(t, settings.CheckURL(good), good)
	}
	for bad, shown := range map[string]string{
		"latch": `"latch"`, "ftp://ada:hunter2@host": `"ftp://***@host"`, "ada:hunter2@host": `"***@host"`,
		"https://": `"https://"`, "https://ada:hunter2@": `"https://***@"`,
	} {
		err := settings.CheckURL(bad)
		require.ErrorContains(t, err, shown+" is not an http or https URL")
		require.NotContains(t, err.Error(), "hunter2")
	}
}

// system.fqdn is the given name, or else the host of the API, or else this host's name.
func TestFQDN(t *testing.T) {
	t.Parallel()
	host, err := os.Hostname()
	require.NoError(t, err)
	for _, test := range []struct{ given, url, want string }{
		{"given.example", "https://latch.example.com:7127", "given.example"},
		{"", "https://latch.example.com:7127/x", "latch.example.com"}, {"", "", host},
	} {
		got, err := settings.FQDN(test.given, test.url)
		require.NoError(t, err)
		require.Equal(t, test.want, got)
	}
}

// The errors about TLS files name the variable and the file, all at once.
func TestCertificate(t *testing.T) {
	t.Parallel()
	read := func(cert, key string) string {
		made, err := settings.Certificate("CERT", cert, "KEY", key)
		require.Nil(t, made)
		if err == nil {
			return ""
		}
		return err.Error()
	}
	empty := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	require.Empty(t, read("", ""))
	require.Equal(t, "CERT, KEY: give both, for TLS, or neither", read("", "a"))
	require.Equal(t, `CERT: the file "/nowhere/a" cannot be read: no such file or directory`+"\n"+
		`KEY: the file "/nowhere/b" cannot be read: no such file or directory`, read("/nowhere/a", "/nowhere/b"))
	require.Contains(t, read(empty, empty), "CERT, KEY: ")
	require.NotContains(t, read(empty, empty), "tls:")
}
