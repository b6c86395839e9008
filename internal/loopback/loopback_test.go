package loopback

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIs(t *testing.T) {
	t.Parallel()
	for host, is := range map[string]bool{
		"localhost": true, "LocalHost.": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true,
		"": false, "0.0.0.0": false, "::": false, "10.0.0.1": false, "localhost.example.com": false,
		"127.0.0.1.example.com": false, "2130706433": false,
	} {
		require.Equal(t, is, Is(host), "%q", host)
	}
}

// A Host is this machine only if it says so completely, at a port that is served.
func TestIsHost(t *testing.T) {
	t.Parallel()
	for header, is := range map[string]bool{
		"localhost": true, "localhost:7127": true, "LOCALHOST.:7127": true, "127.0.0.1:7127": true, "127.9.9.9": true,
		"[::1]:7127": true, "[::1]": true,
		"[::ffff:127.0.0.1]:7127": true, "localhost:8080": true,

		"": false, ":7127": false, "localhost:": false, "localhost:evil": false, "localhost:7127:evil": false, "localhost:7127@evil": false,
		"evil@localhost": false, "evil@localhost:7127": false, "localhost/evil": false, "localhost,evil": false,
		"localhost:7127,evil:7127": false,
		"localhost evil":           false, " localhost": false, "localhost\t": false, "localhost..": false, ".localhost": false,
		"localhost:80": false, "localhost:7128": false, "localhost:07127": false, "localhost:+7127": false,
		"localhost:-7127": false, "localhost: 7127": false,
		"localhost:0": false, "localhost:72663": false, "localhost:7127.": false, "localhost:7127.0": false,
		"localhost:0x1bd7": false, "localhost:７１２７": false,
		"::1": false, "::1:7127": false, "[::1": false, "::1]": false, "[::1]7127": false, "[::1]]:7127": false,
		"[[::1]]": false, "[::1]:evil": false,
		"[::1%25lo]": false, "[::1%lo]:7127": false, "[127.0.0.1]:7127": false, "[localhost]": false, "[]": false, "[]:7127": false,
		"127.1": false, "2130706433": false, "0x7f.0.0.1": false, "0177.0.0.1": false, "127.0.0.1.": false, "127.0.0.1.nip.io": false,
		"localhost.example.com": false, "evil-localhost": false, "rebind.example.com:7127": false, "0.0.0.0:7127": false,
		"[::]:7127": false, "10.0.0.1": false,
	} {
		require.Equal(t, is, isHost(header, []int{7127, 8080}), "%q", header)
	}
	require.True(t, isHost("localhost:1", nil), "any port, where nobody says which is served")
	require.False(t, isHost("localhost:evil", nil))
}
