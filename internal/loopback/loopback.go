// Package loopback tells hosts that are this machine alone from others, for
// servers that let nobody in from elsewhere without a key. It knows no HTTP.
package loopback

import (
	"net"
	"net/netip"
	"strings"
)

// Is tells whether a host, such as "localhost", "127.0.0.2" or "::1", is this
// machine alone.
func Is(host string) bool {
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}

// Hostname gives the host of a Host header, with or without a port.
func Hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}
