package egress

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// hostSet is a set of hosts listed by an operator.
type hostSet struct {
	prefixes []allowedPrefix
	names    map[string]bool // "host" and "host:port"
	// suffixes are ".host" and ".host:port", for hosts below a domain.
	suffixes []string
}

// parseHosts parses the entries of a setting: hosts, host:ports, *.domains and,
// if addresses is true, CIDRs and IPs. Its errors name every invalid entry.
func parseHosts(setting string, entries []string, addresses bool) (hostSet, []error) {
	set := hostSet{names: map[string]bool{}}
	var problems []error
	for _, entry := range entries {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		if err := set.add(entry, addresses); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", setting, err))
		}
	}
	return set, problems
}

func (s *hostSet) add(entry string, addresses bool) error {
	domain, below := strings.CutPrefix(entry, "*.")
	if !below {
		domain, below = strings.CutPrefix(entry, ".")
	}
	var one Guard // parses the same entries
	one.hosts = map[string]bool{}
	if err := one.allow(domain); err != nil {
		return err
	}
	if len(one.prefixes) > 0 && (below || !addresses) {
		return fmt.Errorf("%q is not a host, host:port or *.domain", entry)
	}
	s.prefixes = append(s.prefixes, one.prefixes...)
	for host := range one.hosts {
		if below {
			s.suffixes = append(s.suffixes, "."+host)
			continue
		}
		s.names[host] = true
	}
	return nil
}

// has reports whether the set contains a canonical host. It does not resolve
// names.
func (s *hostSet) has(host, port string) bool {
	withPort := net.JoinHostPort(host, port)
	if s.names[host] || s.names[withPort] {
		return true
	}
	if address, err := netip.ParseAddr(host); err == nil {
		address = address.WithZone("").Unmap()
		for _, listed := range s.prefixes {
			if listed.prefix.Contains(address) && (listed.port == "" || listed.port == port) {
				return true
			}
		}
		return false
	}
	for _, suffix := range s.suffixes {
		if strings.HasSuffix(host, suffix) || strings.HasSuffix(withPort, suffix) {
			return true
		}
	}
	return false
}
