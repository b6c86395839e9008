package loopback

import (
	"net/netip"
	"strconv"
	"strings"
)

// Is reports whether a host to listen on, such as "localhost", "127.0.0.2" or "::1", is only
// this machine.
func Is(host string) bool {
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}

// isHost reports whether a Host header names this machine: a host, with or without a port, and
// nothing else. The port must be one of ports, unless that is empty. A header that RFC 9110,
// 7.2, does not allow, such as "localhost:evil" or "::1", does not name this machine.
func isHost(header string, ports []int) bool {
	name, port := header, ""
	if colon := strings.LastIndexByte(header, ':'); colon > strings.LastIndexByte(header, ']') {
		name, port = header[:colon], header[colon+1:]
		if !isPort(port, ports) {
			return false
		}
	}
	if inner, bracketed := strings.CutPrefix(name, "["); bracketed {
		inner, closed := strings.CutSuffix(inner, "]")
		return closed && strings.Contains(inner, ":") && !strings.Contains(inner, "%") && Is(inner)
	}
	return !strings.Contains(name, ":") && Is(name)
}

// isPort reports whether the text is a port, in digits, and one of ports unless that is empty.
func isPort(text string, ports []int) bool {
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil || number == 0 || strconv.FormatUint(number, 10) != text {
		return false
	}
	for _, port := range ports {
		if port == int(number) {
			return true
		}
	}
	return len(ports) == 0
}
