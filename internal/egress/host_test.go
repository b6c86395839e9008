package egress

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A host has one canonical spelling that every later check uses: ASCII, lower case, and an
// address if it can be parsed as one.
func FuzzCanonicalHost(f *testing.F) {
	for _, seed := range []string{"127.0.0.1", "2130706433", "0x7f.1", "0177.1", "１２７。0.0.1", "Example.COM.", "::1",
		"fe80::1%eth0", "::ffff:127.0.0.1",
		"bücher.example", "xn--bcher-kva.example", "127.0.0.1..", "%31.0.0.1", "a\u00adb", "1.2.3.4\u200b", "0x", "[::1]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, spelled string) {
		host, err := CanonicalHost(spelled)
		if err != nil {
			return
		}
		again, err := CanonicalHost(host)
		require.NoError(t, err, host)
		require.Equal(t, host, again, "a canonical host stays as it is")
		require.False(t, strings.ContainsFunc(host, func(r rune) bool { return r > 0x7e || r <= ' ' }), host)
		written, errWritten := netip.ParseAddr(spelled)
		address, errAddress := netip.ParseAddr(host)
		if errWritten == nil {
			require.NoError(t, errAddress, "an address stays one: %q", host)
			require.Equal(t, Classify(written), Classify(address))
		}
		labels := strings.Split(host, ".")
		require.Equal(t, errAddress == nil && address.Is4(), isNumber(labels[len(labels)-1]) && !strings.Contains(host, ":"),
			"what ends in a number is an IPv4 address, and nothing else is: %q", host)
		if strings.Contains(host, ":") {
			return
		}
		parsed, err := url.Parse("http://" + host + "/")
		if err == nil { // a URL with that host leads to that host
			require.Equal(t, host, parsed.Hostname())
		}
	})
}
