package delivery

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/mask"
	"github.com/latch-run/latch/internal/rawjson"
)

// Contract, Templates: characters that a URL may not contain are percent-encoded, and escapes
// stay as they are.
func TestURLsAreEncoded(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, nil)
	sender := local(t, nil)
	for sent, want := range map[string]string{
		"/run?job=nightly export":             "/run?job=nightly%20export",
		"/run?name=Müller":                    "/run?name=M%C3%BCller",
		"/run?name=M%C3%BCller&b=a%20b":       "/run?name=M%C3%BCller&b=a%20b",
		"/run?a=%e2%82%ac&b=%zz&c=100%&d=%":   "/run?a=%e2%82%ac&b=%25zz&c=100%25&d=%25",
		"/run?a=1+2&b=%2B":                    "/run?a=1+2&b=%2B",
		"/run?q=a/b?c:@!$'()*,;-._~":          "/run?q=a/b?c:@!$'()*,;-._~",
		`/run?f[n]={"a":"<b>|\^` + "`" + `"}`: `/run?f%5Bn%5D=%7B%22a%22:%22%3Cb%3E%7C%5C%5E%60%22%7D`,
		"/run?\u3000=😀":                       "/run?%E3%80%80=%F0%9F%98%80",
		"/nightly export/ü%2F[1]/100%":        "/nightly%20export/%C3%BC%2F%5B1%5D/100%25",
		"/a%2Fb c":                            "/a%2Fb%20c",
		"/a//b/?":                             "/a//b/?",
		"?a b":                                "/?a%20b",
		"":                                    "/",
		"/a?b#c d":                            "/a?b",
		"#c?d":                                "/",
		"/line break?at=the end \r\n":         "/line%20break?at=the%20end",
	} {
		for name, address := range map[string]string{"fixed": receiver.URL + sent, "whole": "${vars.url}"} {
			variables := expr.Variables{"vars": rawjson.Encode(map[string]string{"url": receiver.URL + sent})}
			r := request(address)
			r.Variables = variables
			attempt, err := sender.Send(t.Context(), r, 1)
			require.NoError(t, err, "%s: %s", name, sent)
			got := receiver.last(t).RequestURI
			require.Equal(t, want, got, name)
			require.Contains(t, receiver.URL+want, strings.TrimPrefix(attempt.Request.URL, receiver.URL), "the record shows what was sent")
			_, err = sender.Do(t.Context(), TaskRequest{Task: latch.HTTPTask{URL: address}, Variables: variables})
			require.NoError(t, err)
			require.Equal(t, want, receiver.last(t).RequestURI, name)
			_, err = url.ParseRequestURI(got)
			require.NoError(t, err)
		}
	}
}

// The query of a token endpoint is encoded in the same way.
func TestTokenURLIsEncoded(t *testing.T) {
	t.Parallel()
	issuer := newReceiver(t, answering(200, `{"access_token":"t","token_type":"Bearer"}`, nil))
	receiver := newReceiver(t, nil)
	r := request(receiver.URL)
	r.Webhook.Auth = &latch.Auth{
		OAuth2: &latch.OAuth2{TokenURL: issuer.URL + "/token?tenant=a b&x=ü", ClientID: "latch", ClientSecret: "client"}}
	_, err := local(t, map[string]string{"client": "hush-hush"}).Send(t.Context(), r, 1)
	require.NoError(t, err)
	require.Equal(t, "/token?tenant=a%20b&x=%C3%BC", issuer.last(t).RequestURI)
}

// A control character in a URL may be an attempt to add a header. It is refused before anything
// is sent.
func TestControlCharactersInURLs(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"http://127.0.0.1:1/a\nb", "http://127.0.0.1:1/?a\r\nX: b",
		"http://127.0.0.1:1/\x00", "http://127.0.0.1:1/\ta", "http://127.0.0.1:1\n/x"} {
		r := request("${vars.url}")
		r.Variables = expr.Variables{"vars": rawjson.Encode(map[string]string{"url": address})}
		_, err := local(t, nil).Send(t.Context(), r, 1)
		require.ErrorContains(t, err, "control character")
		require.False(t, Retryable(err))
	}
}

// A URL that is a secret is encoded like any other, and only its host is shown.
func TestSecretURLIsEncoded(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Echo", r.RequestURI) })
	r := request("")
	r.Webhook.URLSecret = "hook"
	attempt, err := local(t, map[string]string{"hook": receiver.URL + "/T0K EN/%zz?k=ü"}).Send(t.Context(), r, 1)
	require.NoError(t, err)
	require.Equal(t, "/T0K%20EN/%25zz?k=%C3%BC", receiver.last(t).RequestURI)
	require.Equal(t, receiver.URL, attempt.Request.URL)
	require.Equal(t, mask.Hidden, attempt.Response.Headers["Echo"])
}
