package issuer

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Options configure an issuer.
type Options struct {
	// URL is the issuer's address, as it stands in its tokens.
	URL string
	// Audience is what the aud of a program's token must contain; "" if programs' tokens are not
	// accepted.
	Audience string
	// ClientID is the client of logins; "" if nobody can log in. ClientSecret is "" for a public
	// client.
	ClientID, ClientSecret string
	// GroupsClaim is the claim that holds a person's groups; "a.b" is the member b of the claim a.
	GroupsClaim string
	// Transport is used for all requests to the issuer; nil is a copy of http.DefaultTransport.
	Transport http.RoundTripper
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Limits of what is asked of the issuer.
const (
	requestTimeout = 10 * time.Second
	maximumAnswer  = 1 << 20
	// metadataLife is how long the issuer's addresses and keys are used before they are read again.
	// So a key that the issuer has withdrawn counts no longer than this.
	metadataLife = 5 * time.Minute
	// failureLife is how long a failure to read them is remembered.
	failureLife = 2 * time.Second
	// refreshEvery and refreshBurst bound how often tokens with unknown keys have the keys read
	// again.
	refreshEvery = 5 * time.Second
	refreshBurst = 3
)

// algorithms are the accepted signatures: all are asymmetric.
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512,
	oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}

// An Issuer is an OpenID Connect issuer. Use [New] to make one. It is safe for concurrent use.
type Issuer struct {
	options Options
	client  *http.Client
	// keys bounds and observes how the keys are read.
	keys *keyReader

	mutex sync.Mutex
	known *metadata
	// failed is the last failure to read the metadata, which began at failedAt.
	failed   error
	failedAt time.Time
}

// metadata is what the issuer says about itself.
type metadata struct {
	keys     oidc.KeySet
	endpoint oauth2.Endpoint
	// scopes are what a login asks for.
	scopes []string
	// confirms reports that the issuer adds its name to the answer to a login (RFC 9207).
	confirms bool
	// endSession is where a logout goes on; "" if the issuer names no such address.
	endSession string
	readAt     time.Time
}

// New returns an issuer. It does not call it.
func New(options Options) *Issuer {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Transport == nil {
		options.Transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	bounded := &boundedTransport{options.Transport}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Issuer{options: options, keys: newKeyReader(bounded, options.Now),
		client: &http.Client{Transport: bounded, Timeout: requestTimeout, CheckRedirect: stay}}
}

// URL returns the issuer's address.
func (i *Issuer) URL() string { return i.options.URL }

// Host returns the issuer's address without its scheme, for people and for names.
func (i *Issuer) Host() string {
	_, rest, _ := strings.Cut(i.options.URL, "://")
	return strings.TrimSuffix(rest, "/")
}

// LogsIn reports whether people can log in.
func (i *Issuer) LogsIn() bool { return i.options.ClientID != "" }

// metadata returns what the issuer says about itself, at most [metadataLife] old. Its error is an
// [Away].
func (i *Issuer) metadata(ctx context.Context) (*metadata, error) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	now := i.options.Now()
	if i.known != nil && now.Sub(i.known.readAt) < metadataLife {
		return i.known, nil
	}
	if i.failed != nil && now.Sub(i.failedAt) < failureLife {
		return nil, i.failed
	}
	read, err := i.readMetadata(context.WithoutCancel(ctx)) // others wait for it too
	if err != nil {
		i.failed, i.failedAt = &Away{Issuer: i.options.URL, Reason: err}, i.options.Now()
		return nil, i.failed
	}
	i.known, i.failed = read, nil
	i.known.readAt = i.options.Now()
	return i.known, nil
}

func (i *Issuer) readMetadata(ctx context.Context) (*metadata, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, i.client), i.options.URL)
	if err != nil {
		return nil, withoutBody(err)
	}
	var said struct {
		Keys     string   `json:"jwks_uri"`
		Methods  []string `json:"token_endpoint_auth_methods_supported"`
		Scopes   []string `json:"scopes_supported"`
		Confirms bool     `json:"authorization_response_iss_parameter_supported"`
		End      string   `json:"end_session_endpoint"`
	}
	if err := provider.Claims(&said); err != nil {
		return nil, fmt.Errorf("its discovery document cannot be read")
	}
	read := &metadata{endpoint: provider.Endpoint(), scopes: scopesOf(said.Scopes), confirms: said.Confirms}
	endpoints := map[string]string{"jwks_uri": said.Keys, "authorization_endpoint": read.endpoint.AuthURL,
		"token_endpoint": read.endpoint.TokenURL}
	for name, address := range endpoints {
		if err := i.checkEndpoint(name, address); err != nil {
			return nil, err
		}
	}
	if i.checkEndpoint("end_session_endpoint", said.End) == nil {
		read.endSession = said.End
	}
	read.endpoint.AuthStyle = authStyle(i.options.ClientSecret, said.Methods)
	keys := &http.Client{Transport: i.keys, Timeout: requestTimeout, CheckRedirect: i.client.CheckRedirect}
	read.keys = &keySet{remote: oidc.NewRemoteKeySet(oidc.ClientContext(context.Background(), keys), said.Keys)}
	i.keys.allowOne()
	return read, nil
}

// checkEndpoint refuses an address of the issuer without TLS, unless the issuer itself has none. A
// client without logins needs no endpoints for them.
func (i *Issuer) checkEndpoint(name, address string) error {
	if address == "" && name != "jwks_uri" && !i.LogsIn() {
		return nil
	}
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" {
		return fmt.Errorf("its discovery document has no %s", name)
	}
	if parsed.Scheme != "https" && !strings.HasPrefix(i.options.URL, "http://") {
		return fmt.Errorf("its discovery document has a %s without https", name)
	}
	return nil
}

// scopesOf returns the scopes of a login. Some issuers name a person's groups only to a client
// that asks for them, and then support a scope for that.
func scopesOf(supported []string) []string {
	scopes := []string{oidc.ScopeOpenID, oidc.ScopeEmail, oidc.ScopeProfile}
	if slices.Contains(supported, scopeGroups) {
		scopes = append(scopes, scopeGroups)
	}
	return scopes
}

// scopeGroups is the scope by which several issuers put a person's groups into tokens.
const scopeGroups = "groups"

// authStyle returns how the client proves itself at the token endpoint.
func authStyle(secret string, methods []string) oauth2.AuthStyle {
	if secret == "" {
		return oauth2.AuthStyleInParams
	}
	// OpenID Connect Discovery 1.0, section 3: client_secret_basic is the default.
	if len(methods) == 0 || slices.Contains(methods, "client_secret_basic") {
		return oauth2.AuthStyleInHeader
	}
	return oauth2.AuthStyleInParams
}
