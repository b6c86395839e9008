package codecserver_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch/codec"
	"github.com/latch-run/latch/internal/codecserver"
	"github.com/latch-run/latch/internal/guess"
)

const (
	ui    = "https://temporal.example.com"
	token = "a-token-of-enough-bytes"
)

func keys(t *testing.T) *codec.Codec {
	t.Helper()
	made, err := codec.New(codec.Key{ID: "k", Secret: bytes.Repeat([]byte{7}, 32)})
	require.NoError(t, err)
	return made
}

func serve(t *testing.T, tokens string) *httptest.Server {
	t.Helper()
	parsed, err := codecserver.ParseTokens(tokens)
	require.NoError(t, err)
	server := httptest.NewServer(codecserver.New(codecserver.Options{Codec: keys(t), Tokens: parsed, Origins: []string{ui}}))
	t.Cleanup(server.Close)
	return server
}

// The SDK's own client of codec servers receives the decrypted payloads.
func TestServesTheSDKsRemoteCodec(t *testing.T) {
	t.Parallel()
	server := serve(t, token)
	remote := converter.NewRemotePayloadCodec(converter.RemotePayloadCodecOptions{Endpoint: server.URL + "/my-namespace",
		ModifyRequest: func(r *http.Request) error { r.Header.Set("Authorization", "Bearer "+token); return nil }})
	plain := []*commonpb.Payload{{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(`{"a":1}`)}}
	encoded, err := remote.Encode(plain)
	require.NoError(t, err)
	require.Equal(t, codec.Encoding, string(encoded[0].GetMetadata()["encoding"]))
	decoded, err := remote.Decode(append(encoded, plain...))
	require.NoError(t, err)
	require.Equal(t, `{"a":1}`, string(decoded[0].GetData()))
	require.Equal(t, `{"a":1}`, string(decoded[1].GetData()))
	encoded[0].Metadata[codec.MetadataKeyID] = []byte("l")
	_, err = remote.Decode(encoded)
	require.ErrorContains(t, err, `the key "l"`)
}

// Nothing unauthenticated beyond loopback, and no web page but the UI's.
func TestWhoMayCall(t *testing.T) {
	t.Parallel()
	open, guarded := serve(t, ""), serve(t, "another-token-of-enough,"+token)
	for name, test := range map[string]struct {
		server  *httptest.Server
		method  string
		path    string
		host    string
		headers map[string]string
		status  int
	}{
		"this machine":                         {open, "POST", "/decode", "", nil, 200},
		"a path of the namespace":              {open, "POST", "/shop/encode", "", nil, 200},
		"the UI":                               {open, "POST", "/decode", "", map[string]string{"Origin": ui}, 200},
		"a page of elsewhere":                  {open, "POST", "/decode", "", map[string]string{"Origin": "https://evil.example"}, 403},
		"a page of nowhere":                    {open, "POST", "/decode", "", map[string]string{"Origin": "null"}, 403},
		"a page that calls us by another name": {open, "POST", "/decode", "evil.example", nil, 403},
		"a page of no port":                    {open, "POST", "/decode", "localhost:evil", nil, 403},
		"a page of another port":               {open, "POST", "/decode", "127.0.0.1:1", nil, 403},
		"a script of elsewhere":                {open, "GET", "/decode", "", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		"the UI, as a browser says it": {open, "POST", "/decode", "",
			map[string]string{"Origin": ui, "Sec-Fetch-Site": "cross-site"}, 200},
		"health by another name":          {open, "GET", "/healthz", "evil.example", nil, 403},
		"health for a page of elsewhere":  {open, "GET", "/healthz", "", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		"health of this machine":          {open, "GET", "/healthz", "", nil, 200},
		"health by any name, with tokens": {guarded, "GET", "/healthz", "codec.example.com", nil, 200},
		"a form of elsewhere":             {open, "POST", "/decode", "", map[string]string{"Content-Type": "text/plain"}, 415},
		"no token":                        {guarded, "POST", "/decode", "", nil, 401},
		"a wrong token": {guarded, "POST", "/decode", "",
			map[string]string{"Authorization": "Bearer " + token + "x"}, 401},
		"another scheme": {guarded, "POST", "/decode", "", map[string]string{"Authorization": "Basic " + token}, 401},
		"a token": {guarded, "POST", "/decode", "codec.example.com",
			map[string]string{"Authorization": "Bearer " + token}, 200},
		"a token from a page of elsewhere": {guarded, "POST", "/decode", "",
			map[string]string{"Authorization": "Bearer " + token, "Origin": "https://evil.example"}, 403},
		"another path":   {open, "POST", "/", "", nil, 404},
		"another method": {open, "GET", "/decode", "", nil, 404},
		"health":         {guarded, "GET", "/healthz", "", nil, 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response, body := call(t, test.server, test.method, test.path, test.host, `{"payloads":[]}`, test.headers)
			require.Equal(t, test.status, response.StatusCode, body)
			if test.status == 200 && test.path != "/healthz" {
				require.Equal(t, test.headers["Origin"], response.Header.Get("Access-Control-Allow-Origin"))
				require.Equal(t, "no-store", response.Header.Get("Cache-Control"))
			} else {
				require.Empty(t, response.Header.Get("Access-Control-Allow-Origin"))
			}
		})
	}
}

func call(t *testing.T, server *httptest.Server, method, path, host, body string, headers map[string]string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	for header, value := range headers {
		request.Header.Set(header, value)
	}
	request.Host = host
	response, err := server.Client().Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(text)
}

// A caller who guesses tokens must wait after ten, and the answer says for how long. A token
// that is in use at that address is not locked out.
func TestGuessedTokensAreSlowed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const other = "another-token-of-enough"
		tokens, err := codecserver.ParseTokens(token + "," + other)
		require.NoError(t, err)
		handler := codecserver.New(codecserver.Options{Codec: keys(t), Tokens: tokens})
		decode := func(bearer string) *httptest.ResponseRecorder {
			request := httptest.NewRequest("POST", "/decode", strings.NewReader(`{"payloads":[]}`))
			request.Header.Set("Content-Type", "application/json")
			if bearer != "" {
				request.Header.Set("Authorization", "Bearer "+bearer)
			}
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, request)
			return recorder
		}
		require.Equal(t, 200, decode(token).Code)
		for range guess.Burst {
			require.Equal(t, 401, decode("guess-0123456789abc").Code)
		}
		waits := decode("guess-0123456789abc")
		require.Equal(t, 429, waits.Code)
		require.Equal(t, "1", waits.Header().Get("Retry-After"))
		require.Equal(t, 429, decode(other).Code)
		require.Equal(t, 200, decode(token).Code)
		require.Equal(t, 401, decode("").Code, "no token is no guess")
		time.Sleep(guess.Interval)
		require.Equal(t, 200, decode(other).Code)
	})
}

// A browser asks for permission before Temporal UI's requests, without a token.
func TestPreflight(t *testing.T) {
	t.Parallel()
	asks := map[string]string{"Origin": ui, "Access-Control-Request-Method": "POST",
		"Access-Control-Request-Headers": "authorization,content-type,x-namespace", "Access-Control-Request-Private-Network": "true"}
	response, _ := call(t, serve(t, token), "OPTIONS", "/decode", "", "", asks)
	require.Equal(t, 204, response.StatusCode)
	for header, value := range map[string]string{
		"Access-Control-Allow-Origin": ui, "Access-Control-Allow-Methods": "POST, OPTIONS", "Vary": "Origin",
		"Access-Control-Allow-Headers": "Authorization, Content-Type, X-Namespace", "Access-Control-Allow-Private-Network": "true",
	} {
		require.Equal(t, value, response.Header.Get(header), header)
	}
	asks["Origin"] = "https://evil.example"
	response, _ = call(t, serve(t, ""), "OPTIONS", "/decode", "", "", asks)
	require.Equal(t, 403, response.StatusCode)
	require.Empty(t, response.Header.Get("Access-Control-Allow-Origin"))
}

func TestABodyIsBounded(t *testing.T) {
	t.Parallel()
	response, _ := call(t, serve(t, ""), "POST", "/decode", "", `{"payloads":[{"data":"`+strings.Repeat("A", 16<<20)+`"}]}`, nil)
	require.Equal(t, 400, response.StatusCode)
}

// The log contains neither tokens nor decrypted data.
func TestTheLogTellsNoSecrets(t *testing.T) {
	t.Parallel()
	tokens, err := codecserver.ParseTokens(token)
	require.NoError(t, err)
	var log bytes.Buffer
	handler := codecserver.New(codecserver.Options{Codec: keys(t), Tokens: tokens, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	request := httptest.NewRequestWithContext(context.Background(), "POST", "/decode?token="+token,
		strings.NewReader(`{"payloads":[{"data":"c2VjcmV0"}]}`))
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	require.Equal(t, 200, answer.Code)
	require.Contains(t, log.String(), "path=/decode status=200")
	require.NotContains(t, log.String(), token)
	require.NotContains(t, log.String(), "c2VjcmV0")
}

func TestSettings(t *testing.T) {
	t.Parallel()
	_, err := codecserver.ParseTokens("short,two words of a token, " + token + "," + token)
	for _, says := range []string{"token 1 has 5 bytes", "token 2 has spaces", "token 4 is listed twice"} {
		require.ErrorContains(t, err, says)
	}
	require.NotContains(t, err.Error(), "short")
	_, err = codecserver.ParseTokens(" , ")
	require.ErrorContains(t, err, "has no token")
	tokens, err := codecserver.ParseTokens(token)
	require.NoError(t, err)
	for address, tokens := range map[string][]codecserver.Token{"127.0.0.1:7129": nil, "localhost:0": nil,
		"[::1]:1": nil, "0.0.0.0:7129": tokens, ":7129": tokens} {
		require.NoError(t, codecserver.CheckAddress(address, tokens), address)
	}
	for _, address := range []string{"0.0.0.0:7129", ":7129", "10.0.0.1:1", "7129"} {
		require.Error(t, codecserver.CheckAddress(address, nil), address)
	}
	require.NoError(t, codecserver.CheckOrigins([]string{ui, "http://127.0.0.1:8233"}))
	err = codecserver.CheckOrigins([]string{"*", ui + "/", "temporal.example.com", "ftp://a"})
	for _, says := range []string{`"*"`, ui + "/", `"temporal.example.com"`, "ftp://a"} {
		require.ErrorContains(t, err, says)
	}
}
