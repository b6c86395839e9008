package issuertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

// What a test's issuer knows.
const (
	Audience = "latch-api"
	ClientID = "latch-console"
	Secret   = "a-secret-of-the-client"
)

// An Issuer is a running issuer.
type Issuer struct {
	// URL is its address, as it stands in its tokens.
	URL    string
	server *httptest.Server

	mutex sync.Mutex
	keys  []jose.JSONWebKey
	codes map[string]grant
	away  bool
	// person are the claims of who logs in.
	person map[string]any
	// reads counts how often the keys were read.
	reads int
	// endsSessions makes the discovery document name where a logout goes on.
	endsSessions bool
}

// A grant is what a code stands for.
type grant struct{ redirect, challenge, nonce string }

// New starts an issuer, which ends with the test.
func New(t testing.TB) *Issuer {
	t.Helper()
	i := &Issuer{codes: map[string]grant{}, person: map[string]any{"sub": "ann", "email": "Ann@Example.com", "email_verified": true,
		"groups": []string{"sre"}}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", i.discover)
	mux.HandleFunc("GET /keys", i.showKeys)
	mux.HandleFunc("GET /authorize", i.authorize)
	mux.HandleFunc("POST /token", i.exchange)
	mux.HandleFunc("GET /logout", i.endSession)
	i.server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if i.isAway() {
			http.Error(w, "down for maintenance", http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(i.server.Close)
	i.URL = i.server.URL
	i.Rotate(t)
	return i
}

// Transport returns a transport that trusts the issuer's certificate.
func (i *Issuer) Transport() http.RoundTripper { return i.server.Client().Transport }

// Certificate returns the issuer's certificate, which signs itself.
func (i *Issuer) Certificate() *x509.Certificate { return i.server.Certificate() }

// EndSessions makes the issuer name an address that ends a login, below /logout.
func (i *Issuer) EndSessions() {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.endsSessions = true
}

// Rotate makes another key sign, and forgets the one before.
func (i *Issuer) Rotate(t testing.TB) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.keys = []jose.JSONWebKey{{Key: private, KeyID: rand.Text(), Algorithm: string(jose.ES256), Use: "sig"}}
}

// SetAway says whether every request is answered with 503.
func (i *Issuer) SetAway(away bool) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.away = away
}

func (i *Issuer) isAway() bool {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	return i.away
}

// Reads returns how often the keys were read.
func (i *Issuer) Reads() int {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	return i.reads
}

// SetPerson sets claims of who logs in.
func (i *Issuer) SetPerson(claims map[string]any) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	maps.Copy(i.person, claims)
}

// Key returns the key that signs.
func (i *Issuer) Key() jose.JSONWebKey {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	return i.keys[0]
}

// Claims returns those of a token that is accepted, with some changed; a nil one is left out.
func (i *Issuer) Claims(changed map[string]any) map[string]any {
	now := time.Now()
	claims := map[string]any{"iss": i.URL, "aud": Audience, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix()}
	i.mutex.Lock()
	maps.Copy(claims, i.person)
	i.mutex.Unlock()
	maps.Copy(claims, changed)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	return claims
}

// Token returns a token with the claims.
func (i *Issuer) Token(t testing.TB, changed map[string]any) string {
	t.Helper()
	return Sign(t, jose.SigningKey{Algorithm: jose.ES256, Key: i.Key()}, i.Claims(changed))
}

// Sign returns a token with the claims, signed with a key.
func Sign(t testing.TB, key jose.SigningKey, claims map[string]any) string {
	t.Helper()
	signed, err := sign(key, claims)
	require.NoError(t, err)
	return signed
}

func sign(key jose.SigningKey, claims map[string]any) (string, error) {
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

func (i *Issuer) discover(w http.ResponseWriter, _ *http.Request) {
	said := map[string]any{"issuer": i.URL, "jwks_uri": i.URL + "/keys", "authorization_endpoint": i.URL + "/authorize",
		"token_endpoint": i.URL + "/token", "id_token_signing_alg_values_supported": []string{"ES256"},
		"authorization_response_iss_parameter_supported": true}
	i.mutex.Lock()
	if i.endsSessions {
		said["end_session_endpoint"] = i.URL + "/logout?realm=main"
	}
	i.mutex.Unlock()
	write(w, said)
}

// endSession sends the browser back to the client.
func (i *Issuer) endSession(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if query.Get("client_id") != ClientID || query.Get("realm") != "main" || query.Get("post_logout_redirect_uri") == "" {
		http.Error(w, "invalid_request", http.StatusBadRequest)
		return
	}
	w.Header().Set("Location", query.Get("post_logout_redirect_uri"))
	w.WriteHeader(http.StatusFound)
}

func (i *Issuer) showKeys(w http.ResponseWriter, _ *http.Request) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.reads++
	var set jose.JSONWebKeySet
	for _, key := range i.keys {
		set.Keys = append(set.Keys, key.Public())
	}
	write(w, set)
}

// authorize logs the person in without a question, and sends the browser back.
func (i *Issuer) authorize(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if query.Get("response_type") != "code" || query.Get("client_id") != ClientID || query.Get("code_challenge_method") != "S256" ||
		query.Get("code_challenge") == "" || query.Get("nonce") == "" || query.Get("state") == "" {
		http.Error(w, "invalid_request", http.StatusBadRequest)
		return
	}
	code := rand.Text()
	i.mutex.Lock()
	i.codes[code] = grant{query.Get("redirect_uri"), query.Get("code_challenge"), query.Get("nonce")}
	i.mutex.Unlock()
	answer := url.Values{"code": {code}, "state": {query.Get("state")}, "iss": {i.URL}}
	w.Header().Set("Location", query.Get("redirect_uri")+"?"+answer.Encode())
	w.WriteHeader(http.StatusFound)
}

// exchange gives a token for a code, once.
func (i *Issuer) exchange(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	code := r.PostFormValue("code")
	i.mutex.Lock()
	granted, known := i.codes[code]
	delete(i.codes, code)
	i.mutex.Unlock()
	hash := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	fits := granted.challenge == base64.RawURLEncoding.EncodeToString(hash[:])
	if !known || !fits || granted.redirect != r.PostFormValue("redirect_uri") || id != ClientID || secret != Secret {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant"}`)
		return
	}
	token, err := sign(jose.SigningKey{Algorithm: jose.ES256, Key: i.Key()}, i.Claims(map[string]any{"aud": ClientID, "nonce": granted.nonce}))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	write(w, map[string]any{"access_token": "opaque", "token_type": "Bearer", "id_token": token})
}

func write(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value) // the caller has gone away
}
