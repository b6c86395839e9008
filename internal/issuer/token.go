package issuer

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// maximumToken bounds a token, in bytes.
const maximumToken = 16 << 10

// skew is by how much the issuer's clock and this one may differ.
const skew = time.Minute

// IsToken reports whether a text has the form of a signed token (JWT): three parts, the first of
// which is a header with an algorithm.
func IsToken(text string) bool {
	header, rest, _ := strings.Cut(text, ".")
	if strings.Count(rest, ".") != 1 {
		return false
	}
	decoded, err := base64.RawURLEncoding.DecodeString(header)
	var said struct {
		Algorithm string `json:"alg"`
	}
	return err == nil && json.Unmarshal(decoded, &said) == nil && said.Algorithm != ""
}

// Check returns whom a program's token is about. Its error is a [Refused] or an [Away].
func (i *Issuer) Check(ctx context.Context, token string) (*Person, error) {
	if i.options.Audience == "" {
		return nil, refused("this API accepts no tokens, since LATCH_OIDC_AUDIENCE is not set")
	}
	checked, err := i.verify(ctx, token, i.options.Audience)
	if err != nil {
		return nil, err
	}
	return i.personOf(checked)
}

// verify checks a token's signature, issuer, audience and times.
func (i *Issuer) verify(ctx context.Context, token, audience string) (*oidc.IDToken, error) {
	if len(token) > maximumToken {
		return nil, refused("the token has %d bytes; the limit is %d", len(token), maximumToken)
	}
	known, err := i.metadata(ctx)
	if err != nil {
		return nil, err
	}
	var away error
	now := i.options.Now()
	late := func() time.Time { return now.Add(-skew) }
	verifier := oidc.NewVerifier(i.options.URL, known.keys, &oidc.Config{ClientID: audience, SupportedSigningAlgs: algorithms, Now: late})
	checked, err := verifier.Verify(context.WithValue(ctx, outcomeKey{}, &away), token)
	var expired *oidc.TokenExpiredError
	switch {
	case away != nil:
		return nil, &Away{Issuer: i.options.URL, Reason: away}
	case errors.As(err, &expired):
		return nil, refused("the token expired at %s", expired.Expiry.UTC().Format(time.RFC3339))
	case err != nil:
		return nil, i.whyNot(token, audience)
	}
	return checked, checkBegin(checked, now)
}

// checkBegin refuses a token that is not valid yet.
func checkBegin(token *oidc.IDToken, now time.Time) error {
	var times struct {
		NotBefore float64 `json:"nbf"`
		IssuedAt  float64 `json:"iat"`
	}
	if err := token.Claims(&times); err != nil {
		return refused("the token's nbf and iat are not numbers")
	}
	begin := int64(max(times.NotBefore, times.IssuedAt))
	if begin > now.Add(skew).Unix() {
		return refused("the token is not valid before %s", time.Unix(begin, 0).UTC().Format(time.RFC3339))
	}
	return nil
}

// whyNot returns why a token was not accepted. It looks at what the token says, which nobody has
// confirmed, and shows nothing of it.
func (i *Issuer) whyNot(token, audience string) error {
	var header struct {
		Algorithm string `json:"alg"`
	}
	var claims struct {
		Issuer string `json:"iss"`
	}
	parts := strings.Split(token, ".")
	read := func(part string, into any) bool {
		decoded, err := base64.RawURLEncoding.DecodeString(part)
		return err == nil && json.Unmarshal(decoded, into) == nil
	}
	switch {
	case len(parts) != 3 || !read(parts[0], &header) || !read(parts[1], &claims):
		return refused("the token is malformed")
	case !slices.Contains(algorithms, header.Algorithm):
		return refused("the token's alg is not accepted; these are: %s", strings.Join(algorithms, ", "))
	case claims.Issuer != i.options.URL:
		return refused("the token is not of the issuer %s", i.options.URL)
	default:
		return refused("the token's signature is not one of the issuer %s, or its aud does not contain %q", i.options.URL, audience)
	}
}
