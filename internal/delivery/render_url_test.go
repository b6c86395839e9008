package delivery

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/egress"
	"github.com/latch-run/latch/internal/urlmask"
)

// The URL parser and the guard agree about the host: the host in a target's URL is the one that
// is dialled and checked.
func FuzzParseTarget(f *testing.F) {
	for _, seed := range []string{"http://127.0.0.1/", "https://user:pass@host/", "http://[::1%25lo]:80/",
		"http://2130706433:8080", "http://a\\@b/", "HTTP://Ex.Com./x#y", "http://%6c/", "http://①.1/"} {
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
		again, err := egress.CanonicalHost(host)
		require.NoError(t, err, "%q", address)
		require.Equal(t, host, again, "%q", address)
		reparsed, err := url.Parse(target.url.String())
		require.NoError(t, err, "%q", address)
		require.Equal(t, target.url.Host, reparsed.Host, "%q", address)
	})
}

// No record contains the credentials of a URL, including a URL that an endpoint names.
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
		require.Equal(t, want, urlmask.WithoutUserinfo(value))
	}
	receiver := newReceiver(t, answering(302, "", map[string]string{"Location": "https://user:hush@other.example/"}))
	attempt, err := local(t, nil).Send(t.Context(), request(receiver.URL), 1)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "hush")
	require.Equal(t, "https://***@other.example/", attempt.Response.Headers["Location"])
}

// A URL that may contain a credential is not cached.
func TestURLsWithCredentialsAreNotKept(t *testing.T) {
	t.Parallel()
	for address, kept := range map[string]bool{
		"http://kept.example/run/1":                      true,
		"http://kept.example/?job=1":                     true,
		"http://kept.example/?token=hush":                false,
		"https://hooks.slack.com/services/T1/B1/hushush": false,
	} {
		first, err := knownTarget(address)
		require.NoError(t, err)
		again, err := knownTarget(address)
		require.NoError(t, err)
		require.Equal(t, first, again)
		require.Equal(t, kept, targets.Contains(address), address)
	}
	_, err := knownTarget("ftp://kept.example/")
	require.Error(t, err)
}
