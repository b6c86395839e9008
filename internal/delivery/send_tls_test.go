package delivery

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/secret"
)

// An authority signs certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         string
}

func newAuthority(t testing.TB, name string) *authority {
	t.Helper()
	a := &authority{}
	a.certificate, a.key, a.pem, _ = issue(t, nil,
		&x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

func issue(t testing.TB, by *authority, template *x509.Certificate) (certificate *x509.Certificate,
	key *ecdsa.PrivateKey, certificatePEM, keyPEM string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template.SerialNumber, err = rand.Int(rand.Reader, big.NewInt(1<<62))
	require.NoError(t, err)
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := template, key
	if by != nil {
		parent, signer = by.certificate, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	require.NoError(t, err)
	certificate, err = x509.ParseCertificate(der)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return certificate, key, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
}

// client issues a client's certificate and returns it with its key.
func (a *authority) client(t testing.TB, name string) (certificate, key string) {
	t.Helper()
	_, _, certificate, key = issue(t, a,
		&x509.Certificate{Subject: pkix.Name{CommonName: name}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	return certificate, key
}

// serve starts a TLS receiver for the names, which returns the names of its clients.
func (a *authority) serve(t testing.TB, clients *authority, names ...string) *httptest.Server {
	t.Helper()
	_, _, certificate, key := issue(t, a,
		&x509.Certificate{Subject: pkix.Name{CommonName: "receiver"}, DNSNames: names, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	if len(names) > 0 {
		_, _, certificate, key = issue(t, a,
			&x509.Certificate{Subject: pkix.Name{CommonName: "receiver"}, DNSNames: names,
				ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	}
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := "nobody"
		if len(r.TLS.PeerCertificates) > 0 {
			name = r.TLS.PeerCertificates[0].Subject.CommonName
		}
		fmt.Fprintf(w, `{"client":%q,"protocol":%q}`, name, r.Proto)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	if clients != nil {
		server.TLS.ClientAuth, server.TLS.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
		server.TLS.ClientCAs.AddCert(clients.certificate)
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// Contract, Webhook: tls sets a client's certificate, authorities and a server's name, for a
// webhook and for an http task.
func TestMutualTLS(t *testing.T) {
	t.Parallel()
	servers, clients := newAuthority(t, "servers"), newAuthority(t, "clients")
	certificate, key := clients.client(t, "latch")
	_, otherKey := clients.client(t, "other")
	strangers, strangersKey := newAuthority(t, "strangers").client(t, "stranger")
	sender := local(t, map[string]string{"cert": certificate, "key": key, "both": key + certificate, "ca": servers.pem,
		"two-cas":   clients.pem + servers.pem,
		"other-key": otherKey, "stranger": strangers, "strangers-key": strangersKey, "clients-ca": clients.pem})
	mutual, plain, named := servers.serve(t, clients), servers.serve(t, nil), servers.serve(t, nil, "hooks.internal")
	for name, test := range map[string]struct {
		server *httptest.Server
		tls    *latch.TLS
		want   string // the client, or the error
		fails  bool
	}{
		"mutual":                {mutual, &latch.TLS{ClientCert: "cert", ClientKey: "key", CA: "ca"}, "latch", false},
		"one file of both":      {mutual, &latch.TLS{ClientCert: "both", ClientKey: "both", CA: "two-cas"}, "latch", false},
		"without a certificate": {mutual, &latch.TLS{CA: "ca"}, mutual.URL, true},
		"a stranger's":          {mutual, &latch.TLS{ClientCert: "stranger", ClientKey: "strangers-key", CA: "ca"}, mutual.URL, true},
		"another's key": {mutual, &latch.TLS{ClientCert: "cert", ClientKey: "other-key", CA: "ca"},
			"private key does not match public key", true},
		"a CA alone":                 {plain, &latch.TLS{CA: "ca"}, "nobody", false},
		"another CA":                 {plain, &latch.TLS{CA: "clients-ca"}, "unknown authority", true},
		"the system's CAs":           {plain, nil, "certificate", true},
		"a server's name":            {named, &latch.TLS{CA: "ca", ServerName: "hooks.internal"}, "nobody", false},
		"without the server's name":  {named, &latch.TLS{CA: "ca"}, "127.0.0.1", true},
		"with another server's name": {named, &latch.TLS{CA: "ca", ServerName: "hooks.example.com"}, "hooks.example.com", true},
	} {
		// The error for a client that the server refuses depends on when the refusal arrives.
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request(test.server.URL)
			r.Webhook.TLS = test.tls
			attempt, err := sender.Send(t.Context(), r, 1)
			response, taskErr := sender.Do(t.Context(), TaskRequest{Task: latch.HTTPTask{URL: test.server.URL, TLS: test.tls}})
			if test.fails {
				require.ErrorContains(t, err, test.want)
				require.ErrorContains(t, taskErr, test.want)
				return
			}
			require.NoError(t, err)
			require.NoError(t, taskErr)
			require.JSONEq(t, `"`+test.want+`"`, string(attempt.Data["client"]))
			require.JSONEq(t, `"HTTP/2.0"`, string(attempt.Data["protocol"]))
			require.JSONEq(t, string(attempt.Response.Body), response.Body)
		})
	}
}

// Transports are kept for each distinct setting, replaced when the secret's file changes, and
// bounded.
func TestTransportsAreKept(t *testing.T) {
	t.Parallel()
	servers := newAuthority(t, "servers")
	clients := newAuthority(t, "clients")
	server := servers.serve(t, clients)
	dir := t.TempDir()
	put := func(name, content string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	rotate := func(client string) {
		certificate, key := clients.client(t, client)
		put("client", certificate+key)
	}
	put("ca", servers.pem)
	rotate("first")
	store, err := secret.FromEnvironment(nil, dir, "", false)
	require.NoError(t, err)
	sender := newSender(t, Options{Secrets: store, EgressAllow: []string{"127.0.0.1"}})
	r := request(server.URL)
	r.Webhook.TLS = &latch.TLS{ClientCert: "client", ClientKey: "client", CA: "ca"}
	send := func() string {
		attempt, err := sender.Send(t.Context(), r, 1)
		require.NoError(t, err)
		return string(attempt.Data["client"])
	}
	kept := func() *http.Transport {
		require.Equal(t, 1, sender.tls.known.Len())
		return sender.tls.known.Values()[0].Transport
	}
	require.Equal(t, `"first"`, send())
	first := kept()
	require.Equal(t, `"first"`, send())
	require.Same(t, first, kept())
	rotate("second")
	require.Equal(t, `"second"`, send(), "the old connection is not used again")
	require.NotSame(t, first, kept())

	for i := range 2 * maximumTransports {
		_, err := sender.tls.of(fmt.Sprint(i), [32]byte{}, func() (*http.Transport, error) { return sender.newTransport(nil), nil })
		require.NoError(t, err)
		require.Equal(t, `"second"`, send(), "what is used is kept")
	}
	require.Equal(t, maximumTransports, sender.tls.known.Len())
}

// A proxy that is called by https is checked against the worker's own authorities, and does not
// get the receiver's client certificate.
func TestAProxySeesNoClientCertificate(t *testing.T) {
	t.Parallel()
	authority := newAuthority(t, "everybody's")
	certificate, key := authority.client(t, "latch")
	_, _, proxyCertificate, proxyKey := issue(t, authority,
		&x509.Certificate{DNSNames: []string{"localhost"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	pair, err := tls.X509KeyPair([]byte(proxyCertificate), []byte(proxyKey))
	require.NoError(t, err)
	var mutex sync.Mutex
	var names []string
	proxy := httptest.NewUnstartedServer(nil)
	proxy.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		mutex.Lock()
		defer mutex.Unlock()
		names = append(names, hello.ServerName)
		return nil, nil
	}}
	proxy.Config.ErrorLog = log.New(io.Discard, "", 0)
	proxy.StartTLS()
	defer proxy.Close()
	store := secrets(t, map[string]string{"cert": certificate, "key": key, "ca": authority.pem}, nil)
	_, port, err := net.SplitHostPort(proxy.Listener.Addr().String())
	require.NoError(t, err)
	sender := newSender(t, Options{Secrets: store, EgressProxy: "https://localhost:" + port, EgressAllow: []string{"127.0.0.1"}})
	r := request("https://127.0.0.1/")
	r.Webhook.TLS = &latch.TLS{ClientCert: "cert", ClientKey: "key", CA: "ca", ServerName: "hooks.internal"}
	_, err = sender.Send(t.Context(), r, 1)
	require.ErrorContains(t, err, "certificate signed by unknown authority", "tls.ca holds for the receiver alone")
	mutex.Lock()
	defer mutex.Unlock()
	require.Equal(t, []string{"localhost"}, names)
}
