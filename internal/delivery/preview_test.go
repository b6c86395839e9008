package delivery

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
)

// A preview contains everything that a worker would send, with only the names of secrets.
func TestAPreviewNamesSecrets(t *testing.T) {
	t.Parallel()
	r := request("https://hooks.example.com/x?api_key=s3cret&job=${job.id}")
	r.Variables = expr.Variables{"job": []byte(`{"id":"22739","title":"a \"b\""}`)}
	r.Webhook.Secret, r.Webhook.HeaderSecrets = "tower", map[string]string{"X-Key": "key"}
	r.Webhook.Auth = &latch.Auth{Basic: &latch.BasicAuth{Username: "ada", Password: "pass"}}
	r.Webhook.TLS = &latch.TLS{CA: "ca"}
	r.Webhook.Body = []byte(`"{\"text\": \"${job.title}\"}"`)
	shown, problems := Render(r)
	require.Empty(t, problems)
	require.Equal(t, "POST", shown.Method)
	require.Equal(t, "https://hooks.example.com/x?api_key=***&job=22739", shown.URL)
	require.Equal(t, `{"secret":"[secret tower]","text": "a \"b\""}`, string(shown.Body))
	for name, value := range map[string]string{"X-Key": "[secret key]", "X-Latch-Secret": "[secret tower]", "Content-Type": "application/json",
		"Authorization":     "Basic [base64 of ada:[secret pass]]",
		"Webhook-Signature": "[signature with the secret tower]", "Webhook-Id": r.DeliveryID} {
		require.Equal(t, value, shown.Header.Get(name), name)
	}

	r.Webhook.URL, r.Webhook.URLSecret = "", "address"
	r.Webhook.TLS, r.Webhook.Auth = nil, &latch.Auth{OAuth2: &latch.OAuth2{TokenURL: "https://a.example/token?sig=x",
		ClientID: "i", ClientSecret: "c"}}
	shown, problems = Render(r)
	require.Empty(t, problems)
	require.Equal(t, "[secret address]", shown.URL)
	require.Equal(t, "Bearer [token from https://a.example/token?sig=***]", shown.Header.Get("Authorization"))
}

// A preview reports all templates that cannot be rendered, with their paths, and shows the
// rest.
func TestAPreviewTellsAllThatIsWrong(t *testing.T) {
	t.Parallel()
	r := request("https://${vars.nothing}/")
	r.Webhook.Body = []byte(`"${vars.missing}"`)
	r.Webhook.Headers = map[string]string{"X-A": "${vars.gone}"}
	_, problems := Render(r)
	require.Len(t, problems, 3)
	for i, path := range []string{"url", "body", "headers"} {
		require.Equal(t, path, problems[i].Path)
		require.Contains(t, problems[i].Message, "its "+strings.TrimSuffix(path, "s"))
		require.Contains(t, problems[i].Message, "could not be rendered")
	}
	for name, broken := range map[string]latch.Webhook{
		"no url":      {ID: "w", Secret: "s"},
		"bad secret":  {ID: "w", URL: "https://a/", Secret: "no name!", HeaderSecrets: map[string]string{"X": ""}},
		"bad url":     {ID: "w", URL: "ftp://a"},
		"bad header":  {ID: "w", URL: "https://a/", Headers: map[string]string{"a b": "c"}},
		"bad preset":  {ID: "w", URL: "https://a/", Preset: "x", CloudEvents: "y", Method: "?"},
		"plain + tls": {ID: "w", URL: "http://a/", TLS: &latch.TLS{CA: "ca"}},
		"empty auth":  {ID: "w", URL: "https://a/", Auth: &latch.Auth{}},
	} {
		r := request("")
		r.Webhook = broken
		require.NotPanics(t, func() { Render(r) }, name)
	}
}
