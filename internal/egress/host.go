package egress

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// CanonicalHost returns the canonical spelling of a URL's host: ASCII, lower
// case, no trailing dot; an IPv4 address, however it is spelled (2130706433,
// 0x7f.1, 0177.0.0.1), in dotted decimals, as the WHATWG URL standard parses it
// ("IPv4 parser"). All spellings of an address therefore undergo the same
// check.
func CanonicalHost(host string) (string, error) {
	host = strings.ToLower(host)
	if strings.Contains(host, ":") {
		if address, err := netip.ParseAddr(host); err != nil || strings.ContainsFunc(address.Zone(), notOfZone) {
			return "", fmt.Errorf("%q is not an IPv6 address", host)
		}
		return host, nil
	}
	if strings.ContainsFunc(host, func(r rune) bool { return r > unicode.MaxASCII }) {
		ascii, err := idna.Lookup.ToASCII(host)
		if err != nil {
			return "", fmt.Errorf("%q is not a host name", host)
		}
		host = ascii
	}
	if strings.ContainsAny(host, forbidden) || strings.ContainsFunc(host, isBlank) {
		return "", fmt.Errorf("%q has a character that no host has", host)
	}
	host = strings.TrimSuffix(host, ".")
	if host == "" {
		return "", fmt.Errorf("the host is missing")
	}
	labels := strings.Split(host, ".")
	if slices.Contains(labels, "") {
		return "", fmt.Errorf("%q is not a host name: it has an empty label", host)
	}
	if !isNumber(labels[len(labels)-1]) {
		return host, nil
	}
	address, ok := parseIPv4(labels)
	if !ok {
		return "", fmt.Errorf("%q ends in a number but is not an IPv4 address", host)
	}
	return address.String(), nil
}

// forbidden are, with blanks and control characters, the WHATWG URL standard's
// forbidden domain code points. Different programs would interpret escapes of
// them differently.
const forbidden = `#%/:<>?@[\]^|`

// isBlank reports whether r is a blank or a control character.
func isBlank(r rune) bool { return r <= ' ' || r == 0x7f }

// notOfZone reports whether r cannot be part of a network interface's name.
func notOfZone(r rune) bool {
	return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-", r)
}

// isNumber reports whether a host with this last label is an IPv4 address: the
// label is decimal, or 0x and hexadecimal.
func isNumber(label string) bool {
	if label == "" {
		return false
	}
	if strings.Trim(label, "0123456789") == "" {
		return true
	}
	digits, hexadecimal := strings.CutPrefix(label, "0x")
	return hexadecimal && strings.Trim(digits, "0123456789abcdef") == ""
}

// parseIPv4 parses one to four numbers, decimal, octal (0…) or hexadecimal
// (0x…). The last one fills the remaining bytes.
func parseIPv4(labels []string) (netip.Addr, bool) {
	if len(labels) > 4 {
		return netip.Addr{}, false
	}
	var address uint64
	for i, label := range labels {
		number, ok := parseNumber(label)
		last := i == len(labels)-1
		switch {
		case !ok || !last && number > 255:
			return netip.Addr{}, false
		case last:
			room := 8 * (5 - len(labels))
			if number >= 1<<room {
				return netip.Addr{}, false
			}
			address = address<<room | number
		default:
			address = address<<8 | number
		}
	}
	return netip.AddrFrom4([4]byte{byte(address >> 24), byte(address >> 16), byte(address >> 8), byte(address)}), true
}

func parseNumber(label string) (uint64, bool) {
	base := 10
	switch {
	case strings.HasPrefix(label, "0x"):
		label, base = label[2:], 16
		if label == "" {
			return 0, true
		}
	case len(label) > 1 && label[0] == '0':
		label, base = label[1:], 8
	}
	number, err := strconv.ParseUint(label, base, 40)
	return number, err == nil && !strings.HasPrefix(label, "+")
}
