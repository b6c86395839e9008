package delivery

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/secret"
)

// Contract, Secrets by name: a key whose file was damaged while the worker ran is not sent,
// whatever it is used for. The delivery fails permanently, names the secret and its file, and
// sends nothing.
func TestMarredKeyIsNeverSent(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, nil)
	file := filepath.Join(t.TempDir(), "board")
	require.NoError(t, os.WriteFile(file, []byte("whsec_AAEC"), 0o600))
	store, err := secret.FromEnvironment(nil, filepath.Dir(file), "", false)
	require.NoError(t, err)
	sender := newSender(t, Options{Secrets: store, EgressAllow: []string{"127.0.0.1"}})
	for _, marred := range []string{`"whsec_AAEC"`, "v1,whsec_AAEC", "\ufeffwhsec_AAEC", " whsec_AAEC", "WHSEC_AAEC",
		"d2hzZWNfQUFFQw==", "new\n'old'"} {
		require.NoError(t, os.WriteFile(file, []byte(marred), 0o600))
		for use, name := range map[string]func(*latch.Webhook){
			"secret":         func(w *latch.Webhook) { w.Secret = "board" },
			"unsent secret":  func(w *latch.Webhook) { w.Secret, w.SendSecret = "board", new(bool) },
			"header_secrets": func(w *latch.Webhook) { w.HeaderSecrets = map[string]string{"X-Key": "board"} },
			"url_secret":     func(w *latch.Webhook) { w.URL, w.URLSecret = "", "board" },
			"bearer":         func(w *latch.Webhook) { w.Auth = &latch.Auth{Bearer: "board"} },
			"basic": func(w *latch.Webhook) {
				w.Auth = &latch.Auth{Basic: &latch.BasicAuth{Username: "a", Password: "board"}}
			},
			"client_secret": func(w *latch.Webhook) {
				w.Auth = &latch.Auth{OAuth2: &latch.OAuth2{TokenURL: receiver.URL, ClientID: "a", ClientSecret: "board"}}
			},
			"tls, client_cert": func(w *latch.Webhook) { w.TLS = &latch.TLS{ClientCert: "board", ClientKey: "board"} },
		} {
			r := request(receiver.URL)
			name(&r.Webhook)
			_, err := sender.Send(t.Context(), r, 1)
			var final *PermanentError
			require.ErrorAs(t, err, &final, "%s %q", use, marred)
			require.ErrorContains(t, err, `secret "board" cannot be used: `+file+": its line ")
			require.NotContains(t, err.Error(), "AAEC")
		}
	}
	require.Empty(t, receiver.got)
}
