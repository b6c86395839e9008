package latch

import (
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// An Auth authenticates the sender of a request (contract, "Webhook"). It has exactly one of
// its kinds. Each sets the header Authorization.
type Auth struct {
	// Bearer names the secret that is the token (RFC 6750).
	Bearer string     `json:"bearer,omitempty" latch:"secret"`
	Basic  *BasicAuth `json:"basic,omitempty"`
	OAuth2 *OAuth2    `json:"oauth2,omitempty"`
}

// A BasicAuth is a plain user name, and the name of the secret that is the password (RFC 7617).
type BasicAuth struct {
	Username string `json:"username" latch:"plain"`
	Password string `json:"password" latch:"secret"`
}

// An OAuth2 fetches a token with the client credentials grant (RFC 6749, section 4.4) and sends
// it as a bearer token.
type OAuth2 struct {
	// TokenURL is the token endpoint. It is not a template.
	TokenURL string `json:"token_url" latch:"url"`
	ClientID string `json:"client_id" latch:"plain"`
	// ClientSecret names the secret that is sent only to the token endpoint.
	ClientSecret string   `json:"client_secret" latch:"secret,issuer"`
	Scopes       []string `json:"scopes,omitempty" latch:"plain"`
	// Audience is a parameter that some token endpoints require.
	Audience string `json:"audience,omitempty" latch:"plain"`
	// Params are further parameters for the token endpoint, such as resource (RFC 8707). They
	// are not templates and must not contain secrets.
	Params map[string]string `json:"params,omitempty" latch:"plain"`
	// AuthStyle says where the client's credentials are sent: header (HTTP Basic, the default)
	// or body.
	AuthStyle string `json:"auth_style,omitempty" latch:"plain" unset:"header"`
}

// These are the values of [OAuth2.AuthStyle].
const (
	AuthStyleHeader = "header"
	AuthStyleBody   = "body"
)

// A TLS configures a request's TLS (contract, "Webhook"). ClientCert, ClientKey and CA name
// secrets in PEM.
type TLS struct {
	// ClientCert is the client's certificate, with its intermediate certificates. ClientKey is
	// its private key. Both or neither must be set.
	ClientCert string `json:"client_cert,omitempty" latch:"secret"`
	ClientKey  string `json:"client_key,omitempty" latch:"secret"`
	// CA are the authorities that verify the receiver's certificate, instead of the worker's
	// own.
	CA string `json:"ca,omitempty" latch:"secret"`
	// ServerName is the name that the receiver's certificate must have, instead of the URL's
	// host.
	ServerName string `json:"server_name,omitempty" latch:"plain"`
}

// maximumCredential bounds the texts of auth that go into one header, in bytes.
const maximumCredential = 1000

// validate checks the auth of a request. others maps its other headers to the field that
// contains each.
func (a *Auth) validate(problems *Problems, path string, others map[string]string) {
	if a == nil {
		return
	}
	if other := others["Authorization"]; other != "" {
		problems.Addf(path, "makes the header Authorization, which stands in %s too", other)
	}
	if kinds := a.kinds(); len(kinds) != 1 {
		problems.Addf(path, "auth is exactly one of bearer, basic and oauth2, not %s", orNothing(strings.Join(kinds, " and ")))
	}
	checkSecretName(problems, field(path, "bearer"), a.Bearer)
	if a.Basic != nil {
		a.Basic.validate(problems, field(path, "basic"))
	}
	if a.OAuth2 != nil {
		a.OAuth2.validate(problems, field(path, "oauth2"))
	}
}

func (a *Auth) kinds() []string {
	var kinds []string
	for _, kind := range []struct {
		name string
		set  bool
	}{{"bearer", a.Bearer != ""}, {"basic", a.Basic != nil}, {"oauth2", a.OAuth2 != nil}} {
		if kind.set {
			kinds = append(kinds, kind.name)
		}
	}
	return kinds
}

func (b *BasicAuth) validate(problems *Problems, path string) {
	checkCredential(problems, field(path, "username"), b.Username)
	if strings.Contains(b.Username, ":") {
		problems.Addf(field(path, "username"), "%q has a colon, which separates it from the password", b.Username)
	}
	requireSecretName(problems, field(path, "password"), b.Password)
}

func (o *OAuth2) validate(problems *Problems, path string) {
	if at := field(path, "token_url"); requireText(problems, at, o.TokenURL) {
		checkFixedURL(problems, at, o.TokenURL)
	}
	checkCredential(problems, field(path, "client_id"), o.ClientID)
	requireSecretName(problems, field(path, "client_secret"), o.ClientSecret)
	for i, scope := range o.Scopes {
		if !isScope(scope) {
			problems.Addf(element(field(path, "scopes"), i), "%q is not a scope: one or more visible ASCII characters but \" and \\ (RFC 6749, section 3.3)", scope)
		}
	}
	if len(strings.Join(o.Scopes, " ")) > maximumCredential {
		problems.Addf(field(path, "scopes"), "have more than %d bytes together", maximumCredential)
	}
	if o.Audience != "" {
		checkCredential(problems, field(path, "audience"), o.Audience)
	}
	o.validateParams(problems, field(path, "params"))
	oneOf(problems, field(path, "auth_style"), o.AuthStyle, AuthStyleHeader, AuthStyleBody)
}

// ownParameters maps the parameters of a token request that have their own fields to these
// fields. credentialParameters would suffice to get a token: they may not appear in the history
// of every run.
var (
	ownParameters        = map[string]string{"client_id": "client_id", "client_secret": "client_secret", "scope": "scopes", "audience": "audience"}
	credentialParameters = []string{"password", "refresh_token", "code", "code_verifier", "assertion", "client_assertion", "subject_token", "actor_token", "device_code"}
)

// maximumParams bounds the further parameters of a token request.
const maximumParams = 20

func (o *OAuth2) validateParams(problems *Problems, path string) {
	if len(o.Params) > maximumParams {
		problems.Addf(path, "has %d parameters; the limit is %d", len(o.Params), maximumParams)
		return
	}
	for _, name := range sortedKeys(o.Params) {
		at, lower := field(path, name), strings.ToLower(name)
		switch own := ownParameters[lower]; {
		case name == "":
			problems.Addf(path, "a parameter has no name")
			continue
		case lower == "grant_type":
			problems.Addf(at, "cannot be set: the grant is client_credentials")
		case own != "":
			problems.Addf(at, "give %s instead", own)
		case slices.Contains(credentialParameters, lower):
			problems.Addf(at, "is a credential, which no spec may hold")
		}
		checkCredential(problems, at, o.Params[name])
		if strings.Contains(o.Params[name], "${") {
			problems.Addf(at, "is not a template: give it without ${…}")
		}
	}
}

// checkFixedURL is [checkURL] for a URL that is not a template and has no fragment (RFC 6749,
// section 3.2).
func checkFixedURL(problems *Problems, path, text string) {
	switch {
	case strings.Contains(text, "${"):
		problems.Addf(path, "is not a template: give it without ${…}")
	case strings.Contains(text, "#"):
		problems.Addf(path, "has a fragment, which a token endpoint must not have")
	default:
		if parsed, err := url.Parse(text); err == nil && parsed.User != nil {
			problems.Addf(path, "has credentials before the host; give them as client_id and client_secret instead")
			return
		}
		checkURL(problems, path, text)
	}
}

func isScope(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' })
}

func (t *TLS) validate(problems *Problems, path, address string) {
	if t == nil {
		return
	}
	if *t == (TLS{}) {
		problems.Addf(path, "give at least one of client_cert with client_key, ca and server_name")
	}
	if (t.ClientCert == "") != (t.ClientKey == "") {
		problems.Addf(path, "client_cert and client_key go together: give both or neither")
	}
	checkSecretName(problems, field(path, "client_cert"), t.ClientCert)
	checkSecretName(problems, field(path, "client_key"), t.ClientKey)
	checkSecretName(problems, field(path, "ca"), t.CA)
	if t.ServerName != "" && !hostName.MatchString(t.ServerName) {
		problems.Addf(field(path, "server_name"), "%q is not the name of a host or an IP address", t.ServerName)
	}
	if len(address) >= len("http://") && strings.EqualFold(address[:len("http://")], "http://") {
		problems.Addf(path, "has no effect on a url that begins with http://")
	}
}

func checkCredential(problems *Problems, path, text string) {
	switch {
	case text == "":
		problems.Addf(path, "required")
	case len(text) > maximumCredential:
		problems.Addf(path, "has %d bytes; the limit is %d", len(text), maximumCredential)
	case strings.ContainsFunc(text, unicode.IsControl):
		problems.Addf(path, "%q has control characters", text)
	}
}

func requireSecretName(problems *Problems, path, name string) {
	if name == "" {
		problems.Addf(path, "required: the name of a secret")
	}
	checkSecretName(problems, path, name)
}

// headersIn adds the headers' canonical names, with the field that contains them.
func headersIn[V any](taken map[string]string, where string, headers map[string]V) {
	for name := range headers {
		taken[textproto.CanonicalMIMEHeaderKey(name)] = where
	}
}
