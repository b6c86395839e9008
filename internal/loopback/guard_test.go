package loopback_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/loopback"
)

// A request from another site's page is rejected, whatever its method, and however the browser
// indicates its origin. Requests from people and programs at this machine are accepted.
func TestOtherSitesPagesAreRefused(t *testing.T) {
	t.Parallel()
	guard := loopback.NewGuard("https://latch.example.com/in", "no URL", "http://127.0.0.1:8233")
	for name, test := range map[string]struct {
		headers map[string][]string
		in      bool
	}{
		"a program":                      {nil, true},
		"an address that a person typed": {map[string][]string{"Sec-Fetch-Site": {"none"}}, true},
		"its own page":                   {map[string][]string{"Sec-Fetch-Site": {"same-origin"}}, true},
		"its own page's form": {
			map[string][]string{"Sec-Fetch-Site": {"same-origin"}, "Origin": {"http://127.0.0.1:7127"}}, true},
		"its own page, in an old browser": {map[string][]string{"Origin": {"http://127.0.0.1:7127"}}, true},
		"its own page, in an older one":   {map[string][]string{"Referer": {"http://127.0.0.1:7127/locks/a"}}, true},
		"its public address": {
			map[string][]string{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://latch.example.com"}}, true},
		"its public address, with the port": {map[string][]string{"Origin": {"https://latch.example.com:443"}}, true},
		"a link on its public address":      {map[string][]string{"Referer": {"https://latch.example.com/in/locks/a"}}, true},
		"another site":                      {map[string][]string{"Sec-Fetch-Site": {"cross-site"}}, false},
		"a trusted page of another port": {
			map[string][]string{"Sec-Fetch-Site": {"same-site"}, "Origin": {"http://127.0.0.1:8233"}}, true},
		"another port":                         {map[string][]string{"Sec-Fetch-Site": {"same-site"}}, false},
		"a word that is not known":             {map[string][]string{"Sec-Fetch-Site": {"some-site"}}, false},
		"no word":                              {map[string][]string{"Sec-Fetch-Site": {""}}, false},
		"two words":                            {map[string][]string{"Sec-Fetch-Site": {"none", "cross-site"}}, false},
		"another site, by its Origin":          {map[string][]string{"Origin": {"https://evil.example"}}, false},
		"another port, by its Origin":          {map[string][]string{"Origin": {"http://127.0.0.1:8080"}}, false},
		"another name, by its Origin":          {map[string][]string{"Origin": {"http://localhost:7127"}}, false},
		"a page of nowhere":                    {map[string][]string{"Origin": {"null"}}, false},
		"a file":                               {map[string][]string{"Origin": {"file://127.0.0.1:7127"}}, false},
		"an Origin that is empty":              {map[string][]string{"Origin": {""}}, false},
		"two Origins":                          {map[string][]string{"Origin": {"http://127.0.0.1:7127", "https://evil.example"}}, false},
		"another scheme of the public address": {map[string][]string{"Origin": {"http://latch.example.com"}}, false},
		"a foreign Origin that calls itself own": {
			map[string][]string{"Sec-Fetch-Site": {"same-origin"}, "Origin": {"https://evil.example"}}, false},
		"an own Origin that is of another site": {
			map[string][]string{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"http://127.0.0.1:7127"}}, false},
		"another site, by its Referer":    {map[string][]string{"Referer": {"https://evil.example/x"}}, false},
		"a Referer that cannot be read":   {map[string][]string{"Referer": {"http://127.0.0.1:7127:x/%zz"}}, false},
		"a Referer with the host as user": {map[string][]string{"Referer": {"http://127.0.0.1:7127@evil.example/"}}, false},
		"a Referer that is empty":         {map[string][]string{"Referer": {""}}, true},
		"a Referer beside a word of the browser's": {
			map[string][]string{"Sec-Fetch-Site": {"none"}, "Referer": {"https://evil.example/"}}, true},
		"the public address below another's domain": {map[string][]string{"Origin": {"https://latch.example.com.evil.example"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, method := range []string{"GET", "HEAD", "POST", "DELETE", "OPTIONS"} {
				request := httptest.NewRequest(method, "/", nil)
				request.Host = "127.0.0.1:7127"
				for header, values := range test.headers {
					request.Header[header] = values
				}
				require.Equal(t, test.in, guard.Check(request) == nil, method)
			}
		})
	}
}

// The port is that of the connection, or that of a public address on this machine, such as a
// tunnel's.
func TestThePortIsTheOneListenedOn(t *testing.T) {
	t.Parallel()
	at := func(host string) *http.Request {
		request := httptest.NewRequest("GET", "/", nil)
		request.Host = host
		return request.WithContext(context.WithValue(request.Context(), http.LocalAddrContextKey, net.Addr(&net.TCPAddr{Port: 7127})))
	}
	plain, tunnel := loopback.NewGuard("https://latch.example.com:9090"), loopback.NewGuard("http://localhost:8080", "http://localhost:7128")
	for host, in := range map[string][2]bool{
		"localhost:7127": {true, true}, "localhost": {true, true}, "localhost:8080": {false, true}, "127.0.0.1:8080": {false, true},
		"localhost:9090": {false, false}, "latch.example.com:9090": {false, false}, "localhost:7128": {false, false},
	} {
		require.Equal(t, in[0], plain.Check(at(host)) == nil, host)
		require.Equal(t, in[1], tunnel.Check(at(host)) == nil, host)
	}
	require.ErrorContains(t, plain.Check(at("localhost:evil")), `127.0.0.1 at port 7127, not to "localhost:evil"`)
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	for text, origin := range map[string]string{"https://A.example:443/x?y": "https://a.example",
		"http://a:80": "http://a", "http://a:443": "http://a:443"} {
		parsed, err := url.Parse(text)
		require.NoError(t, err)
		require.Equal(t, origin, loopback.Origin(parsed))
	}
}
