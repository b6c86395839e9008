package secret

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// A Place is a destination of a secret: a scheme (http or https), a host, and
// its port as text ("443"). The zero Place is a command run by the worker.
type Place struct{ Scheme, Host, Port string }

func (p Place) String() string {
	if p == (Place{}) {
		return "a command"
	}
	return p.Host
}

// Schemes of patterns. The default is https.
const (
	plainScheme   = "http"
	secureScheme  = "https"
	commandScheme = "command"
)

// A hostPattern says where a secret may be sent: a host or, with suffix, every
// host below it; with port, only that port.
type hostPattern struct {
	host   string
	suffix bool
	port   string
	// plain allows plain http as well. command allows commands, and nothing
	// else.
	plain, command bool
}

var hostName = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$`)

// parsePattern parses command://, or a host, *.suffix or address, optionally
// with a port, after https:// or http:// or without a scheme.
func parsePattern(text string) (hostPattern, error) {
	scheme, rest, found := strings.Cut(text, "://")
	if !found {
		scheme, rest = secureScheme, text
	}
	switch scheme = strings.ToLower(scheme); {
	case scheme == commandScheme && rest == "":
		return hostPattern{command: true}, nil
	case scheme != plainScheme && scheme != secureScheme:
		return hostPattern{}, fmt.Errorf("%q begins with none of https://, http:// and command://", text)
	case strings.ContainsAny(rest, "/?#@"):
		return hostPattern{}, fmt.Errorf("%q has more than a scheme, a host and a port", text)
	}
	pattern, err := parseHost(rest)
	pattern.plain = scheme == plainScheme
	return pattern, err
}

// parseHost parses a host, *.suffix or address, optionally with a port.
func parseHost(text string) (hostPattern, error) {
	host, port := text, ""
	bracketed := strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]")
	if _, err := netip.ParseAddr(text); err != nil && strings.Contains(text, ":") && !bracketed {
		if host, port, err = net.SplitHostPort(text); err != nil {
			return hostPattern{}, fmt.Errorf("%q is not a host or host:port", text)
		}
		if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
			return hostPattern{}, fmt.Errorf("%q has no port between 1 and 65535", text)
		}
	}
	pattern := hostPattern{host: canonicalHost(host), port: port}
	pattern.host, pattern.suffix = strings.CutPrefix(pattern.host, "*")
	if pattern.suffix {
		if !strings.HasPrefix(pattern.host, ".") || !hostName.MatchString(pattern.host[1:]) {
			return hostPattern{}, fmt.Errorf("%q is not a pattern such as *.example.com", text)
		}
		return pattern, nil
	}
	if _, err := netip.ParseAddr(pattern.host); err != nil && !hostName.MatchString(pattern.host) {
		return hostPattern{}, fmt.Errorf("%q is not a host, host:port or *.suffix", text)
	}
	return pattern, nil
}

// admits reports whether a secret with this pattern may be sent to the place.
func (p hostPattern) admits(place Place) bool {
	switch {
	case p.command || place == Place{}:
		return p.command && place == Place{}
	case place.Scheme != secureScheme && !(p.plain && place.Scheme == plainScheme):
		return false
	case p.port != "" && p.port != place.Port:
		return false
	}
	host := canonicalHost(place.Host)
	if p.suffix {
		return len(host) > len(p.host) && strings.HasSuffix(host, p.host)
	}
	return host == p.host
}

// canonicalHost returns the canonical spelling of a host: lower case, no
// brackets, no trailing dot, addresses as netip prints them.
func canonicalHost(host string) string {
	host = strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().String()
	}
	return host
}

// parseHosts parses LATCH_SECRETS_HOSTS: name=pattern|pattern,… It returns the
// patterns by name, and all errors joined.
func parseHosts(text string) (map[string][]string, error) {
	hosts := map[string][]string{}
	var problems []error
	for entry := range strings.SplitSeq(text, ",") {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		name, patterns, found := strings.Cut(entry, "=")
		name = strings.TrimSpace(name)
		switch {
		case !found:
			problems = append(problems, fmt.Errorf("LATCH_SECRETS_HOSTS: %q is not of the form name=host|host", entry))
			continue
		case hosts[name] != nil:
			problems = append(problems, fmt.Errorf("LATCH_SECRETS_HOSTS: %q is listed twice", name))
			continue
		}
		hosts[name] = []string{}
		for pattern := range strings.SplitSeq(patterns, "|") {
			hosts[name] = append(hosts[name], strings.TrimSpace(pattern))
		}
	}
	return hosts, errors.Join(problems...)
}
