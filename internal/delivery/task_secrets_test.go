package delivery

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/secret"
)

// Contract, Task: header_secrets and url_secret work as in a webhook: the values are sent, and
// appear in no response or error.
func TestTaskSecrets(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Echo", r.Header.Get("X-Api-Key"))
		_ = json.NewEncoder(w).Encode(map[string]string{"key": r.Header.Get("X-Api-Key"), "path": r.URL.Path, "query": r.URL.RawQuery})
	})
	sender := local(t, map[string]string{"key": "k3y/value+1\nolder-key",
		"address": receiver.URL + "/hooks/T0KEN-in-the-path?api_key=qu3ry-value", "gone": "http://127.0.0.1:1/T0KEN-in-the-path"})
	response, err := sender.Do(t.Context(),
		TaskRequest{Task: latch.HTTPTask{URLSecret: "address", HeaderSecrets: map[string]string{"X-Api-Key": "key"}}})
	require.NoError(t, err)
	got := receiver.last(t)
	require.Equal(t, "k3y/value+1", got.Header.Get("X-Api-Key"))
	require.Equal(t, "/hooks/T0KEN-in-the-path?api_key=qu3ry-value", got.RequestURI)
	require.JSONEq(t, `{"key":"***","path":"***","query":"***"}`, response.Body)
	require.Equal(t, "***", response.Headers["X-Echo"])

	_, err = sender.Do(t.Context(), TaskRequest{Task: latch.HTTPTask{URLSecret: "gone"}})
	require.ErrorContains(t, err, "POST http://127.0.0.1:1: ")
	require.NotContains(t, err.Error(), "T0KEN")
}

// A task whose secrets cannot be sent fails permanently, names them, and sends nothing.
func TestTaskSecretsThatCannotBe(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, nil)
	store, err := secret.New(map[string]string{"sign": "whsec_AAEC", "pem": somePEM, "bound": "b0und-value",
		"text": "no-url-at-all", "address": receiver.URL, "control": "a\x01b"},
		secret.Options{Hosts: map[string][]string{"bound": {"hooks.example.com"}, "address": {"https://hooks.example.com"}}})
	require.NoError(t, err)
	sender := newSender(t, Options{Secrets: store, EgressAllow: []string{"127.0.0.1"}})
	header := func(name string) map[string]string { return map[string]string{"X-Key": name} }
	for name, test := range map[string]struct {
		task latch.HTTPTask
		want string
	}{
		"missing": {latch.HTTPTask{URL: receiver.URL, HeaderSecrets: header("nowhere")}, `no secret "nowhere"`},
		"only signs": {latch.HTTPTask{URL: receiver.URL, HeaderSecrets: header("sign")},
			`secret "sign" only signs (it begins with whsec_ or whsk_) and cannot stand in the header X-Key`},
		"PEM": {latch.HTTPTask{URL: receiver.URL, HeaderSecrets: header("pem")},
			`secret "pem" is PEM and cannot stand in the header X-Key`},
		"control characters": {latch.HTTPTask{URL: receiver.URL, HeaderSecrets: header("control")},
			`secret "control": the header X-Key cannot bear`},
		"bound elsewhere":      {latch.HTTPTask{URL: receiver.URL, HeaderSecrets: header("bound")}, `secret "bound" must not go to 127.0.0.1`},
		"a header of HTTP's":   {latch.HTTPTask{URL: receiver.URL, HeaderSecrets: map[string]string{"Host": "bound"}}, `header_secrets.Host`},
		"a URL that is none":   {latch.HTTPTask{URLSecret: "text"}, `its url cannot be called`},
		"a URL that is a key":  {latch.HTTPTask{URLSecret: "sign"}, `secret "sign" only signs (it begins with whsec_ or whsk_) and is not a URL`},
		"a URL that is absent": {latch.HTTPTask{URLSecret: "nowhere"}, `no secret "nowhere"`},
		"a URL that is bound":  {latch.HTTPTask{URLSecret: "address"}, `secret "address" must not go to 127.0.0.1`},
	} {
		t.Run(name, func(t *testing.T) {
			response, err := sender.Do(t.Context(), TaskRequest{Task: test.task})
			require.Nil(t, response)
			require.ErrorAs(t, err, new(*PermanentError))
			require.ErrorContains(t, err, test.want)
			for _, hush := range []string{"b0und", "AAEC", "no-url-at-all", "\x01"} {
				require.NotContains(t, err.Error(), hush)
			}
		})
	}
	require.Empty(t, receiver.got)
}
