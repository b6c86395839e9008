package egress

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// Contract, Responses: every address that is not public unicast is refused,
// and IPv4 of these inside IPv6.
func TestClassify(t *testing.T) {
	t.Parallel()
	for class, addresses := range map[Class][]string{
		Public: {"8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.0", "100.63.255.255", "100.128.0.0", "169.253.255.255", "223.255.255.255",
			"192.0.1.0", "198.17.255.255", "198.20.0.0", "2606:4700::1111", "2a00::1", "2001:4860::8888", "::ffff:8.8.8.8",
			"64:ff9b::808:808", "2002:808:808::1"},
		Loopback: {"127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1", "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1",
			"64:ff9b:1::7f00:1", "64:ff9b:1:7f00:0:100::", "2002:7f00:1::", "2001:0:808:808:0:0:80ff:fffe", "2001:0:7f00:1::f7f7:f7f7", "::1%lo"},
		Private: {"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12:3456::1", "fec0::1",
			"::ffff:10.0.0.1", "64:ff9b::a00:1",
			"2002:a00:1::", "2002:c0a8:101::1", "fd00:ec2::254", "fd00::1%eth0"},
		LinkLocal: {"169.254.169.254", "168.63.129.16", "169.254.0.1", "fe80::1", "fe80::1%eth0", "febf::1",
			"::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2606:4700::1111%eth0"},
		CGNAT:       {"100.64.0.1", "100.127.255.255", "::ffff:100.64.0.1", "2002:6440:1::"},
		Multicast:   {"224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1", "::ffff:224.0.0.1", "64:ff9b::e000:1"},
		Unspecified: {"0.0.0.0", "::", "::ffff:0.0.0.0", "64:ff9b::", "2002::", "64:ff9b:1::"},
		Reserved: {"0.1.2.3", "192.0.0.1", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.7",
			"203.0.113.9", "240.0.0.1", "255.255.255.255",
			"2001:db8::1", "3fff::1", "3fff:fff::1", "2001:2::1", "2001:10::1", "2001:20::1", "100::1", "5f00::1", "4000::1",
			"64:ff9b:2::1", "::8.8.8.8",
			"::ffff:0:8.8.8.8", "64:ff9b:1::808:808", "2001:0:808:808::f7f7:f7f7"},
	} {
		for _, text := range addresses {
			address := netip.MustParseAddr(text)
			require.Equal(t, class, Classify(address), "%s is %s", text, Classify(address))
		}
	}
	require.Equal(t, Reserved, Classify(netip.Addr{}))
	require.Equal(t, "link-local", LinkLocal.String())
}

// The class of an address does not depend on its spelling, and public addresses are within the
// public ranges.
func FuzzClassify(f *testing.F) {
	for _, seed := range []string{"127.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2606:4700::1111"} {
		bytes := netip.MustParseAddr(seed).As16()
		f.Add(bytes[:])
	}
	public6 := []netip.Prefix{netip.MustParsePrefix("2000::/3"), netip.MustParsePrefix("64:ff9b::/96")}
	f.Fuzz(func(t *testing.T, bytes []byte) {
		address, ok := netip.AddrFromSlice(bytes)
		if !ok {
			return
		}
		class := Classify(address)
		require.Equal(t, class, Classify(address.Unmap()))
		require.Contains(t, []Class{Reserved, Public, Loopback, Private, LinkLocal, CGNAT, Multicast, Unspecified}, class)
		if class != Public {
			return
		}
		plain := address.Unmap()
		require.False(t, plain.IsLoopback() || plain.IsPrivate() || plain.IsLinkLocalUnicast() || plain.IsMulticast() ||
			plain.IsUnspecified(), plain)
		if plain.Is6() {
			require.True(t, public6[0].Contains(plain) || public6[1].Contains(plain), plain)
		}
	})
}
