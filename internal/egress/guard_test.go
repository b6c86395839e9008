package egress

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every spelling of an address is read as the WHATWG URL standard reads it.
func TestCanonicalHost(t *testing.T) {
	t.Parallel()
	for spelled, want := range map[string]string{
		"127.0.0.1": "127.0.0.1", "2130706433": "127.0.0.1", "0x7f000001": "127.0.0.1", "0X7F.1": "127.0.0.1", "0177.0.0.1": "127.0.0.1",
		"127.1": "127.0.0.1", "127.0.1": "127.0.0.1", "127.0.0.1.": "127.0.0.1", "017700000001": "127.0.0.1", "0": "0.0.0.0", "0x": "0.0.0.0",
		"１２７.０.０.１": "127.0.0.1", "①②⑦.1": "127.0.0.1", "127。0。0。1": "127.0.0.1", "4294967295": "255.255.255.255",
		"::1": "::1", "fe80::1%eth0": "fe80::1%eth0", "Example.COM.": "example.com", "bücher.example": "xn--bcher-kva.example",
		"1.2.3.4.example": "1.2.3.4.example", "0x7f.1.com": "0x7f.1.com", "localhost.": "localhost", "a_b.corp": "a_b.corp",
	} {
		host, err := CanonicalHost(spelled)
		require.NoError(t, err, spelled)
		require.Equal(t, want, host, spelled)
	}
	for _, wrong := range []string{"", ".", "256.1.1.1", "1.2.3.4.5", "127.0.0.09", "1.2.3.256", "4294967296", "1..2",
		"a.0x", "example.123", ":::", "1.2.3.0xg1.4",
		"127.0.0.1..", ".127.0.0.1", "a..b", "..", "%31%32%37.0.0.1", "127.0.0.1%00"} {
		_, err := CanonicalHost(wrong)
		require.Error(t, err, wrong)
	}
}

// Contract, Settings: LATCH_EGRESS_ALLOW is CIDR, IP, host or host:port.
func TestGuardAdmits(t *testing.T) {
	t.Parallel()
	guard, err := New([]string{"10.1.0.0/16", " 192.168.1.5 ", "", "192.168.1.6:8443", "[fd00::1]:443", "fd00::2",
		"intra.corp", "db.corp:5432", "::ffff:10.2.0.0/112", "[fd00::3]", "0x7f.2"}, Proxied{})
	require.NoError(t, err)
	for _, test := range []struct {
		host, port, address string
		admitted            bool
	}{
		{"x", "80", "8.8.8.8", true},
		{"x", "80", "10.1.2.3", true},
		{"x", "80", "::ffff:10.1.2.3", true},
		{"x", "80", "10.3.0.0", false},
		{"x", "80", "10.2.9.9", true},
		{"x", "80", "192.168.1.5", true},
		{"x", "80", "192.168.1.6", false},
		{"x", "8443", "192.168.1.6", true},
		{"x", "443", "fd00::1", true},
		{"x", "80", "fd00::1", false},
		{"x", "80", "fd00::2", true},
		{"x", "80", "fd00::3", true},
		{"x", "80", "127.0.0.2", true},
		{"x", "80", "127.0.0.1", false},
		{"intra.corp", "80", "10.9.9.9", true},
		{"other.corp", "80", "10.9.9.9", false},
		{"db.corp", "5432", "127.0.0.1", true},
		{"db.corp", "80", "127.0.0.1", false},
		{"x", "80", "64:ff9b::a01:203", false},
	} {
		require.Equal(t, test.admitted, guard.admits(test.host, test.port, netip.MustParseAddr(test.address)), "%+v", test)
	}
}
