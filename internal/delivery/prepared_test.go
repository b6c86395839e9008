package delivery

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Wire returns the request that is sent, byte by byte.
func TestWireIsWhatIsSent(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	got := make(chan []byte)
	go func() {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		defer func() { _ = connection.Close() }()
		var raw bytes.Buffer
		request, err := http.ReadRequest(bufio.NewReader(io.TeeReader(connection, &raw)))
		if err == nil {
			_, _ = io.Copy(io.Discard, request.Body)
		}
		_, _ = io.WriteString(connection, "HTTP/1.1 204 No Content\r\n\r\n")
		got <- raw.Bytes()
	}()
	sender := local(t, map[string]string{"key": "s3cret value", "pass": "hunter2"})
	r := request("http://" + listener.Addr().String() + "/hook?a=b")
	r.Webhook.Secret, r.Webhook.Headers = "key", map[string]string{"X-Job": "22739"}
	r.Webhook.Auth = &latch.Auth{Basic: &latch.BasicAuth{Username: "ada", Password: "pass"}}
	prepared, attempt, err := sender.Prepare(r, 1)
	require.NoError(t, err)
	require.Nil(t, attempt.Response)
	wire, err := prepared.Wire(true)
	require.NoError(t, err)
	again, err := prepared.Wire(true)
	require.NoError(t, err)
	require.Equal(t, string(wire), string(again))
	masked, err := prepared.Wire(false)
	require.NoError(t, err)

	attempt, err = prepared.Send(t.Context())
	require.NoError(t, err)
	require.Equal(t, 204, attempt.Response.Status)
	require.Equal(t, string(<-got), string(wire))

	require.Contains(t, string(wire), `{"secret":"s3cret value",`)
	for _, value := range []string{"s3cret value", "hunter2", base64.StdEncoding.EncodeToString([]byte("ada:hunter2"))} {
		require.NotContains(t, string(masked), value)
	}
	require.Equal(t, 3, strings.Count(string(masked), "***"), string(masked))
	require.Contains(t, string(masked), prepared.Header("Webhook-Signature"))
}

// An OAuth2 token is fetched when the attempt is sent, not before.
func TestPrepareFetchesNoToken(t *testing.T) {
	t.Parallel()
	issuer, receiver := newIssuer(t, "60"), newReceiver(t, nil)
	sender, _ := adjustable(t)
	r := request(receiver.URL)
	r.Webhook.Auth = issuer.auth()
	prepared, _, err := sender.Prepare(r, 1)
	require.NoError(t, err)
	wire, err := prepared.Wire(true)
	require.NoError(t, err)
	require.Contains(t, string(wire), "\r\nAuthorization: Bearer ***\r\n")
	require.Equal(t, issuer.URL+"/token", prepared.TokenURL())
	require.Zero(t, issuer.count())
	_, err = prepared.Send(t.Context())
	require.NoError(t, err)
	require.Equal(t, "Bearer token-1", receiver.last(t).Header.Get("Authorization"))
}
