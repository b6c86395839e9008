package delivery

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
)

// The client credentials grant is implemented here, and not by golang.org/x/oauth2, so that the
// token endpoint is called by [Sender.exchange] and thus with the same guard, limits,
// classification and masking as every receiver. That library follows redirects, reads 1 MiB,
// and quotes answers in its errors.

const (
	// tokenTimeout bounds the token endpoint's answer, once connected, if the request's own
	// timeout is longer.
	tokenTimeout = 30 * time.Second
	// defaultTokenLifetime applies to a token without expires_in.
	defaultTokenLifetime = 5 * time.Minute
	maximumTokenLifetime = 24 * time.Hour
	// tokenMargin is how long before its expiry a token is no longer used; for short lifetimes
	// it is one tenth of the lifetime.
	tokenMargin = time.Minute

	maximumTokenBytes = 16 << 10
)

// A grant fetches the token for a call.
type grant struct {
	sender *Sender
	// fetch is the call to the token endpoint. It is sent each time a token is fetched.
	fetch call
	key   tokenKey
}

// newGrant checks that the client's secret may go to the token endpoint, and writes the token
// request (RFC 6749, section 4.4.2).
func (s *Sender) newGrant(c *call, a *access) (*grant, error) {
	settings := a.auth.OAuth2
	secret, err := sendable(a.client, "auth.oauth2.client_secret")
	if err != nil {
		return nil, err
	}
	target, err := parseTarget(settings.TokenURL)
	if err != nil {
		return nil, fmt.Errorf("its auth.oauth2.token_url cannot be called: %w", err)
	}
	if err := a.client.MayGoTo(placeOf(target.url)); err != nil {
		return nil, err
	}
	header, body := s.tokenRequest(settings, secret)
	g := &grant{sender: s}
	g.fetch = call{request: outgoing{http.MethodPost, target.url, header, body}, target: "the OAuth2 token of " + target.shown(http.MethodPost, c.masker),
		timeout: min(c.timeout, tokenTimeout), masker: c.masker, token: true}
	g.key = sha256.Sum256(rawjson.Encode([]string{settings.TokenURL, latch.WithDefaults(*settings).AuthStyle, settings.ClientID, secret, string(body)}))
	return g, nil
}

// tokenRequest returns the token request's header and body. In the header the client's id and
// secret are form-encoded (RFC 6749, section 2.3.1).
func (s *Sender) tokenRequest(settings *latch.OAuth2, secret string) (http.Header, []byte) {
	form := url.Values{}
	for name, value := range settings.Params {
		form.Set(name, value) // first, so that they replace nothing below
	}
	form.Set("grant_type", "client_credentials")
	if len(settings.Scopes) > 0 {
		form.Set("scope", strings.Join(settings.Scopes, " "))
	}
	if settings.Audience != "" {
		form.Set("audience", settings.Audience)
	}
	header := http.Header{"Accept": {"application/json"}, "User-Agent": {s.userAgent}, "Content-Type": {"application/x-www-form-urlencoded"},
		idempotencyKey: nil} // may be repeated without a key, because all tokens are equally good
	if latch.WithDefaults(*settings).AuthStyle == latch.AuthStyleBody {
		form.Set("client_id", settings.ClientID)
		form.Set("client_secret", secret)
	} else {
		header.Set("Authorization", basic(url.QueryEscape(settings.ClientID), url.QueryEscape(secret)))
	}
	return header, []byte(form.Encode())
}

// perform sends a call, with a token if it needs one. Fetching the token counts towards the
// call's timeout. A token that the receiver rejects with 401 is dropped. If it came from an
// earlier attempt, the call may be retried with a new one.
func (s *Sender) perform(ctx context.Context, c *call) (*answer, error) {
	if c.grant == nil {
		return s.exchange(ctx, c)
	}
	begun := time.Now()
	used, fetched, err := s.tokens.get(ctx, c.grant.key, c.now, c.grant.token)
	if err != nil {
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			err = &UnreachableError{message: c.grant.fetch.tell("ended by the worker before it came"), cause: ctx.Err()}
		}
		return nil, err
	}
	if c.spent = time.Since(begun); c.spent >= c.timeout {
		return nil, &UnreachableError{message: c.grant.fetch.tell(fmt.Sprintf("it took all of the request's timeout of %s", c.timeout)), Timeout: true}
	}
	c.secrets = append(c.secrets, used.text)
	c.masker = s.maskerOf(c.secrets)
	c.request.header.Set("Authorization", "Bearer "+used.text)
	received, err := s.exchange(ctx, c)
	if received != nil && received.status == http.StatusUnauthorized {
		s.tokens.drop(c.grant.key, used)
		c.staleToken = !fetched
	}
	return received, err
}

// token fetches a token. Its errors are those of [Sender.Send], but none presents a status as
// the receiver's own.
func (g *grant) token(ctx context.Context) (*token, error) {
	c := g.fetch
	c.now = g.sender.clock(ctx)
	asked := c.now()
	received, err := g.sender.exchange(ctx, &c)
	if received == nil || err != nil && received.succeeded() {
		return nil, err
	}
	if received.succeeded() {
		return received.token(&c, asked)
	}
	if refused := received.statusError(&c, asked); refused.Retryable() {
		return nil, refused
	}
	return nil, permanentf("%s", c.tell(received.statusText()+received.leads(&c)+received.oauthError()))
}

// token reads a token response (RFC 6749, section 5.1).
func (a *answer) token(c *call, asked time.Time) (*token, error) {
	var told struct {
		AccessToken string          `json:"access_token"`
		TokenType   string          `json:"token_type"`
		ExpiresIn   json.RawMessage `json:"expires_in"`
	}
	if !a.read().isObject() || json.Unmarshal(a.body, &told) != nil || told.AccessToken == "" {
		return nil, permanentf("%s", c.tell(a.statusText()+", but no JSON object with access_token"+a.whyNot()))
	}
	switch {
	case !isBearer(told.TokenType):
		return nil, permanentf("%s", c.tell("it is of a token_type other than Bearer, which alone can be sent"))
	case len(told.AccessToken) > maximumTokenBytes:
		return nil, permanentf("%s", c.tell(fmt.Sprintf("it has more than %d KiB", maximumTokenBytes>>10)))
	case checkHeader("Authorization", told.AccessToken) != nil:
		return nil, permanentf("%s", c.tell("it has characters that cannot stand in a header"))
	}
	return &token{told.AccessToken, asked.Add(usable(told.ExpiresIn))}, nil
}

// whyNot says why an answer contains no token, as far as that is known.
func (a *answer) whyNot() string {
	if fault := a.read().fault; fault != "" {
		return ": " + fault
	}
	return a.oauthError()
}

// isBearer reports whether a token of the type is sent as a bearer token. The type may be empty
// or have any spelling ("BearerToken" is Apigee's).
func isBearer(tokenType string) bool {
	letters := strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(tokenType))
	return letters == "" || letters == "bearer" || letters == "bearertoken"
}

// usable returns how long a token is used. expiresIn is in seconds, which some servers write as
// a string.
func usable(expiresIn json.RawMessage) time.Duration {
	lifetime := defaultTokenLifetime
	var seconds float64
	if text := strings.Trim(string(expiresIn), `"`); text != "" && text != "null" && json.Unmarshal([]byte(text), &seconds) == nil {
		lifetime = time.Duration(max(0, min(seconds, maximumTokenLifetime.Seconds())) * float64(time.Second))
	}
	return lifetime - min(tokenMargin, lifetime/10)
}

// oauthError returns the error that an error response states (RFC 6749, section 5.2).
func (a *answer) oauthError() string {
	var told struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if !a.read().isObject() || json.Unmarshal(a.body, &told) != nil || told.Error == "" {
		return ""
	}
	if told.Description != "" {
		told.Error += ", " + told.Description
	}
	return ": " + strings.Join(strings.Fields(told.Error), " ")
}
