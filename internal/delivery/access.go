package delivery

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/egress"
	"github.com/latch-run/latch/internal/fields"
	"github.com/latch-run/latch/internal/secret"
	"github.com/latch-run/latch/internal/urlmask"
)

// An access is what lets a request in at its receiver (contract, "Webhook",
// auth and tls), with the secrets that it takes.
type access struct {
	auth *latch.Auth
	tls  *latch.TLS
	// secrets are those that go to the receiver.
	secrets keyring
	// client is the OAuth2 client's secret, which goes to the token endpoint
	// alone; nil where there is none.
	client *secret.Secret
}

// newAccess finds the client's secret; found are the others.
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

// texts returns what must be masked beside the secrets that go to the receiver:
// the client's, and credentials as they are encoded for a header.
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

// value returns the text of a secret that is to be sent; none was looked up
// where the worker lacks it.
func (a *access) value(name, use string) (string, error) {
	found := a.secrets.of(name)
	if found == nil {
		return "", fmt.Errorf("secret %q is missing", name)
	}
	return sendable(found, use)
}

// sendable returns a secret's text, or the reason why it cannot be sent.
func sendable(found *secret.Secret, use string) (string, error) {
	value, sendable := found.Value()
	if !sendable {
		return "", fmt.Errorf("secret %q %s and cannot be %s", found.Name(), whyKept(found), use)
	}
	return value, nil
}

// whyKept tells why a secret has no text to send.
func whyKept(found *secret.Secret) string {
	if _, isPEM := found.Document(); isPEM {
		return "is PEM"
	}
	return "only signs (it begins with whsec_ or whsk_)"
}

// writeHeader sets Authorization, but for OAuth2, whose token is not known yet.
func (a *access) writeHeader(header http.Header) error {
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
	if err := setHeader(header, "Authorization", credentials); err != nil {
		return fmt.Errorf("secret %q: %w", name, err)
	}
	return nil
}

// A keyring has the secrets that a request names, in the order of their names.
type keyring []*secret.Secret

// of returns the named secret; nil for one that is missing.
func (k keyring) of(name string) *secret.Secret {
	for _, held := range k {
		if held.Name() == name {
			return held
		}
	}
	return nil
}

// lookup finds secrets by name, "" being none, and gives what must be masked
// of them. The error names every one that is missing.
func (s *Sender) lookup(names []string) (found keyring, texts []string, err error) {
	var problems []error
	for i, name := range names {
		if name == "" || slices.Contains(names[:i], name) {
			continue
		}
		value, err := s.secrets.Lookup(name)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		found = append(found, value)
		texts = append(texts, value.Texts()...)
	}
	slices.SortFunc(found, func(a, b *secret.Secret) int { return strings.Compare(a.Name(), b.Name()) })
	return found, texts, errors.Join(problems...)
}

// secretTarget returns the URL that a secret is.
func secretTarget(secrets keyring, name string) (target, error) {
	held := secrets.of(name)
	address, sendable := held.Value()
	if !sendable {
		return target{}, fmt.Errorf("secret %q %s and is no URL", name, whyKept(held))
	}
	found, err := parseTarget(address)
	if err != nil {
		return target{}, fmt.Errorf("its url cannot be called: %w", err)
	}
	found.secret = true
	return found, nil
}

// targetOf returns the URL that a secret is, where one is named, or the one
// that it fills in.
func (t *templates) targetOf(urlSecret string, address *string, secrets keyring) (target, error) {
	if urlSecret != "" {
		return secretTarget(secrets, urlSecret)
	}
	if err := t.fillIn(fields.URLTemplate); err != nil {
		return target{}, err
	}
	found, err := parseTarget(*address)
	if err != nil {
		return target{}, fmt.Errorf("its url cannot be called: %w", err)
	}
	return found, nil
}

// urlTexts returns what must be masked of a URL that is a secret, as it is kept
// and as it is sent.
func urlTexts(secrets keyring, name string) []string {
	held := secrets.of(name)
	if held == nil {
		return nil
	}
	address, _ := held.Value()
	texts := urlmask.Secrets(address)
	if sent, err := encodeURL(address); err == nil && sent != address {
		texts = append(texts, urlmask.Secrets(sent)...)
	}
	return texts
}

// writeHeaderSecrets sets the headers whose values are secrets.
func writeHeaderSecrets(header http.Header, named map[string]string, secrets keyring) error {
	for _, each := range sortedNames(named) {
		held := secrets.of(named[each])
		value, sendable := held.Value()
		if !sendable {
			return fmt.Errorf("secret %q %s and cannot stand in the header %s", held.Name(), whyKept(held), each)
		}
		if err := setHeader(header, each, value); err != nil {
			return fmt.Errorf("secret %q: %w", held.Name(), err)
		}
	}
	return nil
}

// mayGoTo holds secrets to the hosts that they are bound to: that of the URL,
// and the one that the receiver's certificate is checked for in its place,
// since whoever has such a certificate gets what is sent.
func mayGoTo(secrets keyring, to target, tls *latch.TLS) error {
	places := []secret.Place{placeOf(to.url)}
	if tls != nil && tls.ServerName != "" {
		named := places[0]
		named.Host = tls.ServerName
		places = append(places, named)
	}
	var problems []error
	for _, held := range secrets {
		for _, place := range places {
			if err := held.MayGoTo(place); err != nil {
				problems = append(problems, err)
			}
		}
	}
	return errors.Join(problems...)
}

// placeOf returns where a URL leads.
func placeOf(address *url.URL) secret.Place {
	return secret.Place{Scheme: address.Scheme, Host: address.Hostname(), Port: egress.PortOf(address)}
}

// fail makes the error of a request that cannot be made. Its cause is kept
// where the text of it is known to have no secret.
func (c *call) fail(err error) *PermanentError {
	failed := permanentf("%s", c.tell(err.Error()))
	var missing *secret.MissingError
	var host *secret.HostError
	switch {
	case errors.As(err, &missing):
		failed.cause = missing
	case errors.As(err, &host):
		failed.cause = host
	}
	return failed
}

// admit makes a call of a request that is written: it gets the transport of
// its tls, and what gets its token.
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
