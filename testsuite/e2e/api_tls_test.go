package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/testsuite/process"
)

// Contract, "Settings": the API serves HTTPS with the files in LATCH_API_TLS_CERT and
// LATCH_API_TLS_KEY.
func TestAPITLS(t *testing.T) {
	t.Parallel()
	certificate, key, pool := selfSigned(t)
	address := freeAddress(t)
	started := process.Start(t, process.Command{Path: shared.starterPath, Args: []string{"serve"}, Env: []string{
		"TEMPORAL_ADDRESS=" + shared.server.FrontendHostPort, "LATCH_API_ADDR=" + address, "LATCH_API_KEYS=" + apiKeys,
		"LATCH_API_TLS_CERT=" + certificate, "LATCH_API_TLS_KEY=" + key}})
	secure := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	require.Eventually(t, func() bool {
		response, err := secure.Get("https://" + address + "/latch/v1/locks?API_KEY=read-key-0123456789")
		if err != nil {
			return false
		}
		defer response.Body.Close()
		return response.StatusCode == http.StatusOK
	}, patience, tick, started.Stderr.String())
}

// selfSigned writes a certificate for loopback and its key.
func selfSigned(t *testing.T) (certificate, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:        true, BasicConstraintsValid: true}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	require.NoError(t, err)
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	write := func(name, kind string, bytes []byte) string {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}), 0o600))
		return path
	}
	pool = x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed})))
	return write("cert.pem", "CERTIFICATE", signed), write("key.pem", "PRIVATE KEY", encoded), pool
}
