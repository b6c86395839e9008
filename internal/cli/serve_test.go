package cli

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// Contract, "Settings": LATCH_API_ALLOW are CIDRs; a lone address is itself.
func TestParsePrefixes(t *testing.T) {
	t.Parallel()
	prefixes, err := parsePrefixes([]string{"10.1.2.3/8", " 192.0.2.7", "::ffff:192.0.2.8", "2001:db8::/32", "", "::ffff:10.9.0.0/112"})
	require.NoError(t, err)
	require.Equal(t, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.7/32"),
		netip.MustParsePrefix("192.0.2.8/32"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("10.9.0.0/16")}, prefixes)
	_, err = parsePrefixes([]string{"10.0.0.0/99", "everywhere"})
	require.ErrorContains(t, err, "10.0.0.0/99")
	require.ErrorContains(t, err, "everywhere")
	for _, none := range [][]string{nil, {}, {""}} {
		prefixes, err = parsePrefixes(none)
		require.NoError(t, err)
		require.Empty(t, prefixes)
	}
	for _, blank := range [][]string{{" "}, {"", ""}} {
		_, err = parsePrefixes(blank)
		require.ErrorContains(t, err, "no CIDR", "a slip lets nobody in unseen")
	}
}

// Contract, "Settings": all bad ones are reported at once, each by its name.
func TestConfigureServeReportsAll(t *testing.T) {
	for name, value := range map[string]string{
		"LATCH_API_ADDR": "0.0.0.0:7127", "LATCH_API_ALLOW": "here", "LATCH_API_TLS_KEY": "/nowhere", "LATCH_API_URL": "latch",
		"LATCH_LOCK_LINKS": "true", "LATCH_LINK_KEY": "hush", "LATCH_LOG_LEVEL": "loud", "LATCH_LOG_FORMAT": "xml",
	} {
		t.Setenv(name, value)
	}
	_, err := configureServe()
	for _, name := range []string{"LATCH_API_ADDR", "LATCH_API_ALLOW", "LATCH_API_TLS_CERT", "LATCH_API_URL",
		"LATCH_LINK_KEY", "LATCH_LOG_LEVEL", "LATCH_LOG_FORMAT"} {
		require.ErrorContains(t, err, name)
	}
	require.NotContains(t, err.Error(), "hush")
}
