package delivery

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/fields"
	"github.com/latch-run/latch/internal/secret"
)

// An access is the authentication of a request (contract, "Webhook", auth and tls), with the
// secrets that it needs.
type access struct {
	auth *latch.Auth
	tls  *latch.TLS
	// secrets are those sent to the receiver.
	secrets keyring
	// client is the OAuth2 client's secret, which is only sent to the token endpoint. It may be
	// nil.
	client *secret.Secret
}

// newAccess looks up the client's secret. found are the other secrets.
func (s *Sender) newAccess(auth *latch.Auth, tls *latch.TLS, found keyring) (access, error) {
	a := access{auth: auth, tls: tls, secrets: found}
	if auth == nil || auth.OAuth2 == nil {
		return a, nil
	}
	client, err := s.secrets.Lookup(auth.OAuth2.ClientSecret)
	if err == nil {
		a.client = client
	}
	return a, err
}

// texts returns what must be masked in addition to the secrets sent to the receiver: the
// client's secret, and credentials as they are encoded for a header.
func (a *access) texts() []string {
	var texts []string
	if a.client != nil {
		texts = a.client.Texts()
		if value, sendable := a.client.Value(); sendable {
			texts = append(texts, basic(url.QueryEscape(a.auth.OAuth2.ClientID), url.QueryEscape(value)))
		}
	}
	if a.auth != nil && a.auth.Basic != nil {
		if password, err := a.value(a.auth.Basic.Password, "auth.basic.password"); err == nil {
			texts = append(texts, basic(a.auth.Basic.Username, password))
		}
	}
	return texts
}

// basic returns the value of an Authorization header (RFC 7617).
func basic(username, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(username+":"+password))
}

// value returns the text of a secret that is to be sent, or "" if the worker lacks the secret.
func (a *access) value(name, use string) (string, error) {
	found := a.secrets.of(name)
	if found == nil {
		return "", fmt.Errorf("secret %q is missing", name)
	}
	return sendable(found, use)
}

// writeHeader sets Authorization, except for OAuth2, whose token is not known yet.
func (a *access) writeHeader(header *headerWriter) error {
	if a.auth == nil || a.auth.OAuth2 != nil {
		return nil
	}
	credentials, name := "", a.auth.Bearer
	if a.auth.Basic != nil {
		name = a.auth.Basic.Password
		password, err := a.value(name, "auth.basic.password")
		if err != nil {
			return err
		}
		credentials = basic(a.auth.Basic.Username, password)
	} else {
		token, err := a.value(name, "auth.bearer")
		if err != nil {
			return err
		}
		credentials = "Bearer " + token
	}
	if err := header.set("Authorization", credentials); err != nil {
		return fmt.Errorf("secret %q: %w", name, err)
	}
	return nil
}

// targetOf returns the URL in the named secret or, if urlSecret is "", the rendered template.
func (t *templates) targetOf(urlSecret string, address *string, secrets keyring) (target, error) {
	if urlSecret != "" {
		return secretTarget(secrets, urlSecret)
	}
	if err := t.fillIn(fields.URLTemplate); err != nil {
		return target{}, err
	}
	found, err := knownTarget(*address)
	if err != nil {
		return target{}, fmt.Errorf("its url cannot be called: %w", err)
	}
	return found, nil
}

// admit turns a written request into a call, with the transport of its tls and the grant that
// fetches its token.
func (s *Sender) admit(c *call, a *access) (err error) {
	if a.tls != nil {
		if c.request.url.Scheme != "https" {
			return errors.New("its tls has no effect: its url does not begin with https://")
		}
		if c.transport, err = s.transportFor(a.tls, a.secrets); err != nil {
			return err
		}
	}
	if a.client != nil {
		c.grant, err = s.newGrant(c, a)
	}
	return err
}
