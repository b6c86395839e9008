package issuer

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// An Attempt is one login that has begun. Its values are secrets of the browser that began it, and
// are used once.
type Attempt struct {
	// State comes back with the answer, Nonce in the token, and Verifier proves to the issuer that
	// the same client asks for the token (PKCE). Each has at least 43 characters.
	State, Nonce, Verifier string
}

// An Answer is what the issuer sends back with the browser.
type Answer struct {
	State, Code string
	// Error is the issuer's reason for no code; Issuer is its name, if it gives one.
	Error, Issuer string
}

// loginClient returns the client of logins, to which the issuer answers at an address.
func (i *Issuer) loginClient(known *metadata, redirect string) *oauth2.Config {
	return &oauth2.Config{ClientID: i.options.ClientID, ClientSecret: i.options.ClientSecret, Endpoint: known.endpoint,
		RedirectURL: redirect, Scopes: known.scopes}
}

// Begin returns the issuer's address at which the person logs in. redirect is where the issuer then
// sends the browser. Its error is an [Away].
func (i *Issuer) Begin(ctx context.Context, redirect string, attempt Attempt) (string, error) {
	known, err := i.metadata(ctx)
	if err != nil {
		return "", err
	}
	nonce, challenge := oidc.Nonce(attempt.Nonce), oauth2.S256ChallengeOption(attempt.Verifier)
	return i.loginClient(known, redirect).AuthCodeURL(attempt.State, nonce, challenge), nil
}

// Finish returns who has logged in. Its error is a [Refused] or an [Away].
func (i *Issuer) Finish(ctx context.Context, redirect string, attempt Attempt, answer Answer) (*Person, error) {
	if attempt.State == "" || !equal(answer.State, attempt.State) {
		return nil, refused("this answer belongs to no login that this browser has begun, or to one that was finished or has expired")
	}
	known, err := i.metadata(ctx)
	switch {
	case err != nil:
		return nil, err
	case (answer.Issuer != "" || known.confirms) && answer.Issuer != i.options.URL:
		return nil, refused("this answer is not of the issuer %s", i.options.URL)
	case answer.Error != "":
		return nil, refused("the issuer did not log you in (%s)", readableError(answer.Error))
	case answer.Code == "":
		return nil, refused("the issuer's answer has no code")
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, i.client), requestTimeout)
	defer cancel()
	token, err := i.loginClient(known, redirect).Exchange(ctx, answer.Code, oauth2.VerifierOption(attempt.Verifier))
	if err != nil {
		return nil, i.notExchanged(err)
	}
	text, _ := token.Extra("id_token").(string)
	checked, err := i.verify(ctx, text, i.options.ClientID)
	if err != nil {
		return nil, err
	}
	if !equal(checked.Nonce, attempt.Nonce) {
		return nil, refused("the issuer's token is of another login")
	}
	if err := i.checkParty(checked); err != nil {
		return nil, err
	}
	return i.personOf(checked)
}

// checkParty refuses a token for several audiences that was issued to another client.
func (i *Issuer) checkParty(token *oidc.IDToken) error {
	var claims struct {
		Party string `json:"azp"`
	}
	if err := token.Claims(&claims); err != nil || len(token.Audience) > 1 && claims.Party != "" && claims.Party != i.options.ClientID {
		return refused("the issuer's token was issued to another client")
	}
	return nil
}

// notExchanged returns why a code brought no token: the issuer said no, or it is away.
func (i *Issuer) notExchanged(err error) error {
	var said *oauth2.RetrieveError
	if errors.As(err, &said) && said.Response != nil && isOfPerson(said) {
		if said.ErrorCode == "" {
			return refused("the issuer did not accept the code (status %d)", said.Response.StatusCode)
		}
		return refused("the issuer did not accept the code (%s)", readableError(said.ErrorCode))
	}
	if errors.As(err, &said) && said.Response != nil {
		return &Away{Issuer: i.options.URL, Reason: &statusError{said.Response.StatusCode}}
	}
	return &Away{Issuer: i.options.URL, Reason: withoutBody(err)}
}

// isOfPerson reports whether the issuer refused the login, rather than this client, or for now.
func isOfPerson(said *oauth2.RetrieveError) bool {
	switch status := said.Response.StatusCode; {
	case said.ErrorCode == "invalid_client", said.ErrorCode == "unauthorized_client":
		return false
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests:
		return false
	default:
		return status/100 == 4
	}
}

// readableError returns the code of an OAuth error if it is one, such as access_denied.
func readableError(code string) string {
	const longest = 60
	for _, r := range code {
		if (r < 'a' || r > 'z') && r != '_' {
			return "for a reason that it gives in no known form"
		}
	}
	return code[:min(len(code), longest)]
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
