package delivery

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/fields"
)

// maximumTransports bounds how many transports with their own TLS settings are kept, each with
// its connections.
const maximumTransports = 64

// transports keeps a transport for each distinct TLS setting, by the names of its secrets. A
// transport whose secrets have changed since is replaced; connections in flight continue.
type transports struct {
	mutex sync.Mutex
	known *simplelru.LRU[string, keptTransport]
}

type keptTransport struct {
	*http.Transport
	values [sha256.Size]byte
}

func newTransports() *transports {
	known, _ := simplelru.NewLRU(maximumTransports, func(_ string, dropped keptTransport) { dropped.CloseIdleConnections() })
	return &transports{known: known}
}

// transportFor returns the transport for the TLS settings. The error never contains a secret's
// value.
func (s *Sender) transportFor(settings *latch.TLS, secrets keyring) (*http.Transport, error) {
	documents := map[string]string{}
	digest := sha256.New()
	for _, name := range fields.Texts(fields.Of(settings), fields.Secret) {
		document, isPEM := secrets.of(name).Document()
		if !isPEM {
			return nil, fmt.Errorf("secret %q is no PEM, which its tls needs: there is no line that begins with -----BEGIN", name)
		}
		documents[name] = document
		fmt.Fprintf(digest, "%d:%s", len(document), document)
	}
	slot := strings.Join([]string{settings.ClientCert, settings.ClientKey, settings.CA, settings.ServerName}, "\x00")
	return s.tls.of(slot, [sha256.Size]byte(digest.Sum(nil)), func() (*http.Transport, error) {
		config, err := tlsConfig(settings, documents)
		if err != nil {
			return nil, err
		}
		return s.newTransport(config), nil
	})
}

func (k *transports) of(slot string, values [sha256.Size]byte, build func() (*http.Transport, error)) (*http.Transport, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if kept, found := k.known.Get(slot); found && kept.values == values {
		return kept.Transport, nil
	}
	built, err := build()
	if err != nil {
		return nil, err
	}
	k.known.Remove(slot)
	k.known.Add(slot, keptTransport{built, values})
	return built, nil
}

func (k *transports) close() {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	for _, kept := range k.known.Values() {
		kept.CloseIdleConnections()
	}
}

func tlsConfig(settings *latch.TLS, documents map[string]string) (*tls.Config, error) {
	config := &tls.Config{ServerName: settings.ServerName, MinVersion: tls.VersionTLS12}
	if name := settings.CA; name != "" {
		authorities, err := readCertificates(documents[name])
		if err != nil {
			return nil, fmt.Errorf("secret %q cannot be tls.ca: %w", name, err)
		}
		config.RootCAs = authorities
	}
	if settings.ClientCert != "" {
		pair, err := tls.X509KeyPair([]byte(documents[settings.ClientCert]), []byte(documents[settings.ClientKey]))
		if err != nil {
			return nil, fmt.Errorf("secrets %q and %q cannot be tls.client_cert and tls.client_key: %w", settings.ClientCert, settings.ClientKey, err)
		}
		config.Certificates = []tls.Certificate{pair}
		// With TLS 1.2 some servers ask for the certificate after the request, which they may
		// do once. Without a certificate the request for one fails.
		config.Renegotiation = tls.RenegotiateOnceAsClient
	}
	return config, nil
}

// readCertificates reads every certificate of a PEM document.
func readCertificates(document string) (*x509.CertPool, error) {
	pool, count := x509.NewCertPool(), 0
	for block, rest := pem.Decode([]byte(document)); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		count++
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("its certificate %d cannot be read: %w", count, err)
		}
		pool.AddCert(certificate)
	}
	if count == 0 {
		return nil, errors.New("it has no certificate in PEM")
	}
	return pool, nil
}
