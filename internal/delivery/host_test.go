package delivery

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever a host is spelled like, it has one spelling that every later check
// reads alike: ASCII, lower case, and an address where it can be read as one.
func FuzzCanonicalHost(f *testing.F) {
	for _, seed := range []string{"127.0.0.1", "2130706433", "0x7f.1", "0177.1", "１２７。0.0.1", "Example.COM.", "::1", "fe80::1%eth0", "::ffff:127.0.0.1",
		"bücher.example", "xn--bcher-kva.example", "127.0.0.1..", "%31.0.0.1", "a\u00adb", "1.2.3.4\u200b", "0x", "[::1]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, spelled string) {
		host, err := canonicalHost(spelled)
		if err != nil {
			return
		}
		again, err := canonicalHost(host)
		require.NoError(t, err, host)
		require.Equal(t, host, again, "a canonical host stays as it is")
		require.False(t, strings.ContainsFunc(host, func(r rune) bool { return r > 0x7e || r <= ' ' }), host)
		written, errWritten := netip.ParseAddr(spelled)
		address, errAddress := netip.ParseAddr(host)
		if errWritten == nil {
			require.NoError(t, errAddress, "an address stays one: %q", host)
			require.Equal(t, Classify(written), Classify(address))
		}
		labels := strings.Split(host, ".")
		require.Equal(t, errAddress == nil && address.Is4(), isNumber(labels[len(labels)-1]) && !strings.Contains(host, ":"),
			"what ends in a number is an IPv4 address, and nothing else is: %q", host)
		if strings.Contains(host, ":") {
			return
		}
		parsed, err := url.Parse("http://" + host + "/")
		if err == nil { // a URL with that host leads to that host
			require.Equal(t, host, parsed.Hostname())
		}
	})
}

// A URL's parser and the guard agree about the host: whatever a target's URL
// says is what is dialled and checked.
func FuzzParseTarget(f *testing.F) {
	for _, seed := range []string{"http://127.0.0.1/", "https://user:pass@host/", "http://[::1%25lo]:80/", "http://2130706433:8080", "http://a\\@b/", "HTTP://Ex.Com./x#y", "http://%6c/", "http://①.1/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		target, err := parseTarget(address)
		if err != nil {
			return
		}
		require.Contains(t, []string{"http", "https"}, target.url.Scheme)
		require.Nil(t, target.url.User)
		host := target.url.Hostname()
		again, err := canonicalHost(host)
		require.NoError(t, err, "%q", address)
		require.Equal(t, host, again, "%q", address)
		reparsed, err := url.Parse(target.url.String())
		require.NoError(t, err, "%q", address)
		require.Equal(t, target.url.Host, reparsed.Host, "%q", address)
	})
}

// No record has the credentials of a URL, one that an endpoint names included.
func TestUserinfoIsHidden(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"https://user:hush@other.example/x?a=b@c":                            "https://***@other.example/x?a=b@c",
		"//hush@other.example":                                               "//***@other.example",
		`<https://u:hush@a.example/>; rel="next", <https://hush@b.example/>`: `<https://***@a.example/>; rel="next", <https://***@b.example/>`,
		"https://a@hush@other.example/":                                      "https://***@other.example/",
		"https://other.example/~me@work":                                     "https://other.example/~me@work",
		"mailto:ops@example.com":                                             "mailto:ops@example.com",
		"Ops <ops@example.com> // nothing":                                   "Ops <ops@example.com> // nothing",
	} {
		require.Equal(t, want, withoutUserinfo(value))
	}
	receiver := newReceiver(t, answering(302, "", map[string]string{"Location": "https://user:hush@other.example/"}))
	attempt, err := local(t, nil).Send(t.Context(), request(receiver.URL), 1)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "hush")
	require.Equal(t, "https://***@other.example/", attempt.Response.Headers["Location"])
}
