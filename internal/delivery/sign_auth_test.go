package delivery

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/mask/masktest"
	"github.com/latch-run/latch/internal/secret"
	"github.com/latch-run/latch/internal/signature"
)

// Contract, Webhook: auth sets the header Authorization, for a webhook and for an http task.
func TestAuthorization(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, nil)
	sender := local(t, map[string]string{"token": "t0ken.abc", "pass": "pässword", "rotated": "new\nold"})
	for name, test := range map[string]struct {
		auth latch.Auth
		want string
	}{
		"bearer":         {latch.Auth{Bearer: "token"}, "Bearer t0ken.abc"},
		"bearer rotated": {latch.Auth{Bearer: "rotated"}, "Bearer new"},
		"basic": {latch.Auth{Basic: &latch.BasicAuth{Username: "ada", Password: "pass"}},
			"Basic " + base64.StdEncoding.EncodeToString([]byte("ada:pässword"))},
	} {
		t.Run(name, func(t *testing.T) {
			r := request(receiver.URL)
			r.Webhook.Auth = &test.auth
			_, err := sender.Send(t.Context(), r, 1)
			require.NoError(t, err)
			require.Equal(t, test.want, receiver.last(t).Header.Get("Authorization"))
			_, err = sender.Do(t.Context(), TaskRequest{Task: latch.HTTPTask{URL: receiver.URL, Auth: &test.auth}})
			require.NoError(t, err)
			require.Equal(t, test.want, receiver.last(t).Header.Get("Authorization"))
		})
	}
}

// Contract, Secrets by name: several lines all sign; whsk_ signs as v1a, and neither it nor
// whsec_ is ever sent.
func TestMixedSignatures(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, nil)
	private, public := signature.NewPair()
	symmetric := signature.NewSymmetric()
	sender := local(t, map[string]string{"key": private + "\n" + symmetric + "\nplain"})
	r := request(receiver.URL)
	r.Webhook.Secret = "key"
	_, err := sender.Send(t.Context(), r, 1)
	require.NoError(t, err)
	got := receiver.last(t)
	require.Empty(t, got.Header.Get("X-Latch-Secret"))
	require.NotContains(t, got.body, `"secret"`)
	parts := strings.Split(got.Header.Get("Webhook-Signature"), " ")
	require.Len(t, parts, 3)
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(symmetric, "whsec_"))
	require.NoError(t, err)
	verify(t, got, raw, []byte("plain"))
	made, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(parts[0], "v1a,"))
	require.NoError(t, err)
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(public, "whpk_"))
	require.NoError(t, err)
	require.True(t, ed25519.Verify(key, []byte(got.Header.Get("Webhook-Id")+"."+got.Header.Get("Webhook-Timestamp")+"."+got.body), made))
}

const somePEM = "-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n"

// A delivery or task fails permanently if the worker lacks a secret for its auth or tls. The
// error names the secret, and nothing is sent.
func TestAccessThatCannotBe(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, nil)
	store := secrets(t, map[string]string{"bound": "b0und-value", "sign": "whsec_AAEC",
		"private": "whsk_" + base64.StdEncoding.EncodeToString(make([]byte, 32)),
		"control": "a\x01b", "text": "t3xt-value", "pem": somePEM}, map[string][]string{"bound": {"hooks.example.com"}})
	sender := newSender(t, Options{Secrets: store, EgressAllow: []string{"127.0.0.1"}})
	grant := func(name string) *latch.Auth {
		return &latch.Auth{OAuth2: &latch.OAuth2{TokenURL: receiver.URL, ClientID: "latch", ClientSecret: name}}
	}
	secure := strings.Replace(receiver.URL, "http:", "https:", 1)
	for name, test := range map[string]struct {
		auth *latch.Auth
		tls  *latch.TLS
		url  string
		want string
		as   any
	}{
		"missing token": {&latch.Auth{Bearer: "nowhere"}, nil, "",
			`this worker has no secret "nowhere": set LATCH_SECRET_NOWHERE`, new(*secret.MissingError)},
		"missing password": {&latch.Auth{Basic: &latch.BasicAuth{Username: "a", Password: "nowhere"}}, nil, "",
			`no secret "nowhere"`, new(*secret.MissingError)},
		"missing client secret": {grant("nowhere"), nil, "", `no secret "nowhere"`, new(*secret.MissingError)},
		"missing ca":            {nil, &latch.TLS{CA: "nowhere"}, secure, `no secret "nowhere"`, new(*secret.MissingError)},
		"all missing at once": {grant("nowhere"), &latch.TLS{ClientCert: "a", ClientKey: "b"}, secure, `no secret "b"`,
			new(*secret.MissingError)},
		"bound token":         {&latch.Auth{Bearer: "bound"}, nil, "", `secret "bound" must not go to 127.0.0.1`, new(*secret.HostError)},
		"bound client secret": {grant("bound"), nil, "", `secret "bound" must not go to 127.0.0.1`, new(*secret.HostError)},
		"bound key":           {nil, &latch.TLS{CA: "bound"}, secure, `secret "bound" must not go to 127.0.0.1`, new(*secret.HostError)},
		"signing token": {&latch.Auth{Bearer: "sign"}, nil, "",
			`secret "sign" only signs (it begins with whsec_ or whsk_) and cannot be auth.bearer`, nil},
		"private key as token": {&latch.Auth{Bearer: "private"}, nil, "", `secret "private" only signs`, nil},
		"signing password": {&latch.Auth{Basic: &latch.BasicAuth{Username: "a", Password: "sign"}}, nil, "",
			`cannot be auth.basic.password`, nil},
		"signing client secret": {grant("sign"), nil, "", `cannot be auth.oauth2.client_secret`, nil},
		"PEM as token":          {&latch.Auth{Bearer: "pem"}, nil, "", `secret "pem" is PEM and cannot be auth.bearer`, nil},
		"control characters":    {&latch.Auth{Bearer: "control"}, nil, "", `secret "control": the header Authorization cannot bear`, nil},
		"text as ca":            {nil, &latch.TLS{CA: "text"}, secure, `secret "text" is no PEM`, nil},
		"no certificate as ca":  {nil, &latch.TLS{CA: "pem"}, secure, `secret "pem" cannot be tls.ca: its certificate 1 cannot be read`, nil},
		"no pair": {nil, &latch.TLS{ClientCert: "pem", ClientKey: "pem"}, secure,
			`secrets "pem" and "pem" cannot be tls.client_cert and tls.client_key`, nil},
		"tls without https": {nil, &latch.TLS{CA: "pem"}, "", `its tls has no effect: its url does not begin with https://`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := request(receiver.URL)
			if test.url != "" {
				r.Webhook.URL = test.url
			}
			r.Webhook.Auth, r.Webhook.TLS = test.auth, test.tls
			attempt, err := sender.Send(t.Context(), r, 1)
			require.Nil(t, attempt.Response)
			_, taskErr := sender.Do(t.Context(), TaskRequest{Task: latch.HTTPTask{URL: r.Webhook.URL, Auth: test.auth, TLS: test.tls}})
			for _, err := range []error{err, taskErr} {
				var permanent *PermanentError
				require.ErrorAs(t, err, &permanent)
				require.ErrorContains(t, err, test.want)
				for _, value := range []string{"b0und-value", "t3xt-value", "AAEC", "\x01"} {
					require.NotContains(t, err.Error(), value)
				}
				if test.as != nil {
					require.ErrorAs(t, err, test.as)
				}
			}
		})
	}
	require.Empty(t, receiver.got)

	r := request(receiver.URL)
	r.Webhook.Secret = "pem"
	_, err := sender.Send(t.Context(), r, 1)
	require.ErrorContains(t, err, `secret "pem" is PEM and cannot sign`)
}

// echo answers with the whole request, in many encodings.
func echo(w http.ResponseWriter, r *http.Request) {
	var all []string
	for _, values := range r.Header {
		for _, value := range values {
			all = append(all, value)
			_, credentials, _ := strings.Cut(value, " ")
			if pair, err := base64.StdEncoding.DecodeString(credentials); err == nil {
				all = append(all, credentials, string(pair))
			}
		}
	}
	answer := map[string]any{}
	for name, encode := range masktest.Encodings {
		for i, text := range all {
			answer[fmt.Sprint(name, i)] = encode(text)
		}
	}
	encoded, _ := json.Marshal(answer)
	w.Header().Set("X-Echo", url.QueryEscape(r.Header.Get("Authorization")))
	w.WriteHeader(http.StatusTeapot)
	_, _ = w.Write(encoded)
}

// Contract, Secrets by name: no record or error contains a secret, in any encoding in which it
// was sent, for each kind of auth.
func TestAuthIsMasked(t *testing.T) {
	t.Parallel()
	const password, access = "hunter2&Ünsafe+", "acc3ss-t0ken"
	tokens := newReceiver(t, answering(200, `{"access_token":"`+access+`","token_type":"Bearer"}`, nil))
	receiver := newReceiver(t, echo)
	sender := local(t, map[string]string{"pass": password})
	for name, auth := range map[string]latch.Auth{
		"bearer": {Bearer: "pass"},
		"basic":  {Basic: &latch.BasicAuth{Username: "ada", Password: "pass"}},
		"oauth2": {OAuth2: &latch.OAuth2{TokenURL: tokens.URL, ClientID: "ada", ClientSecret: "pass"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := request(receiver.URL)
			r.Webhook.Auth = &auth
			attempt, err := sender.Send(t.Context(), r, 1)
			require.Error(t, err)
			record, encodeErr := json.Marshal([]any{attempt.Request, attempt.Response, attempt.Data, err.Error()})
			require.NoError(t, encodeErr)
			sent := receiver.last(t).Header.Get("Authorization")
			_, credentials, _ := strings.Cut(sent, " ")
			for _, value := range []string{password, access, sent, credentials} {
				for encoding, encode := range masktest.Encodings {
					require.NotContains(t, string(record), encode(value), encoding)
				}
			}
			require.Contains(t, string(record), "***")

			response, err := sender.Do(t.Context(), TaskRequest{Task: latch.HTTPTask{URL: receiver.URL, Auth: &auth}})
			require.Error(t, err)
			record, encodeErr = json.Marshal([]any{response, err.Error()})
			require.NoError(t, encodeErr)
			for _, value := range []string{password, access, sent, credentials} {
				require.NotContains(t, string(record), value)
			}
		})
	}
}
