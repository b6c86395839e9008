package delivery

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/egress"
	"github.com/latch-run/latch/internal/secret"
	"github.com/latch-run/latch/internal/urlmask"
)

// sendable returns a secret's text, or the reason why it cannot be sent.
func sendable(found *secret.Secret, use string) (string, error) {
	value, sendable := found.Value()
	if !sendable {
		return "", fmt.Errorf("secret %q %s and cannot be %s", found.Name(), whyKept(found), use)
	}
	return value, nil
}

// whyKept returns why a secret has no text to send.
func whyKept(found *secret.Secret) string {
	if _, isPEM := found.Document(); isPEM {
		return "is PEM"
	}
	return "only signs (it begins with whsec_ or whsk_)"
}

// A keyring holds the secrets that a request names, sorted by name.
type keyring []*secret.Secret

// of returns the named secret, or nil if it is missing.
func (k keyring) of(name string) *secret.Secret {
	for _, held := range k {
		if held.Name() == name {
			return held
		}
	}
	return nil
}

// lookup finds secrets by name, ignoring "", and returns the texts to mask. The error names
// every missing secret.
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

// secretTarget returns the URL that a secret contains.
func secretTarget(secrets keyring, name string) (target, error) {
	held := secrets.of(name)
	address, sendable := held.Value()
	if !sendable {
		return target{}, fmt.Errorf("secret %q %s and is not a URL", name, whyKept(held))
	}
	found, err := parseTarget(address)
	if err != nil {
		return target{}, fmt.Errorf("its url cannot be called: %w", err)
	}
	found.secret = true
	return found, nil
}

// urlTexts returns the texts to mask for a URL that is a secret, as it is stored and as it is
// sent.
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
func writeHeaderSecrets(header *headerWriter, named map[string]string, secrets keyring) error {
	for _, each := range sortedNames(named) {
		held := secrets.of(named[each])
		value, sendable := held.Value()
		if !sendable {
			return fmt.Errorf("secret %q %s and cannot stand in the header %s", held.Name(), whyKept(held), each)
		}
		if err := header.set(each, value); err != nil {
			return fmt.Errorf("secret %q: %w", held.Name(), err)
		}
	}
	return nil
}

// mayGoTo checks secrets against the hosts that they are bound to: the host of the URL, and the
// one that the receiver's certificate is checked for instead, because whoever has that
// certificate receives the request.
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

// placeOf returns the scheme, the host and the port of a URL.
func placeOf(address *url.URL) secret.Place {
	return secret.Place{Scheme: address.Scheme, Host: address.Hostname(), Port: egress.PortOf(address)}
}
