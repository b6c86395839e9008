package urlmask_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/urlmask"
)

// A parameter is a credential by its name, in any case and spelling. A name that only sounds
// similar is not one.
func TestCredentialsByName(t *testing.T) {
	t.Parallel()
	for _, name := range strings.Fields(
		`api_key apikey api-key API_KEY ApiKey apiKey APIKey x-api-key token TOKEN access_token accessToken id_token
		refresh_token idToken refreshToken private_token slack_token authtoken key KEY subscription-key
		x-functions-key appkey sharedKey signature Signature sig SIG hub_signature X-Amz-Signature x-amz-signature
		X-Amz-Security-Token X-Amz-Credential X-Goog-Signature X-Goog-Credential secret client_secret clientSecret
		CLIENT_SECRET secret_id webhook-secret password passwd Passwd pwd PWD pass user_password password_confirm
		auth authorization auth_token code CODE jwt JWT otp sas api%5Fkey %61pi_key api%255Fkey a%70ikey token[]
		auth[token] token2 session SAMLResponse hmac`) {
		require.True(t, urlmask.IsCredential(name), name)
	}
	for _, name := range strings.Fields(
		`id name keyword keyboard monkey author codec tokenize secretary passenger design signal compass page
		page_token nextPageToken sort_key primary_key public_key Idempotency-Key country_code status_code zip_code
		AWSAccessKeyId sv se redirect state q 1 ${x}`) {
		require.False(t, urlmask.IsCredential(name), name)
	}
}

// hush stands for a credential.
const hush = "hush"

// The credentials of a URL are hidden in any position, and nothing else is.
func TestURL(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://latch.example/v2/jobs/1/:actions?API_KEY=hush":            "https://latch.example/v2/jobs/1/:actions?API_KEY=***",
		"https://a.example/?a=1&token=hush&b=2":                            "https://a.example/?a=1&token=***&b=2",
		"https://a.example/?token=hush#top":                                "https://a.example/?token=***#top",
		"https://a.example/?token=":                                        "https://a.example/?token=",
		"https://a.example/?token":                                         "https://a.example/?token",
		"https://a.example/?token=hush=hush&b":                             "https://a.example/?token=***&b",
		"https://a.example/?token=hush&token=hush":                         "https://a.example/?token=***&token=***",
		"https://a.example/?a=1;sig=hush":                                  "https://a.example/?a=1;sig=***",
		"https://a.example/?sig=hush;hush":                                 "https://a.example/?sig=***",
		"https://a.example/?ap%69%5Fkey=hush":                              "https://a.example/?ap%69%5Fkey=***",
		"https://a.example/#access_token=hush&state=x":                     "https://a.example/#access_token=***&state=x",
		"https://a.example/#/route?token=hush":                             "https://a.example/#/route?token=***",
		"https://a.example/?next=https://b.example/?token=hush&c=3":        "https://a.example/?next=https://b.example/?token=***&c=3",
		"https://a.example/?next=https%3A%2F%2Fb%2F%3Ftoken%3Dhush&c=3":    "https://a.example/?next=***&c=3",
		"https://a.example/?next=%2Fx%253Ftoken%253Dhush":                  "https://a.example/?next=***",
		"https://a.example/?next=token%3Dhush":                             "https://a.example/?next=***",
		"https://a.example/?next=https%3A%2F%2Fb%2F%3Fa%3D1":               "https://a.example/?next=https%3A%2F%2Fb%2F%3Fa%3D1",
		"https://user:hush@a.example/x":                                    "https://***@a.example/x",
		"https://a.example:8443/x?sort_key=a&q=token":                      "https://a.example:8443/x?sort_key=a&q=token",
		"https://a.example?token=hush":                                     "https://a.example?token=***",
		"/v2/jobs?API_KEY=hush":                                            "/v2/jobs?API_KEY=***",
		"/x?next=https://b.example/&token=hush":                            "/x?next=https://b.example/&token=***",
		"https://hooks.slack.com/services/T1/B2/hush":                      "https://hooks.slack.com/services/***",
		"https://HOOKS.slack.com:443/services/T1/B2/hush?a=1":              "https://HOOKS.slack.com:443/services/***?a=1",
		"https://hooks.slack.com/%73ervices/T1/B2/hush":                    "https://hooks.slack.com/***",
		"https://hooks.slack.com/workflows/hush/hush":                      "https://hooks.slack.com/workflows/***",
		"https://discord.com/api/webhooks/123/hush":                        "https://discord.com/api/webhooks/123/***",
		"https://canary.discordapp.com/api/v10/webhooks/123/hush?wait=1":   "https://canary.discordapp.com/api/v10/webhooks/123/***?wait=1",
		"https://acme.webhook.office.com/webhookb2/hush/IncomingWebhook/h": "https://acme.webhook.office.com/webhookb2/***",
		"https://api.telegram.org/bothush/sendMessage":                     "https://api.telegram.org/bot***/sendMessage",
		"https://hooks.slack.com.evil.example/services/T1":                 "https://hooks.slack.com.evil.example/services/T1",
		"https://a.example/services/T1/B2/shown":                           "https://a.example/services/T1/B2/shown",
		"https://a.example/?token=${vars.token}":                           "https://a.example/?token=${vars.token}",
		"https://a.example/?token=${vars['token']}":                        "https://a.example/?token=***",
		"https://a.example/?token=${'hush'}":                               "https://a.example/?token=***",
		"https://a.example/?token=hush${a && b}hush&c=3":                   "https://a.example/?token=***&c=3",
		"https://a.example/${a ? '?' : \"}\"}?token=hush":                  "https://a.example/${a ? '?' : \"}\"}?token=***",
		"${vars.base}/x?API_KEY=hush":                                      "${vars.base}/x?API_KEY=***",
		"${vars.url}":                                                      "${vars.url}",
		"":                                                                 "",
	} {
		require.Equal(t, want, urlmask.URL(address))
		require.Equal(t, want, urlmask.URL(want), "what is masked stays as it is")
		if !strings.ContainsAny(address, "\"'") && strings.Contains(address, "://") && !strings.HasPrefix(address, "/") {
			require.Equal(t, "see ("+want+" \"x\"", urlmask.Text("see ("+address+" \"x\""))
		}
	}
}

// In a text every URL is looked at.
func TestText(t *testing.T) {
	t.Parallel()
	for _, row := range [][2]string{
		{`curl -X POST "https://a.example/:actions?API_KEY=hush" -d '{"action":"START"}' && wget ` +
			`https://b.example/?sig=hush`,
			`curl -X POST "https://a.example/:actions?API_KEY=***" -d '{"action":"START"}' && wget https://b.example/?sig=***`},
		{"{\n  http: {\n    url: https://a.example/?token=hush\n    method: PUT\n  }\n}",
			"{\n  http: {\n    url: https://a.example/?token=***\n    method: PUT\n  }\n}"},
		{`{\"url\":\"https://a.example/?token=hush\"}`, `{\"url\":\"https://a.example/?token=***\"}`},
		{"no URL; token=shown", "no URL; token=shown"},
	} {
		text, want := row[0], row[1]
		require.Equal(t, want, urlmask.Text(text))
	}
}

const registered = `{
  "url":"https://a.example/:actions?API_KEY=hush&a=1","n":1.50,
  "headers":{"Authorization":"Bearer hush","X-Trace":"shown","X-Token":"${vars.token}","Idempotency-Key":"shown"},
  "auth":{"oauth2":{"token_url":"https://b.example/token?key=hush","client_secret":"name-of-a-secret"}},
  "conf":{"cmd":"curl https://c.example/?sig=hush","cmd_env":{"API_TOKEN":"hush","MODE":"shown"}},
  "webhooks":[{"url":"https://hooks.slack.com/services/hush"},{"url":"https://d.example/"}]
}`

// A registered entry is shown without credentials, and otherwise unchanged.
func TestJSON(t *testing.T) {
	t.Parallel()
	shown := string(urlmask.JSON(json.RawMessage(registered)))
	require.NotContains(t, shown, hush)
	require.JSONEq(t, strings.NewReplacer("Bearer hush", "***", "hush", "***").Replace(registered), shown)
	require.Contains(t, shown, `1.50`)
	const harmless = `{"url": "https://a.example/",  "n":1.50, "text":"<&>"}`
	require.Equal(t, harmless, string(urlmask.JSON(json.RawMessage(harmless))), "byte by byte")
	require.Equal(t, "nonsense", string(urlmask.JSON(json.RawMessage("nonsense"))))
}

// A client that sends back what it was shown changes nothing. A client that changes something
// else keeps the credentials, except for another host.
func TestRestore(t *testing.T) {
	t.Parallel()
	shown := urlmask.JSON(json.RawMessage(registered))
	require.JSONEq(t, registered, string(urlmask.Restore(shown, json.RawMessage(registered))))
	for name, test := range map[string]struct{ kept, sent, want string }{
		"as it was": {`{"url":"https://a.example/?token=hush"}`, `{"url":"https://a.example/?token=***"}`,
			`{"url":"https://a.example/?token=hush"}`},
		"another path": {`{"url":"https://a.example/?token=hush"}`, `{"url":"https://a.example/b?c=1&token=***"}`,
			`{"url":"https://a.example/b?c=1&token=hush"}`},
		"a new value": {`{"url":"https://a.example/?token=hush"}`, `{"url":"https://a.example/?token=new"}`,
			`{"url":"https://a.example/?token=new"}`},
		"another host": {`{"url":"https://a.example/?token=hush"}`, `{"url":"https://evil.example/?token=***"}`,
			`{"url":"https://evil.example/?token=***"}`},
		"another scheme": {`{"url":"https://a.example/?token=hush"}`, `{"url":"http://a.example/?token=***"}`,
			`{"url":"http://a.example/?token=***"}`},
		"another port": {`{"url":"https://a.example/?token=hush"}`, `{"url":"https://a.example:1/?token=***"}`,
			`{"url":"https://a.example:1/?token=***"}`},
		"another parameter": {`{"url":"https://a.example/?token=hush"}`, `{"url":"https://a.example/?key=***"}`,
			`{"url":"https://a.example/?key=***"}`},
		"another field": {`{"url":"https://a.example/?token=hush"}`, `{"body":"https://a.example/?token=***"}`,
			`{"body":"https://a.example/?token=***"}`},
		"two of a name": {`{"url":"https://a.example/?key=one1&key=two2"}`,
			`{"url":"https://a.example/?key=***&key=new"}`, `{"url":"https://a.example/?key=one1&key=new"}`},
		"a chat's": {`{"url":"https://hooks.slack.com/services/T/hush"}`,
			`{"url":"https://hooks.slack.com/services/***"}`, `{"url":"https://hooks.slack.com/services/T/hush"}`},
		"a header": {`{"headers":{"Authorization":"hush"}}`, `{"headers":{"Authorization":"***","X":"1"}}`,
			`{"headers":{"Authorization":"hush","X":"1"}}`},
		"a header of no name": {`{"headers":{"Authorization":"hush"}}`, `{"headers":{"X-Key":"***"}}`, `{"headers":{"X-Key":"***"}}`},
		"within a command": {`{"cmd":"curl https://a.example/?key=hush"}`,
			`{"cmd":"curl -s https://a.example/?key=*** -o x"}`, `{"cmd":"curl -s https://a.example/?key=hush -o x"}`},
		"nothing kept":           {`null`, `{"url":"https://a.example/?token=***"}`, `{"url":"https://a.example/?token=***"}`},
		"asterisks of their own": {`{"url":"https://a.example/"}`, `{"body":"*** bold ***"}`, `{"body":"*** bold ***"}`},
	} {
		t.Run(name, func(t *testing.T) {
			restored := urlmask.Restore(json.RawMessage(test.sent), json.RawMessage(test.kept))
			require.JSONEq(t, test.want, string(restored))
			require.Equal(t, strings.Contains(test.want, "=***") || strings.Contains(test.want, `"***"`), urlmask.IsHidden(restored))
		})
	}
}

// No URL causes a panic, and a masked one contains no credential.
func FuzzURL(f *testing.F) {
	for _, seed := range []string{"https://a/?token=hush", "${a?b:c}?sig=1&x", "://?#;&=%",
		"https://hooks.slack.com/services/x", "a%3Ftoken%3D1", "${'"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		masked := urlmask.URL(address)
		for _, value := range urlmask.Values(masked) {
			require.Equal(t, urlmask.Hidden, value)
		}
		require.Equal(t, masked, urlmask.URL(masked))
		urlmask.Text(address)
	})
}
