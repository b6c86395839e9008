package egress

import "net/netip"

// A Class is the kind of an IP address. Only Public addresses may be called,
// unless others are allowed (contract, "Responses").
type Class int

// Classes of addresses.
const (
	// Reserved is the zero value: an address that is not known to be public is
	// not.
	Reserved Class = iota
	Public
	Loopback
	Private
	LinkLocal
	CGNAT
	Multicast
	Unspecified
)

// String returns the name of the class for error messages.
func (c Class) String() string {
	return [...]string{Reserved: "reserved", Public: "public", Loopback: "loopback", Private: "private", LinkLocal: "link-local",
		CGNAT: "CGNAT", Multicast: "multicast", Unspecified: "unspecified"}[c]
}

// A network is a range from the IANA special-purpose address registries.
type network struct {
	prefix netip.Prefix
	class  Class
}

func networks(class Class, prefixes ...string) []network {
	all := make([]network, 0, len(prefixes))
	for _, prefix := range prefixes {
		all = append(all, network{netip.MustParsePrefix(prefix), class})
	}
	return all
}

func join(groups ...[]network) (all []network) {
	for _, group := range groups {
		all = append(all, group...)
	}
	return all
}

// The first range that contains an address determines its class.
var (
	networks4 = join(
		networks(Unspecified, "0.0.0.0/32"),
		networks(Loopback, "127.0.0.0/8"),
		networks(Private, "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
		networks(LinkLocal,
			"169.254.0.0/16",   // includes cloud metadata
			"168.63.129.16/32", // Azure metadata; no other host has this address
		),
		networks(CGNAT, "100.64.0.0/10"),
		networks(Multicast, "224.0.0.0/4"),
		networks(Reserved,
			"0.0.0.0/8",       // this network, RFC 791
			"192.0.0.0/24",    // IETF protocol assignments, RFC 6890
			"192.0.2.0/24",    // documentation, RFC 5737
			"192.88.99.0/24",  // 6to4 relays, RFC 7526
			"198.18.0.0/15",   // benchmarks, RFC 2544
			"198.51.100.0/24", // documentation, RFC 5737
			"203.0.113.0/24",  // documentation, RFC 5737
			"240.0.0.0/4",     // reserved and broadcast, RFC 1112
		),
		networks(Public, "0.0.0.0/0"),
	)
	networks6 = join(
		networks(Unspecified, "::/128"),
		networks(Loopback, "::1/128"),
		networks(LinkLocal, "fe80::/10"),
		networks(Private, "fc00::/7", "fec0::/10"),
		networks(Multicast, "ff00::/8"),
		networks(Reserved,
			"2001::/23",     // IETF protocol assignments, RFC 2928
			"2001:db8::/32", // documentation, RFC 3849
			"3fff::/20",     // documentation, RFC 9637
		),
		networks(Public, "2000::/3"),
	)
)

// An embedding is a range of IPv6 addresses that contain IPv4 addresses. In a
// range that is not public itself, a public IPv4 address becomes Reserved.
type embedding struct {
	prefix  netip.Prefix
	public  bool
	extract func([16]byte) []netip.Addr
}

var embeddings = []embedding{
	{netip.MustParsePrefix("::/96"), false, last32},            // IPv4-compatible, RFC 4291
	{netip.MustParsePrefix("::ffff:0:0:0/96"), false, last32},  // IPv4-translated, RFC 2765
	{netip.MustParsePrefix("64:ff9b::/96"), true, last32},      // NAT64, RFC 6052
	{netip.MustParsePrefix("64:ff9b:1::/48"), false, localNAT}, // local-use NAT64, RFC 8215
	{netip.MustParsePrefix("2002::/16"), true, after(2)},       // 6to4, RFC 3056
	{netip.MustParsePrefix("2001::/32"), false, teredo},        // RFC 4380
}

// Classify returns the class of an address. An IPv6 address that contains an
// IPv4 address (mapped, compatible, translated, NAT64, 6to4, Teredo) is public
// only if that address is. An address with a zone is at most link-local.
func Classify(address netip.Addr) Class {
	zoned := address.Zone() != ""
	address = address.WithZone("").Unmap()
	class := Reserved
	switch {
	case !address.IsValid():
		return Reserved
	case address.Is4():
		class = lookup(networks4, address)
	default:
		class = classify6(address)
	}
	if zoned && class == Public {
		return LinkLocal
	}
	return class
}

func classify6(address netip.Addr) Class {
	if address.IsUnspecified() || address.IsLoopback() {
		return lookup(networks6, address)
	}
	for _, embedded := range embeddings {
		if !embedded.prefix.Contains(address) {
			continue
		}
		for _, inner := range embedded.extract(address.As16()) {
			if class := lookup(networks4, inner); class != Public {
				return class
			}
		}
		if embedded.public {
			return Public
		}
		return Reserved
	}
	return lookup(networks6, address)
}

func lookup(networks []network, address netip.Addr) Class {
	for _, network := range networks {
		if network.prefix.Contains(address) {
			return network.class
		}
	}
	return Reserved
}

func last32(bytes [16]byte) []netip.Addr { return after(12)(bytes) }

func after(offset int) func([16]byte) []netip.Addr {
	return func(bytes [16]byte) []netip.Addr {
		return []netip.Addr{netip.AddrFrom4([4]byte(bytes[offset : offset+4]))}
	}
}

// localNAT reads the layout of a /96 prefix or, if those bits are zero, of a
// /48 prefix (RFC 6052, section 2.2).
func localNAT(bytes [16]byte) []netip.Addr {
	if [4]byte(bytes[12:16]) != [4]byte{} {
		return last32(bytes)
	}
	return []netip.Addr{netip.AddrFrom4([4]byte{bytes[6], bytes[7], bytes[9], bytes[10]})}
}

// teredo returns the address of the client, whose bits are inverted, and of the
// server.
func teredo(bytes [16]byte) []netip.Addr {
	client := [4]byte{^bytes[12], ^bytes[13], ^bytes[14], ^bytes[15]}
	return []netip.Addr{netip.AddrFrom4(client), netip.AddrFrom4([4]byte(bytes[4:8]))}
}
