package issuer_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/internal/issuer"
	"github.com/latch-run/latch/internal/issuer/issuertest"
)

// of returns an issuer whose clock stands, some time ahead of now.
func of(from *issuertest.Issuer, ahead *atomic.Int64) *issuer.Issuer {
	stands := time.Now()
	now := func() time.Time { return stands.Add(time.Duration(ahead.Load())) }
	return issuer.New(issuer.Options{URL: from.URL, Audience: issuertest.Audience, ClientID: issuertest.ClientID,
		ClientSecret: issuertest.Secret, GroupsClaim: "groups", Transport: from.Transport(), Now: now})
}

// Contract, "Persons": who a token is about, and by which name.
func TestNames(t *testing.T) {
	t.Parallel()
	from := issuertest.New(t)
	asked := of(from, new(atomic.Int64))
	host := strings.TrimPrefix(from.URL, "https://")
	for name, test := range map[string]struct {
		claims map[string]any
		name   string
		groups []string
	}{
		"a verified address":        {map[string]any{}, "ann@example.com", []string{"sre"}},
		"verified, as a text":       {map[string]any{"email_verified": "true"}, "ann@example.com", []string{"sre"}},
		"an address not verified":   {map[string]any{"email_verified": false}, "oidc:ann@" + host, []string{"sre"}},
		"no address":                {map[string]any{"email": nil, "preferred_username": "root"}, "oidc:ann@" + host, []string{"sre"}},
		"an address like a subject": {map[string]any{"email": "oidc:bob@x"}, "oidc:ann@" + host, []string{"sre"}},
		"an address with a blank":   {map[string]any{"email": "board (by link)@x"}, "oidc:ann@" + host, []string{"sre"}},
		"an address without @":      {map[string]any{"email": "ann"}, "oidc:ann@" + host, []string{"sre"}},
		"groups as one text":        {map[string]any{"groups": "leads"}, "ann@example.com", []string{"leads"}},
		"groups in any order":       {map[string]any{"groups": []string{"b", "a", "b", "", "x\u0000"}}, "ann@example.com", []string{"a", "b"}},
		"groups of another kind":    {map[string]any{"groups": map[string]any{"a": 1}}, "ann@example.com", nil},
		"no groups":                 {map[string]any{"groups": nil}, "ann@example.com", nil},
		"several audiences":         {map[string]any{"aud": []string{"x", issuertest.Audience}}, "ann@example.com", []string{"sre"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			person, err := asked.Check(t.Context(), from.Token(t, test.claims))
			require.NoError(t, err)
			require.Equal(t, test.name, person.Name)
			require.Equal(t, test.groups, person.Groups)
		})
	}
	for _, subject := range []any{"", nil, "a\u202eb", strings.Repeat("x", 400)} {
		_, err := asked.Check(t.Context(), from.Token(t, map[string]any{"sub": subject, "email": nil}))
		require.ErrorContains(t, err, "the token's sub is empty, too long, or has a character that cannot be shown")
	}
}

// The groups' claim may be a member of another one.
func TestNestedGroups(t *testing.T) {
	t.Parallel()
	from := issuertest.New(t)
	asked := issuer.New(issuer.Options{URL: from.URL, Audience: issuertest.Audience, GroupsClaim: "realm_access.roles",
		Transport: from.Transport()})
	person, err := asked.Check(t.Context(), from.Token(t, map[string]any{"realm_access": map[string]any{"roles": []string{"a"}}}))
	require.NoError(t, err)
	require.Equal(t, []string{"a"}, person.Groups)
}

// Contract, "Persons": forged, expired, not yet valid and foreign tokens are refused, each with its
// reason, and none of them is quoted.
func TestRefusedTokens(t *testing.T) {
	t.Parallel()
	from := issuertest.New(t)
	asked := of(from, new(atomic.Int64))
	good := from.Token(t, nil)
	parts := strings.Split(good, ".")
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	signing := from.Key()
	public, err := json.Marshal(signing.Public())
	require.NoError(t, err)
	header := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	at := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	const unsigned = "the token's signature is not one of the issuer"
	for name, test := range map[string]struct{ token, says string }{
		"forged by another key": {issuertest.Sign(t, jose.SigningKey{Algorithm: jose.ES256,
			Key: jose.JSONWebKey{Key: other, KeyID: from.Key().KeyID}}, from.Claims(nil)), unsigned},
		"changed claims": {parts[0] + "." + header(`{"iss":"`+from.URL+`","aud":"latch-api","sub":"root","exp":9999999999}`) +
			"." + parts[2], unsigned},
		"alg none": {header(`{"alg":"none"}`) + "." + parts[1] + ".", "the token's alg is not accepted"},
		"HS256 with the public key": {issuertest.Sign(t, jose.SigningKey{Algorithm: jose.HS256,
			Key: jose.JSONWebKey{Key: public, KeyID: from.Key().KeyID}}, from.Claims(nil)), "the token's alg is not accepted"},
		"expired":            {from.Token(t, map[string]any{"exp": at(-2 * time.Minute)}), "the token expired at "},
		"no end":             {from.Token(t, map[string]any{"exp": nil}), "the token expired at "},
		"not yet valid":      {from.Token(t, map[string]any{"nbf": at(2 * time.Minute)}), "the token is not valid before "},
		"issued later":       {from.Token(t, map[string]any{"iat": at(2 * time.Minute)}), "the token is not valid before "},
		"another audience":   {from.Token(t, map[string]any{"aud": "other"}), `or its aud does not contain "latch-api"`},
		"no audience":        {from.Token(t, map[string]any{"aud": nil}), `or its aud does not contain "latch-api"`},
		"another issuer":     {from.Token(t, map[string]any{"iss": "https://evil.example"}), "the token is not of the issuer " + from.URL},
		"a longer issuer":    {from.Token(t, map[string]any{"iss": from.URL + "/"}), "the token is not of the issuer " + from.URL},
		"not a token at all": {header(`{"alg":"ES256"}`) + ".x.y", "the token is malformed"},
		"too large":          {from.Token(t, map[string]any{"x": strings.Repeat("x", 17<<10)}), "the limit is 16384"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := asked.Check(t.Context(), test.token)
			var refused *issuer.Refused
			require.ErrorAs(t, err, &refused)
			require.Contains(t, refused.Reason, test.says)
			require.NotContains(t, refused.Reason, "evil")
		})
	}
	_, err = asked.Check(t.Context(), from.Token(t, map[string]any{"exp": at(-30 * time.Second), "nbf": at(30 * time.Second)}))
	require.NoError(t, err, "the clocks may differ by a minute")
	none := issuer.New(issuer.Options{URL: from.URL, ClientID: issuertest.ClientID, Transport: from.Transport()})
	_, err = none.Check(t.Context(), good)
	require.ErrorContains(t, err, "LATCH_OIDC_AUDIENCE is not set")
}

// A new key of the issuer counts at once, and one that it has withdrawn no longer than five minutes.
func TestRotation(t *testing.T) {
	t.Parallel()
	from, ahead := issuertest.New(t), new(atomic.Int64)
	asked := of(from, ahead)
	endless := map[string]any{"exp": time.Now().Add(time.Hour).Unix()}
	old := from.Token(t, endless)
	_, err := asked.Check(t.Context(), old)
	require.NoError(t, err)
	from.Rotate(t)
	_, err = asked.Check(t.Context(), old)
	require.NoError(t, err, "its key is still known")
	ahead.Store(int64(6 * time.Minute))
	_, err = asked.Check(t.Context(), old)
	require.ErrorContains(t, err, "the token's signature is not one of the issuer")
	_, err = asked.Check(t.Context(), from.Token(t, endless))
	require.NoError(t, err)
	from.Rotate(t)
	_, err = asked.Check(t.Context(), from.Token(t, endless))
	require.NoError(t, err, "a new key is read when a token names it")
}

// A flood of tokens with unknown keys does not become one of requests to the issuer.
func TestUnknownKeysAreReadSeldom(t *testing.T) {
	t.Parallel()
	from, ahead := issuertest.New(t), new(atomic.Int64)
	asked := of(from, ahead)
	stranger := issuertest.New(t)
	for range 50 {
		_, err := asked.Check(t.Context(), stranger.Token(t, map[string]any{"iss": from.URL}))
		var refused *issuer.Refused
		require.ErrorAs(t, err, &refused)
	}
	require.LessOrEqual(t, from.Reads(), 5)
	from.Rotate(t)
	ahead.Store(int64(5 * time.Second))
	require.Eventually(t, func() bool { // go-oidc may still be about to forget its last reading
		_, err := asked.Check(t.Context(), from.Token(t, nil))
		return err == nil
	}, hang.Limit, time.Millisecond, "5 seconds later the keys may be read again")
}

// While the issuer is away, a token is not refused, but cannot be checked. It is asked again later.
func TestAway(t *testing.T) {
	t.Parallel()
	from, ahead := issuertest.New(t), new(atomic.Int64)
	asked := of(from, ahead)
	from.SetAway(true)
	var away *issuer.Away
	for range 3 {
		_, err := asked.Check(t.Context(), from.Token(t, nil))
		require.ErrorAs(t, err, &away)
		require.ErrorContains(t, err, from.URL)
		require.NotContains(t, err.Error(), "maintenance", "what it answered is not shown")
	}
	_, err := asked.Begin(t.Context(), "https://latch.example.com/login/answer", issuer.Attempt{State: "s", Nonce: "n", Verifier: "v"})
	require.ErrorAs(t, err, &away)
	from.SetAway(false)
	ahead.Store(int64(3 * time.Second))
	_, err = asked.Check(t.Context(), from.Token(t, nil))
	require.NoError(t, err)
	from.SetAway(true)
	_, err = asked.Check(t.Context(), from.Token(t, nil))
	require.NoError(t, err, "known keys count for a while")
	from.Rotate(t)
	_, err = asked.Check(t.Context(), from.Token(t, nil))
	require.ErrorAs(t, err, &away, "an unknown key cannot be looked up")
	ahead.Store(int64(9 * time.Minute))
	_, err = asked.Check(t.Context(), from.Token(t, map[string]any{"exp": time.Now().Add(time.Hour).Unix()}))
	require.ErrorAs(t, err, &away)
	require.False(t, errors.As(err, new(*issuer.Refused)))
}

// Only what has the form of a signed token is one.
func TestIsToken(t *testing.T) {
	t.Parallel()
	require.True(t, issuer.IsToken(issuertest.New(t).Token(t, nil)))
	for _, text := range []string{"", "a-sample-key-for-ann", "a.b.c", "e30.e30.e30", "eyJhbGciOiJub25lIn0", "eyJhbGciOiJub25lIn0.a.b.c"} {
		require.False(t, issuer.IsToken(text), text)
	}
}
