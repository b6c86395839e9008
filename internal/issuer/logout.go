package issuer

import (
	"context"
	"fmt"
	"net/url"
)

// EndSession returns the issuer's address that ends a person's login there, to which the browser is
// sent (OpenID Connect RP-Initiated Logout 1.0), or "" if its discovery document names none. after
// is where the issuer then sends the browser, if it knows the address as one of the client's. The
// address has no id_token_hint, since no token is kept: an issuer may ask the person whether they
// want to log out. Its error is an [Away].
func (i *Issuer) EndSession(ctx context.Context, after string) (string, error) {
	known, err := i.metadata(ctx)
	if err != nil || known.endSession == "" {
		return "", err
	}
	address, err := url.Parse(known.endSession)
	if err != nil {
		return "", fmt.Errorf("the issuer's end_session_endpoint: %w", err)
	}
	query := address.Query()
	query.Set("client_id", i.options.ClientID)
	query.Set("post_logout_redirect_uri", after)
	address.RawQuery = query.Encode()
	return address.String(), nil
}
