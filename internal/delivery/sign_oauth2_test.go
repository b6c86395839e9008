package delivery

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/egress"
	"github.com/latch-run/latch/internal/secret"
)

// An issuer is a token endpoint that numbers its tokens.
type issuer struct {
	*receiver
	issued atomic.Int64
	// lifetime is the value of expires_in; "" omits it.
	lifetime string
}

func newIssuer(t testing.TB, lifetime string) *issuer {
	t.Helper()
	i := &issuer{lifetime: lifetime}
	i.receiver = newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
		expires := ""
		if i.lifetime != "" {
			expires = `,"expires_in":` + i.lifetime
		}
		fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"bearer"%s}`, i.issued.Add(1), expires)
	})
	return i
}

func (i *issuer) auth() *latch.Auth {
	return &latch.Auth{OAuth2: &latch.OAuth2{TokenURL: i.URL + "/token", ClientID: "latch", ClientSecret: "client"}}
}

// count returns the number of requests.
func (r *receiver) count() int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return len(r.got)
}

// adjustable returns a sender whose clock the test sets.
func adjustable(t testing.TB) (sender *Sender, advance func(time.Duration)) {
	t.Helper()
	sender = local(t, map[string]string{"client": "cl1ent&secret"})
	var passed atomic.Int64
	start := sender.now()
	sender.now = func() time.Time { return start.Add(time.Duration(passed.Load())) }
	return sender, func(d time.Duration) { passed.Add(int64(d)) }
}

// RFC 6749, sections 2.3.1 and 4.4.2: the token request.
func TestTokenRequest(t *testing.T) {
	t.Parallel()
	issuer, receiver := newIssuer(t, "3600"), newReceiver(t, nil)
	sender, _ := adjustable(t)
	for name, test := range map[string]struct {
		change              func(*latch.OAuth2)
		body, authorization string
	}{
		"in the header": {func(*latch.OAuth2) {}, "grant_type=client_credentials",
			"Basic " + base64.StdEncoding.EncodeToString([]byte("latch:cl1ent%26secret"))},
		"in the body": {func(o *latch.OAuth2) { o.AuthStyle = latch.AuthStyleBody },
			"client_id=latch&client_secret=cl1ent%26secret&grant_type=client_credentials", ""},
		"with all": {func(o *latch.OAuth2) {
			o.ClientID, o.Scopes, o.Audience = "a:b", []string{"read", "write"}, "hooks & more"
		},
			"audience=hooks+%26+more&grant_type=client_credentials&scope=read+write",
			"Basic " + base64.StdEncoding.EncodeToString([]byte("a%3Ab:cl1ent%26secret"))},
	} {
		t.Run(name, func(t *testing.T) {
			r := request(receiver.URL)
			r.Webhook.Auth = issuer.auth()
			test.change(r.Webhook.Auth.OAuth2)
			_, err := sender.Send(t.Context(), r, 1)
			require.NoError(t, err)
			got := issuer.last(t)
			require.Equal(t, "POST /token", got.Method+" "+got.RequestURI)
			require.Equal(t, "application/x-www-form-urlencoded", got.Header.Get("Content-Type"))
			require.Equal(t, "application/json", got.Header.Get("Accept"))
			require.Equal(t, test.body, got.body)
			require.Equal(t, test.authorization, got.Header.Get("Authorization"))
			require.Equal(t, fmt.Sprintf("Bearer token-%d", issuer.issued.Load()), receiver.last(t).Header.Get("Authorization"))
		})
	}
	require.EqualValues(t, 3, issuer.issued.Load(), "different grants have tokens of their own")
}

// Contract, Webhook: the token is kept until shortly before it expires.
func TestTokenIsKept(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lifetime   string
		kept, gone time.Duration
	}{
		"an hour":           {"3600", 58 * time.Minute, 90 * time.Second},
		"as a string":       {`"3600"`, 58 * time.Minute, 90 * time.Second},
		"a short one":       {"10", 8 * time.Second, 1500 * time.Millisecond},
		"none told":         {"", 4 * time.Minute, time.Minute},
		"null":              {"null", 4 * time.Minute, time.Minute},
		"no number":         {`"soon"`, 4 * time.Minute, time.Minute},
		"longer than a day": {"1e300", 23 * time.Hour, time.Hour},
		"none":              {"0", -1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer, receiver := newIssuer(t, test.lifetime), newReceiver(t, nil)
			sender, advance := adjustable(t)
			send := func() string {
				r := request(receiver.URL)
				r.Webhook.Auth = issuer.auth()
				_, err := sender.Send(t.Context(), r, 1)
				require.NoError(t, err)
				return receiver.last(t).Header.Get("Authorization")
			}
			require.Equal(t, "Bearer token-1", send())
			if test.kept >= 0 {
				advance(test.kept)
				require.Equal(t, "Bearer token-1", send())
			}
			advance(test.gone)
			require.Equal(t, "Bearer token-2", send())
		})
	}
}

// A changed client secret gets a token of its own.
func TestTokenOfARotatedSecret(t *testing.T) {
	t.Parallel()
	issuer, receiver := newIssuer(t, "3600"), newReceiver(t, nil)
	sender, _ := adjustable(t)
	r := request(receiver.URL)
	r.Webhook.Auth = issuer.auth()
	for _, value := range []string{"old", "new", "new"} {
		sender.secrets = secrets(t, map[string]string{"client": value}, nil)
		_, err := sender.Send(t.Context(), r, 1)
		require.NoError(t, err)
	}
	require.EqualValues(t, 2, issuer.issued.Load())
}

// Contract, Webhook: concurrent sends share one fetch, even if the one that began it is
// cancelled.
func TestConcurrentSendsShareAFetch(t *testing.T) {
	t.Parallel()
	asked, release := make(chan struct{}), make(chan struct{})
	var issued atomic.Int64
	tokens := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
		issued.Add(1)
		close(asked) // a second request panics
		<-release
		_, _ = w.Write([]byte(`{"access_token":"shared","expires_in":60}`))
	})
	receiver := newReceiver(t, nil)
	sender, _ := adjustable(t)
	r := request(receiver.URL)
	r.Webhook.Auth = &latch.Auth{OAuth2: &latch.OAuth2{TokenURL: tokens.URL, ClientID: "latch", ClientSecret: "client"}}

	first, cancel := context.WithCancel(t.Context())
	cancelled := make(chan error)
	go func() { _, err := sender.Send(first, r, 1); cancelled <- err }()
	<-asked
	cancel()
	err := <-cancelled
	require.ErrorIs(t, err, context.Canceled)
	require.True(t, Retryable(err))

	var group sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		group.Go(func() { _, errs[i] = sender.Send(t.Context(), r, 1) })
	}
	close(release)
	group.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.EqualValues(t, 1, issued.Load())
	require.Equal(t, len(errs), receiver.count())
}

// Contract, Webhook: a 401 to a kept token drops it and is retried with a new one; a 401 to a
// new token fails permanently.
func TestRefusedToken(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t, "3600")
	var good atomic.Value
	good.Store("Bearer token-1")
	receiver := newReceiver(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != good.Load() {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	sender, _ := adjustable(t)
	r := request(receiver.URL)
	r.Webhook.Auth = issuer.auth()
	send := func() error { _, err := sender.Send(t.Context(), r, 1); return err }
	require.NoError(t, send())

	good.Store("Bearer token-2")
	err := send()
	require.ErrorContains(t, err, "answered 401 Unauthorized: its OAuth2 token is dropped, and the next attempt gets a new one")
	require.True(t, Retryable(err))
	require.NoError(t, send())
	require.NoError(t, send())

	good.Store("nothing")
	require.True(t, Retryable(send()))
	err = send()
	require.ErrorContains(t, err, "answered 401 Unauthorized")
	require.False(t, Retryable(err), "a new token that is refused")
	good.Store("Bearer token-4")
	require.NoError(t, send(), "it was dropped all the same")
}

// A failure of the token endpoint is classified like that of a receiver, with Retry-After, and
// never appears as the receiver's own answer.
func TestTokenEndpointFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer    http.HandlerFunc
		want      string
		retryable bool
	}{
		"503": {answering(503, "", map[string]string{"Retry-After": "7"}), "answered 503 Service Unavailable", true},
		"429": {answering(429, "", map[string]string{"Retry-After": "7"}), "answered 429 Too Many Requests", true},
		"401": {answering(401,
			`{"error":"invalid_client","error_description":"no client with\r\ncl1ent&secret"}`, nil),
			"answered 401 Unauthorized: invalid_client, no client with ***", false},
		"400":           {answering(400, `{"error":"invalid_scope"}`, nil), "answered 400 Bad Request: invalid_scope", false},
		"410":           {answering(410, "", nil), "answered 410 Gone", false},
		"302":           {answering(302, "", map[string]string{"Location": "/elsewhere"}), "answered 302 Found", false},
		"no JSON":       {answering(200, "<html>", nil), "answered 200 OK, but no JSON object with access_token", false},
		"no token":      {answering(200, `{"error":"slow_down"}`, nil), "but no JSON object with access_token: slow_down", false},
		"another type":  {answering(200, `{"access_token":"acc3ss","token_type":"mac"}`, nil), "token_type other than Bearer", false},
		"a line break":  {answering(200, `{"access_token":"acc3ss\r\nX-A: b"}`, nil), "characters that cannot stand in a header", false},
		"a long token":  {answering(200, `{"access_token":"`+strings.Repeat("acc3ss", 4000)+`"}`, nil), "more than 16 KiB", false},
		"a long answer": {answering(200, `{"x":"`+strings.Repeat("x", 100<<10)+`","access_token":"acc3ss"}`, nil), "no JSON object", false},
		"a closed connection": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			"closed before the answer was complete", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tokens := newReceiver(t, test.answer)
			receiver := newReceiver(t, nil)
			sender, _ := adjustable(t)
			r := request(receiver.URL)
			r.Webhook.Auth = &latch.Auth{OAuth2: &latch.OAuth2{TokenURL: tokens.URL + "/token", ClientID: "latch", ClientSecret: "client"}}
			for range 2 {
				attempt, err := sender.Send(t.Context(), r, 1)
				require.ErrorContains(t, err, "the OAuth2 token of POST "+tokens.URL+"/token: ")
				require.ErrorContains(t, err, test.want)
				require.NotContains(t, err.Error(), "acc3ss")
				require.Equal(t, test.retryable, Retryable(err))
				require.Nil(t, attempt.Response)
				require.NotNil(t, attempt.Request)
				if delay, asked := RetryAfter(err); asked {
					require.Equal(t, 7*time.Second, delay)
				}
				var status *StatusError
				if asStatus(err, &status) {
					require.False(t, status.Gone, "the endpoint itself is not gone")
				}
			}
			require.Equal(t, 2, tokens.count(), "a failure is not kept")
			require.Zero(t, receiver.count())
		})
	}
}

func asStatus(err error, status **StatusError) bool {
	found, is := err.(*StatusError)
	*status = found
	return is
}

// The token endpoint is called through the same guard: no packet goes to an address that is not
// allowed, and the timeout applies.
func TestTokenEndpointIsGuarded(t *testing.T) {
	t.Parallel()
	issuer, receiver := newIssuer(t, "60"), newReceiver(t, nil)
	sender, _ := adjustable(t)
	sender.guard.Resolve = func(_ context.Context, host string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("169.254.169.254")}, nil
	}
	r := request(receiver.URL)
	r.Webhook.Auth = issuer.auth()
	r.Webhook.Auth.OAuth2.TokenURL = "http://idp.example.com/token"
	_, err := sender.Send(t.Context(), r, 1)
	var refused *egress.AddressError
	require.ErrorAs(t, err, &refused)
	require.False(t, Retryable(err))
	require.Zero(t, receiver.count())

	hung := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hung }))
	defer slow.Close()
	defer close(hung)
	r.Webhook.Auth.OAuth2.TokenURL = slow.URL
	r.Webhook.Timeout = latch.Duration(20 * time.Millisecond)
	_, err = sender.Send(t.Context(), r, 1)
	require.ErrorContains(t, err, "no complete answer within its timeout of 20ms")
	require.True(t, Retryable(err))
}

// An unreachable token endpoint does not affect the receiver: webhooks that need no token are
// delivered as before.
func TestDeadTokenEndpointLeavesTheReceiverAlone(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, nil)
	sender, _ := adjustable(t)
	r := request(receiver.URL)
	r.Webhook.Auth = &latch.Auth{OAuth2: &latch.OAuth2{TokenURL: "http://127.0.0.1:1/", ClientID: "latch", ClientSecret: "client"}}
	hold, err := sender.endpoints.enter(t.Context(), originOfText(t, receiver.URL), 0)
	require.NoError(t, err)
	defer hold.leave(nil)
	for range brokenAfter {
		_, err := sender.Send(t.Context(), r, 1)
		require.True(t, Retryable(err), err)
	}
	require.Zero(t, sender.endpoints.busy[originOfText(t, receiver.URL)].failures)
	require.Zero(t, receiver.count())
}

// Contract, "How long a run stays open": an attempt takes no longer than connecting and its
// timeout, which includes fetching a token.
func TestTokenTakesFromTheTimeout(t *testing.T) {
	t.Parallel()
	issuer, receiver := newIssuer(t, "60"), newReceiver(t, nil)
	sender, _ := adjustable(t)
	r := request(receiver.URL)
	r.Webhook.Auth = issuer.auth()
	prepared, _, err := sender.Prepare(r, 1)
	require.NoError(t, err)
	_, err = prepared.Send(t.Context())
	require.NoError(t, err)
	require.Positive(t, prepared.call.spent)

	another, _ := adjustable(t) // it has no token yet
	prepared, _, err = another.Prepare(r, 1)
	require.NoError(t, err)
	prepared.call.timeout = time.Nanosecond // for both; the token's own timeout did not change
	_, err = prepared.Send(t.Context())
	require.ErrorContains(t, err, "took all of the request's timeout of 1ns")
	require.True(t, Retryable(err))
	require.Equal(t, 1, receiver.count())
}

// LATCH_SECRETS_HOSTS binds the client's secret to the token endpoint's host, whatever the
// receiver's host is.
func TestClientSecretIsBoundToTheTokenEndpoint(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t, "60")
	receiver := newReceiver(t, nil)
	other := strings.Replace(receiver.URL, "127.0.0.1", "localhost", 1)
	store, err := secret.New(map[string]string{"client": "value"},
		secret.Options{Hosts: map[string][]string{"client": {"http://127.0.0.1"}}, HostsRequired: true})
	require.NoError(t, err)
	sender := newSender(t, Options{Secrets: store, EgressAllow: []string{"127.0.0.1"}})
	sender.guard.Resolve = func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}
	r := request(other)
	r.Webhook.Auth = issuer.auth()
	_, err = sender.Send(t.Context(), r, 1)
	require.NoError(t, err)
	require.Equal(t, "Bearer token-1", receiver.last(t).Header.Get("Authorization"))

	r.Webhook.Auth.OAuth2.TokenURL = strings.Replace(issuer.URL, "127.0.0.1", "localhost", 1)
	_, err = sender.Send(t.Context(), r, 1)
	var host *secret.HostError
	require.ErrorAs(t, err, &host)
	r.Webhook.URL, r.Webhook.Auth, r.Webhook.Secret = other, nil, "client"
	_, err = sender.Send(t.Context(), r, 1)
	require.ErrorAs(t, err, &host)
}

// The number of tokens is bounded.
func TestTokensAreBounded(t *testing.T) {
	t.Parallel()
	kept := newTokens()
	now := time.Now()
	for i := range 3 * maximumTokens {
		_, fetched, err := kept.get(t.Context(), [32]byte{byte(i), byte(i >> 8)}, func() time.Time { return now },
			func(context.Context) (*token, error) { return &token{"t", now.Add(time.Hour)}, nil })
		require.NoError(t, err)
		require.True(t, fetched)
	}
	require.Equal(t, maximumTokens, kept.known.Len())
}

func originOfText(t *testing.T, text string) origin {
	t.Helper()
	parsed, err := url.Parse(text)
	require.NoError(t, err)
	return originOf(parsed)
}

// Contract, Webhook: params are sent to the token endpoint, and different params lead to
// different tokens.
func TestOAuth2Params(t *testing.T) {
	t.Parallel()
	issuer, receiver := newIssuer(t, "3600"), newReceiver(t, nil)
	sender := local(t, map[string]string{"client": "cl1ent"})
	for i, resource := range []string{"https://a.example/?x=1&y=ü", "https://b.example/", "https://a.example/?x=1&y=ü"} {
		r := request(receiver.URL)
		r.Webhook.Auth = issuer.auth()
		r.Webhook.Auth.OAuth2.Scopes, r.Webhook.Auth.OAuth2.Params = []string{"send"}, map[string]string{"resource": resource}
		_, err := sender.Send(t.Context(), r, 1)
		require.NoError(t, err)
		require.Equal(t, min(i+1, 2), issuer.count())
		form, err := url.ParseQuery(issuer.last(t).body)
		require.NoError(t, err)
		if i < 2 {
			require.Equal(t, url.Values{"grant_type": {"client_credentials"}, "scope": {"send"}, "resource": {resource}}, form)
		}
		require.Equal(t, fmt.Sprintf("Bearer token-%d", []int{1, 2, 1}[i]), receiver.last(t).Header.Get("Authorization"))
	}
}

// A token is sent as a bearer token if its type says so in any spelling, or is empty. Any other
// type fails permanently.
func TestOAuth2TokenTypes(t *testing.T) {
	t.Parallel()
	for tokenType, sent := range map[string]bool{
		`"Bearer"`: true, `"bearer"`: true, `"BEARER"`: true, `"BearerToken"`: true, `"bearertoken"`: true,
		`"bearer_token"`: true, `"Bearer Token"`: true, `""`: true, `null`: true,
		`"mac"`: false, `"DPoP"`: false, `"N_A"`: false, `"Bearer2"`: false, `"token"`: false,
	} {
		issuer := newReceiver(t, answering(200, `{"access_token":"t0ken","token_type":`+tokenType+`}`, nil))
		receiver := newReceiver(t, nil)
		r := request(receiver.URL)
		r.Webhook.Auth = &latch.Auth{OAuth2: &latch.OAuth2{TokenURL: issuer.URL, ClientID: "latch", ClientSecret: "client"}}
		_, err := local(t, map[string]string{"client": "cl1ent"}).Send(t.Context(), r, 1)
		if !sent {
			require.ErrorContains(t, err, "token_type other than Bearer", tokenType)
			require.False(t, Retryable(err))
			require.Zero(t, receiver.count())
			continue
		}
		require.NoError(t, err, tokenType)
		require.Equal(t, "Bearer t0ken", receiver.last(t).Header.Get("Authorization"))
	}
}
