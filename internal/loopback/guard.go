package loopback

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/latch-run/latch/internal/httpurl"
)

// A Guard accepts requests to this machine that do not come from another site's page. The zero
// value only trusts the server's own pages.
type Guard struct {
	// origins are those of further pages that may call, as browsers write them.
	origins []string
	// port is where the server can be reached in addition to the port that it listens on; 0
	// means none.
	port int
}

// NewGuard returns a guard. The URL public is the server's own public address, whose pages may
// call too. If its host is this machine, requests to its port are accepted, as that of a
// tunnel. Pages of the further origins may call as well. All may be empty, and invalid ones are
// ignored.
func NewGuard(public string, origins ...string) *Guard {
	g := &Guard{}
	for _, each := range append(origins, public) {
		if parsed, err := url.Parse(each); err == nil && parsed.Host != "" {
			g.origins = append(g.origins, Origin(parsed))
		}
	}
	if parsed, err := url.Parse(public); err == nil && Is(parsed.Hostname()) {
		g.port, _ = strconv.Atoi(parsed.Port()) // no port is 0
	}
	return g
}

// Check returns an error if a request is not accepted: see [Guard.CheckHost] and
// [Guard.CheckPage].
func (g *Guard) Check(r *http.Request) error {
	if err := g.CheckHost(r); err != nil {
		return err
	}
	return g.CheckPage(r)
}

// CheckHost rejects a request unless its Host is this machine at the server's port.
func (g *Guard) CheckHost(r *http.Request) error {
	if ports := g.ports(r); !isHost(r.Host, ports) {
		return fmt.Errorf("only requests to this machine are served, to localhost or 127.0.0.1%s, not to %q", portsText(ports), r.Host)
	}
	return nil
}

// CheckPage rejects requests from another site's page, including GET requests. It uses Origin
// and Sec-Fetch-Site, and Referer if a browser sends neither. A request without any of them
// does not come from a page.
func (g *Guard) CheckPage(r *http.Request) error {
	origins, sites := r.Header.Values("Origin"), r.Header.Values("Sec-Fetch-Site")
	switch {
	case len(origins) > 1 || len(origins) == 1 && !g.owns(origins[0], r.Host):
		return fmt.Errorf("no other site's page may call; this one is of %q", strings.Join(origins, ", "))
	case len(origins) == 1 && g.trusts(origins[0]):
		return nil
	case len(sites) == 1 && (sites[0] == "same-origin" || sites[0] == "none"):
		return nil
	case len(sites) > 0:
		return fmt.Errorf("no other site's page may call; Sec-Fetch-Site is %q", strings.Join(sites, ", "))
	case len(origins) == 1:
		return nil
	}
	referer := r.Header.Get("Referer")
	if referer != "" && !g.owns(referer, r.Host) {
		return fmt.Errorf("no other site's page may call; the Referer is of another site")
	}
	return nil
}

// owns reports whether a page at the address is one of the server's own, or is trusted.
func (g *Guard) owns(address, host string) bool {
	parsed, err := httpurl.Parse(address)
	if err != nil {
		return false
	}
	return strings.EqualFold(parsed.Host, host) || g.trusts(address)
}

func (g *Guard) trusts(address string) bool {
	parsed, err := url.Parse(address)
	return err == nil && slices.Contains(g.origins, Origin(parsed))
}

// Origin returns a URL's origin as browsers write it: in lower case, without the scheme's
// default port.
func Origin(address *url.URL) string {
	origin := strings.ToLower(address.Scheme + "://" + address.Host)
	if own := map[string]string{"http": ":80", "https": ":443"}[strings.ToLower(address.Scheme)]; own != "" {
		origin = strings.TrimSuffix(origin, own)
	}
	return origin
}

// ports returns the ports at which the server is reached. It is empty if the request's port is
// unknown, as in a test without a connection.
func (g *Guard) ports(r *http.Request) []int {
	local, _ := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if local == nil {
		return nil
	}
	if g.port != 0 {
		return []int{local.Port, g.port}
	}
	return []int{local.Port}
}

func portsText(ports []int) string {
	var texts []string
	for _, port := range ports {
		texts = append(texts, strconv.Itoa(port))
	}
	if len(texts) == 0 {
		return ""
	}
	return " at port " + strings.Join(texts, " or ")
}
