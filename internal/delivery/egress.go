package delivery

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/latch-run/latch/internal/settings"
)

// An AddressError says that an address is not public unicast and not allowed.
// It stands inside a [*PermanentError].
type AddressError struct {
	// Class is the kind of address, Address the one that was refused, Host the
	// host that led there.
	Class   Class
	Address netip.Addr
	Host    string
}

// Error names the class, the address and the setting that would admit it.
func (e *AddressError) Error() string {
	host := ""
	if e.Host != e.Address.String() {
		host = fmt.Sprintf(", which %s stands for,", e.Host)
	}
	return fmt.Sprintf("the address %s%s is %s and not public: it is called only if LATCH_EGRESS_ALLOW has it", e.Address, host, e.Class)
}

// A guard decides which addresses may be called, after names are resolved.
type guard struct {
	prefixes []allowedPrefix
	hosts    map[string]bool // "host" and "host:port"
	resolve  func(ctx context.Context, host string) ([]netip.Addr, error)
	// dialer dials a proxy, which the operator has chosen.
	dialer net.Dialer
	// connect dials one address for a host, after a last look at it.
	connect dialFunc
}

type allowedPrefix struct {
	prefix netip.Prefix
	port   string // "" for every port
}

// newGuard reads the entries of LATCH_EGRESS_ALLOW and reports every bad one.
func newGuard(entries []string) (*guard, error) {
	g := &guard{hosts: map[string]bool{}, resolve: lookupHost, dialer: net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second}}
	checked := g.dialer
	checked.ControlContext = g.control
	g.connect = checked.DialContext
	var problems []error
	for _, entry := range entries {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		if err := g.allow(entry); err != nil {
			problems = append(problems, fmt.Errorf("LATCH_EGRESS_ALLOW: %w", err))
		}
	}
	return g, errors.Join(problems...)
}

func lookupHost(ctx context.Context, host string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

var hostName = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$`)

// allow takes a CIDR, an IP, a host, or one of the last two with a port.
func (g *guard) allow(entry string) error {
	if strings.Contains(entry, "/") {
		prefix, err := netip.ParsePrefix(entry)
		if err != nil {
			return fmt.Errorf("%q is no CIDR such as 10.0.0.0/8", entry)
		}
		if address := prefix.Addr(); address.Is4In6() && prefix.Bits() >= 96 {
			prefix = netip.PrefixFrom(address.Unmap(), prefix.Bits()-96)
		}
		g.prefixes = append(g.prefixes, allowedPrefix{prefix: prefix.Masked()})
		return nil
	}
	host, port, err := splitPort(entry)
	if err != nil {
		return err
	}
	if host, err = canonicalHost(host); err != nil {
		return fmt.Errorf("%q is no CIDR, IP, host or host:port: %w", entry, err)
	}
	if address, err := netip.ParseAddr(host); err == nil {
		address = address.WithZone("").Unmap()
		g.prefixes = append(g.prefixes, allowedPrefix{netip.PrefixFrom(address, address.BitLen()), port})
		return nil
	}
	if !hostName.MatchString(host) {
		return fmt.Errorf("%q is no CIDR, IP, host or host:port", entry)
	}
	if port != "" {
		host = net.JoinHostPort(host, port)
	}
	g.hosts[host] = true
	return nil
}

// splitPort parts host:port, [v6]:port, host and v6; the port may be absent.
func splitPort(entry string) (host, port string, err error) {
	if _, err := netip.ParseAddr(entry); err == nil || !strings.Contains(entry, ":") {
		return entry, "", nil
	}
	if inner, found := strings.CutPrefix(entry, "["); found && strings.HasSuffix(inner, "]") {
		return strings.TrimSuffix(inner, "]"), "", nil
	}
	if host, port, err = net.SplitHostPort(entry); err != nil {
		return "", "", fmt.Errorf("%q is no CIDR, IP, host or host:port", entry)
	}
	if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
		return "", "", fmt.Errorf("%q has no port between 1 and 65535", entry)
	}
	return host, port, nil
}

// admits tells whether the address, to which the host led, may be called.
func (g *guard) admits(host, port string, address netip.Addr) bool {
	if Classify(address) == Public || g.hosts[host] || g.hosts[net.JoinHostPort(host, port)] {
		return true
	}
	address = address.WithZone("").Unmap()
	for _, allowed := range g.prefixes {
		if allowed.prefix.Contains(address) && (allowed.port == "" || allowed.port == port) {
			return true
		}
	}
	return false
}

// admissible resolves the host and returns those of its addresses that may be
// called; without one it is an [*AddressError] about the first.
func (g *guard) admissible(ctx context.Context, host, port string) ([]netip.Addr, error) {
	admitted, refused, err := g.judge(ctx, host, port)
	if err == nil && len(admitted) == 0 {
		err = refused
	}
	return admitted, err
}

// wholly reports by its error, an [*AddressError], whether any of the host's
// addresses may not be called. It is asked where somebody else chooses among
// them, and may resolve the name anew.
func (g *guard) wholly(ctx context.Context, host, port string) error {
	_, refused, err := g.judge(ctx, host, port)
	if err == nil && refused != nil {
		err = refused
	}
	return err
}

// judge resolves the host and returns its addresses that may be called, and
// what is wrong with the first that may not.
func (g *guard) judge(ctx context.Context, host, port string) (admitted []netip.Addr, refused *AddressError, err error) {
	host, err = canonicalHost(host)
	if err != nil {
		return nil, nil, &hostError{err}
	}
	var addresses []netip.Addr
	if address, err := netip.ParseAddr(host); err == nil {
		addresses = []netip.Addr{address}
	} else if addresses, err = g.resolve(ctx, host); err != nil {
		return nil, nil, err
	}
	for _, address := range addresses {
		switch {
		case g.admits(host, port, address):
			admitted = append(admitted, address.Unmap())
		case refused == nil:
			refused = &AddressError{Class: Classify(address), Address: address.Unmap(), Host: host}
		}
	}
	if len(addresses) == 0 {
		return nil, nil, &net.DNSError{Err: "it has no address", Name: host}
	}
	return admitted, refused, nil
}

// A hostError says that a URL's host is none.
type hostError struct{ error }

// parseProxy reads LATCH_EGRESS_PROXY. The error never holds credentials.
func parseProxy(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil
	}
	proxy, err := url.Parse(text)
	if err != nil || proxy.Scheme != "http" && proxy.Scheme != "https" || proxy.Hostname() == "" {
		return nil, fmt.Errorf("LATCH_EGRESS_PROXY: %q is not of the form http://host:port or https://host:port", settings.Shown(text))
	}
	return proxy, nil
}

// proxySecrets gives the proxy's credentials, which are masked like secrets.
func proxySecrets(proxy *url.URL) []string {
	if proxy == nil || proxy.User == nil {
		return nil
	}
	password, _ := proxy.User.Password()
	return []string{password, proxy.User.String(), basic(proxy.User.Username(), password)}
}
