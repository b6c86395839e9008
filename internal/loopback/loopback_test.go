package loopback_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/loopback"
)

func TestIs(t *testing.T) {
	t.Parallel()
	for host, is := range map[string]bool{
		"localhost": true, "LocalHost.": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true,
		"": false, "0.0.0.0": false, "::": false, "10.0.0.1": false, "localhost.example.com": false, "127.0.0.1.example.com": false, "2130706433": false,
	} {
		require.Equal(t, is, loopback.Is(host), "%q", host)
	}
}

func TestHostname(t *testing.T) {
	t.Parallel()
	for host, name := range map[string]string{"a": "a", "a:1": "a", "[::1]:1": "::1", "[::1]": "::1", "127.0.0.1:80": "127.0.0.1"} {
		require.Equal(t, name, loopback.Hostname(host), "%q", host)
	}
}
