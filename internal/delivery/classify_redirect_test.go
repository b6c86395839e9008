package delivery

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Contract, Responses: the error of a redirect names its target, without possible credentials.
func TestRedirectSaysWhereItLeads(t *testing.T) {
	t.Parallel()
	for location, want := range map[string]string{
		"https://new.example/hook":       "https://new.example/hook",
		"/hook/":                         "{R}/hook/",
		"hook2?a=1":                      "{R}/old/hook2?a=1",
		"//other.example/":               "http://other.example/",
		"?a=1":                           "{R}/old/hook?a=1",
		"https://user:hush@new.example/": "https://***@new.example/",
		"https://hush@new.example/":      "https://***@new.example/",
		"/login?next=%2Fhook&access_token=hush&b=2":        "{R}/login?next=%2Fhook&access_token=***&b=2",
		"/?X-Amz-Signature=hush&SAMLRequest=hush&k=v":      "{R}/?X-Amz-Signature=***&SAMLRequest=***&k=v",
		"/?ap%69_key=hush&code=hush&session=hush":          "{R}/?ap%69_key=***&code=***&session=***",
		"/cb#access_token=hush":                            "{R}/cb",
		"/with/mdoq-is-awesome/inside":                     "{R}",
		"https://new.example/?a=mdoq-is-awesome":           "https://new.example",
		"https://new.example/" + strings.Repeat("a", 5000): "https://new.example/aaaa",
		"http://[::1/":             "no valid URL",
		"https://new.example/\xff": "https://new.example/%FF",
		"":                         "",
	} {
		receiver := newReceiver(t, answering(http.StatusMovedPermanently, "", map[string]string{"Location": location}))
		sender := local(t, map[string]string{"key": "mdoq-is-awesome"})
		r := request(receiver.URL + "/old/hook")
		r.Webhook.Secret = "key"
		_, err := sender.Send(t.Context(), r, 1)
		require.ErrorContains(t, err, "redirects are not followed", location)
		require.NotContains(t, err.Error(), "hush", location)
		require.NotContains(t, err.Error(), "mdoq", location)
		if want == "" {
			require.NotContains(t, err.Error(), "leads to", location)
			continue
		}
		require.ErrorContains(t, err, "answered 301 Moved Permanently, which leads to "+strings.Replace(want, "{R}", receiver.URL, 1), location)
		task := latch.HTTPTask{URL: receiver.URL + "/old/hook", Success: "false"}
		_, err = sender.Do(t.Context(), TaskRequest{Task: task})
		require.ErrorContains(t, err, "leads to", location)
	}
}

// The error of a redirect does not quote a URL that is a secret, or a header that no record may
// have.
func TestRedirectTellsNoSecretURL(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.URL.Path+"/")
		w.WriteHeader(http.StatusPermanentRedirect)
	})
	r := request("")
	r.Webhook.URLSecret = "hook"
	_, err := local(t, map[string]string{"hook": receiver.URL + "/T0K3N-x"}).Send(t.Context(), r, 1)
	require.ErrorContains(t, err, "leads to "+receiver.URL+":")
	require.NotContains(t, err.Error(), "T0K3N")

	r = request(receiver.URL + "/elsewhere")
	r.Webhook.Redact = &latch.Redaction{Headers: []string{"location"}}
	_, err = local(t, nil).Send(t.Context(), r, 1)
	require.NotContains(t, err.Error(), "elsewhere/")
}
