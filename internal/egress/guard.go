package egress

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
)

// An AddressError says that an address is neither public unicast nor allowed.
type AddressError struct {
	// Class is the class of Address, the rejected address. Host is the host
	// that resolved to it.
	Class   Class
	Address netip.Addr
	Host    string
}

// Error names the class, the address and the setting that would allow it.
func (e *AddressError) Error() string {
	host := ""
	if e.Host != e.Address.String() {
		host = fmt.Sprintf(", which %s resolves to,", e.Host)
	}
	return fmt.Sprintf("the address %s%s is %s and not public: it is called only if LATCH_EGRESS_ALLOW has it", e.Address, host, e.Class)
}

// A Guard decides which addresses may be called, after resolving names, and
// connects to them.
type Guard struct {
	prefixes []allowedPrefix
	hosts    map[string]bool // "host" and "host:port"
	// proxy is nil if the worker makes all calls directly. It calls those in
	// except directly, and lets the proxy resolve the names in trusted.
	proxy           *url.URL
	except, trusted hostSet
	// proxyDialer dials the proxy. The operator chose its address, so it is not
	// checked.
	proxyDialer net.Dialer

	// Resolve returns the addresses of a name. Connect dials one address, which
	// its dialer checks once more. Tests replace both.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)
	Connect func(ctx context.Context, network, address string) (net.Conn, error)
}

type allowedPrefix struct {
	prefix netip.Prefix
	port   string // "" for any port
}

// New returns a guard for the entries of LATCH_EGRESS_ALLOW and the settings of
// a proxy. Its error names every invalid entry, and never contains the proxy's
// credentials.
func New(allow []string, proxied Proxied) (*Guard, error) {
	g := &Guard{hosts: map[string]bool{}, Resolve: lookupHost, proxyDialer: net.Dialer{Timeout: ConnectTimeout, KeepAlive: 30 * time.Second}}
	checked := g.proxyDialer
	checked.ControlContext = g.control
	g.Connect = checked.DialContext
	var problems []error
	for _, entry := range allow {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		if err := g.allow(entry); err != nil {
			problems = append(problems, fmt.Errorf("LATCH_EGRESS_ALLOW: %w", err))
		}
	}
	return g, errors.Join(append(problems, proxied.parse(g)...)...)
}

func lookupHost(ctx context.Context, host string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

var hostName = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$`)

// allow adds a CIDR, an IP, or a host; the last two may have a port.
func (g *Guard) allow(entry string) error {
	if strings.Contains(entry, "/") {
		prefix, err := netip.ParsePrefix(entry)
		if err != nil {
			return fmt.Errorf("%q is not a CIDR such as 10.0.0.0/8", entry)
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
	if host, err = CanonicalHost(host); err != nil {
		return fmt.Errorf("%q is not a CIDR, IP, host or host:port: %w", entry, err)
	}
	if address, err := netip.ParseAddr(host); err == nil {
		address = address.WithZone("").Unmap()
		g.prefixes = append(g.prefixes, allowedPrefix{netip.PrefixFrom(address, address.BitLen()), port})
		return nil
	}
	if !hostName.MatchString(host) {
		return fmt.Errorf("%q is not a CIDR, IP, host or host:port", entry)
	}
	if port != "" {
		host = net.JoinHostPort(host, port)
	}
	g.hosts[host] = true
	return nil
}

// splitPort splits host:port, [v6]:port, host or v6; the port may be absent.
func splitPort(entry string) (host, port string, err error) {
	if _, err := netip.ParseAddr(entry); err == nil || !strings.Contains(entry, ":") {
		return entry, "", nil
	}
	if inner, found := strings.CutPrefix(entry, "["); found && strings.HasSuffix(inner, "]") {
		return strings.TrimSuffix(inner, "]"), "", nil
	}
	if host, port, err = net.SplitHostPort(entry); err != nil {
		return "", "", fmt.Errorf("%q is not a CIDR, IP, host or host:port", entry)
	}
	if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
		return "", "", fmt.Errorf("%q has no port between 1 and 65535", entry)
	}
	return host, port, nil
}

// admits reports whether the address that host resolved to may be called.
func (g *Guard) admits(host, port string, address netip.Addr) bool {
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

// admissible resolves the host and returns the addresses that may be called. If
// none may be called, the error is an [*AddressError] about the first address.
func (g *Guard) admissible(ctx context.Context, host, port string) ([]netip.Addr, error) {
	admitted, refused, err := g.judge(ctx, host, port)
	if err == nil && len(admitted) == 0 {
		err = refused
	}
	return admitted, err
}

// judge resolves the host and returns the addresses that may be called, and an
// error for the first that may not.
func (g *Guard) judge(ctx context.Context, host, port string) (admitted []netip.Addr, refused *AddressError, err error) {
	host, err = CanonicalHost(host)
	if err != nil {
		return nil, nil, &HostError{err}
	}
	var addresses []netip.Addr
	if address, err := netip.ParseAddr(host); err == nil {
		addresses = []netip.Addr{address}
	} else if addresses, err = g.Resolve(ctx, host); err != nil {
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

// A HostError says that a text is not a valid host.
type HostError struct{ error }
