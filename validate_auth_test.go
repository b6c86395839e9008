package latch_test

import (
	"strings"
	"testing"
)

// The rules of auth and tls, for a webhook and for an http task alike.
func TestContractAuthAndTLS(t *testing.T) {
	t.Parallel()
	const (
		noName = "not the name of a secret: a name matches ^[A-Za-z0-9][A-Za-z0-9_-]*(\\.[A-Za-z0-9_-]+)*$, and " +
			"stands for a value that the worker holds"
		oauth2 = `"auth":{"oauth2":{"token_url":"https://idp.example.com/token","client_id":"latch","client_secret":"idp"`
	)
	var rules []rule
	for _, each := range []struct {
		name, keys string
		want       []string // below the webhook or task
	}{
		{"bearer", `"auth":{"bearer":"token"}`, nil},
		{"basic", `"auth":{"basic":{"username":"ada","password":"pass"}}`, nil},
		{"an empty user name", `"auth":{"basic":{"username":"","password":"pass"}}`, []string{"auth.basic.username: required"}},
		{"oauth2", oauth2 + `}}`, nil},
		{"oauth2 with all", oauth2 + `,"scopes":["a","https://example.com/b"],"audience":"hooks","auth_style":"body"}}`, nil},
		{"none of them", `"auth":{}`, []string{"auth: auth is exactly one of bearer, basic and oauth2, not none"}},
		{"two of them", `"auth":{"bearer":"token","basic":{"username":"ada","password":"pass"}}`,
			[]string{"auth: auth is exactly one of bearer, basic and oauth2, not bearer and basic"}},
		{"another kind", `"auth":{"digest":"x"}`,
			[]string{"auth.digest: unknown key; the keys here are bearer, basic, oauth2",
				"auth: auth is exactly one of bearer, basic and oauth2, not none"}},
		{"with the header Authorization", `"headers":{"authorization":"x"},"auth":{"bearer":"token"}`,
			[]string{"auth: makes the header Authorization, which stands in headers too"}},
		{"names", `"auth":{"bearer":"a token!"}`, []string{"auth.bearer: " + noName}},
		{"required of basic", `"auth":{"basic":{}}`,
			[]string{"auth.basic.username: required", "auth.basic.password: required: the name of a secret"}},
		{"a colon", `"auth":{"basic":{"username":"a:b","password":"pass word"}}`,
			[]string{`auth.basic.username: "a:b" has a colon, which separates it from the password`, "auth.basic.password: " + noName}},
		{"a line break", `"auth":{"basic":{"username":"a\nb","password":"pass"}}`,
			[]string{`auth.basic.username: "a\nb" has control characters`}},
		{"required of oauth2", `"auth":{"oauth2":{}}`,
			[]string{"auth.oauth2.token_url: required", "auth.oauth2.client_id: required",
				"auth.oauth2.client_secret: required: the name of a secret"}},
		{"a scope", oauth2 + `,"scopes":["a b","","ü","a\"b"]}}`, []string{
			`auth.oauth2.scopes[0]: "a b" is not a scope: one or more visible ASCII characters but " and \ (RFC 6749, section 3.3)`,
			`auth.oauth2.scopes[1]: "" is not a scope: one or more visible ASCII characters but " and \ (RFC 6749, section 3.3)`,
			`auth.oauth2.scopes[2]: "ü" is not a scope: one or more visible ASCII characters but " and \ (RFC 6749, section 3.3)`,
			`auth.oauth2.scopes[3]: "a\"b" is not a scope: one or more visible ASCII characters but " and \ (RFC 6749, section 3.3)`}},
		{"many scopes", oauth2 + `,"scopes":["` + strings.Repeat("a", 1001) + `"]}}`,
			[]string{"auth.oauth2.scopes: have more than 1000 bytes together"}},
		{"params", oauth2 + `,"params":{"resource":"https://hooks.example.com/","tenant":"ü & b"}}}`, nil},
		{"params of its own", oauth2 +
			`,"params":{"grant_type":"password","client_id":"a","Client_Secret":"hush","scope":"a","audience":"b"}}}`, []string{
			"auth.oauth2.params.Client_Secret: give client_secret instead",
			"auth.oauth2.params.audience: give audience instead", "auth.oauth2.params.client_id: give client_id instead",
			"auth.oauth2.params.grant_type: cannot be set: the grant is client_credentials",
			"auth.oauth2.params.scope: give scopes instead"}},
		{"params that are credentials", oauth2 + `,"params":{"password":"hush","client_assertion":"hush"}}}`, []string{
			"auth.oauth2.params.client_assertion: is a credential, which no spec may hold",
			"auth.oauth2.params.password: is a credential, which no spec may hold"}},
		{"params that cannot be sent", oauth2 + `,"params":{"":"a","b":"","c":"1\n2","d":"${vars.d}","e":5}}}`, []string{
			"auth.oauth2.params.e: must be a string, not 5", "auth.oauth2.params: a parameter has no name",
			"auth.oauth2.params.b: required",
			`auth.oauth2.params.c: "1\n2" has control characters`, "auth.oauth2.params.d: is not a template: give it without ${…}"}},
		{"an auth style", oauth2 + `,"auth_style":"query"}}`, []string{`auth.oauth2.auth_style: "query" is not one of header, body`}},
		{"a token URL's scheme", strings.Replace(oauth2, "https:", "ftp:", 1) + `}}`,
			[]string{`auth.oauth2.token_url: "ftp://idp.example.com/token" must begin with http:// or https://`}},
		{"a token URL's credentials", strings.Replace(oauth2, "idp.example", "a:b@idp.example", 1) + `}}`,
			[]string{"auth.oauth2.token_url: has credentials before the host; give them as client_id and client_secret instead"}},
		{"a token URL's fragment", strings.Replace(oauth2, "/token", "/token#a", 1) + `}}`,
			[]string{"auth.oauth2.token_url: has a fragment, which a token endpoint must not have"}},
		{"a token URL is no template", strings.Replace(oauth2, "/token", "/${vars.a}", 1) + `}}`,
			[]string{"auth.oauth2.token_url: is not a template: give it without ${…}"}},
		{"a long client id", strings.Replace(oauth2, `"latch"`, `"`+strings.Repeat("a", 1001)+`"`, 1) + `}}`,
			[]string{"auth.oauth2.client_id: has 1001 bytes; the limit is 1000"}},

		{"tls", `"tls":{"client_cert":"cert","client_key":"key","ca":"ca","server_name":"hooks.example.com"}`, nil},
		{"a ca alone", `"tls":{"ca":"ca"}`, nil},
		{"an address as server name", `"tls":{"server_name":"2001:db8::1"}`, nil},
		{"nothing", `"tls":{}`, []string{"tls: give at least one of client_cert with client_key, ca and server_name"}},
		{"a certificate without its key", `"tls":{"client_cert":"cert"}`,
			[]string{"tls: client_cert and client_key go together: give both or neither"}},
		{"a key without its certificate", `"tls":{"client_key":"key"}`,
			[]string{"tls: client_cert and client_key go together: give both or neither"}},
		{"names of secrets", `"tls":{"client_cert":"a b","client_key":"-----BEGIN","ca":"/etc/ca.pem"}`,
			[]string{"tls.client_cert: " + noName, "tls.client_key: " + noName, "tls.ca: " + noName}},
		{"a server name", `"tls":{"server_name":"https://a/"}`,
			[]string{`tls.server_name: "https://a/" is not the name of a host or an IP address`}},
	} {
		var atWebhook, atTask []string
		for _, want := range each.want {
			atWebhook = append(atWebhook, "webhooks[0]."+want)
			atTask = append(atTask, "task.http."+want)
		}
		rules = append(rules,
			rule{"webhook: " + each.name, "release",
				aWebhook(`"id":"w","event":"BEFORE_RELEASE","url":"https://example.com/",` + each.keys), atWebhook},
			rule{"task: " + each.name, "job", aTask(`{"http":{"url":"https://example.com/",` + each.keys + `}}`), atTask})
	}
	const hook = `"id":"w","event":"BEFORE_RELEASE",`
	hold(t, append(rules,
		rule{"auth with a secret in Authorization", "release", aWebhook(hook + `"url":"https://example.com/",
			"header_secrets":{"AUTHORIZATION":"other"},"auth":{"bearer":"token"}`),
			[]string{"webhooks[0].auth: makes the header Authorization, which stands in header_secrets too"}},
		rule{"auth with the secret's header Authorization", "release", aWebhook(hook + `"url":"https://example.com/","secret":"board",
			"secret_header":"Authorization","auth":{"bearer":"token"}`),
			[]string{"webhooks[0].auth: makes the header Authorization, which stands in secret_header too"}},
		rule{"auth with credentials in the url", "release", aWebhook(hook + `"url":"https://a:b@example.com/","auth":{"bearer":"token"}`),
			[]string{"webhooks[0].url: has credentials before the host; give them by header_secrets instead"}},
		rule{"tls without https", "release", aWebhook(hook + `"url":"HTTP://example.com/","tls":{"ca":"ca"}`),
			[]string{"webhooks[0].tls: has no effect on a url that begins with http://"}},
		rule{"tls of a task without https", "job", aTask(`{"http":{"url":"http://example.com/","tls":{"ca":"ca"}}}`),
			[]string{"task.http.tls: has no effect on a url that begins with http://"}},
	))
}
