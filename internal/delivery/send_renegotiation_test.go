package delivery

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Types of TLS records.
const (
	alertRecord     = 21
	handshakeRecord = 22
)

// A receiver that asks for a client's certificate by renegotiation gets it (here: the client
// begins the requested handshake). If there is no certificate, the delivery fails permanently
// with advice.
func TestRenegotiation(t *testing.T) {
	t.Parallel()
	servers, clients := newAuthority(t, "servers"), newAuthority(t, "clients")
	certificate, key := clients.client(t, "latch")
	for name, test := range map[string]struct {
		tls     *latch.TLS
		answers byte
		why     string
	}{
		"with a certificate": {&latch.TLS{CA: "ca", ClientCert: "cert", ClientKey: "key"}, handshakeRecord, ""},
		"without a certificate": {&latch.TLS{CA: "ca"}, alertRecord,
			"asked to renegotiate TLS, as servers do to get a client's certificate: give tls.client_cert"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, answers := renegotiates(t, servers)
			r := request("https://" + address)
			r.Webhook.TLS = test.tls
			_, err := local(t, map[string]string{"ca": servers.pem, "cert": certificate, "key": key}).Send(t.Context(), r, 1)
			require.Equal(t, test.answers, <-answers)
			if test.why != "" {
				require.ErrorContains(t, err, test.why)
				require.False(t, Retryable(err))
			}
		})
	}
	again := tls.Config{Renegotiation: tls.RenegotiateOnceAsClient}
	require.Contains(t, whyRenegotiationRefused(&again), "which is allowed once")
	require.NotContains(t, whyRenegotiationRefused(nil), "allowed once")
}

// renegotiates serves TLS 1.2, asks for a new handshake after the request, and returns the type
// of the record that the client answers with. Go's own server cannot ask, so the record is
// built by hand.
func renegotiates(t *testing.T, authority *authority) (address string, answers <-chan byte) {
	t.Helper()
	_, _, certificate, key := issue(t, authority,
		&x509.Certificate{Subject: pkix.Name{CommonName: "receiver"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	answered := make(chan byte, 1)
	go func() {
		defer close(answered)
		plain, err := listener.Accept()
		if err != nil {
			return
		}
		defer func() { _ = plain.Close() }()
		var keys, sent bytes.Buffer
		server := tls.Server(&recorded{plain, &sent}, &tls.Config{Certificates: []tls.Certificate{pair}, MaxVersion: tls.VersionTLS12,
			CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}, KeyLogWriter: &keys})
		request, err := http.ReadRequest(bufio.NewReader(server))
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, request.Body)
		_, _ = plain.Write(helloRequest(keys.String(), sent.Bytes()))
		header := make([]byte, 5)
		if _, err := io.ReadFull(plain, header); err == nil {
			answered <- header[0]
		}
	}()
	return listener.Addr().String(), answered
}

// A recorded connection keeps the bytes written to it.
type recorded struct {
	net.Conn
	sent *bytes.Buffer
}

func (r *recorded) Write(data []byte) (int, error) {
	r.sent.Write(data)
	return r.Conn.Write(data)
}

// helloRequest returns the server's second encrypted record, a HelloRequest (RFC 5246, section
// 7.4.1.1), from the keys that the server logged and the bytes it has sent, in AES-128-GCM (RFC
// 5288).
func helloRequest(keys string, sent []byte) []byte {
	logged := strings.Fields(keys) // CLIENT_RANDOM <random> <master secret>
	clientRandom, _ := hex.DecodeString(logged[1])
	master, _ := hex.DecodeString(logged[2])
	serverRandom := sent[11 : 11+32] // after the headers of record and handshake, and the version
	block := expand(master, append([]byte("key expansion"), append(bytes.Clone(serverRandom), clientRandom...)...), 40)
	serverKey, serverNonce := block[16:32], block[36:40]
	aesBlock, _ := aes.NewCipher(serverKey)
	gcm, _ := cipher.NewGCM(aesBlock)
	sequence := binary.BigEndian.AppendUint64(nil, 1) // the first was Finished
	message := []byte{0, 0, 0, 0}
	header := []byte{handshakeRecord, 3, 3, 0, byte(len(message))}
	sealed := gcm.Seal(nil, append(bytes.Clone(serverNonce), sequence...), message, append(bytes.Clone(sequence), header...))
	record := []byte{handshakeRecord, 3, 3, 0, byte(len(sequence) + len(sealed))}
	return append(append(record, sequence...), sealed...)
}

// expand is P_SHA256 of RFC 5246, section 5.
func expand(secret, seed []byte, size int) (out []byte) {
	sum := func(data []byte) []byte {
		mac := hmac.New(sha256.New, secret)
		mac.Write(data)
		return mac.Sum(nil)
	}
	for a := sum(seed); len(out) < size; a = sum(a) {
		out = append(out, sum(append(bytes.Clone(a), seed...))...)
	}
	return out
}
