package delivery

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/mask/masktest"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/secret"
)

// Contract, Secrets by name: every secret of the worker is masked in its records, in every
// encoding, for a webhook that names another secret or none, and for an http task.
func TestAnothersSecretIsMasked(t *testing.T) {
	t.Parallel()
	const other, signing, private, file = "mdoq-is-awesome", "whsec_c2lnbmluZy1rZXktMDE=",
		"whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=", "in-a-file/only"
	document := "-----BEGIN EC PRIVATE KEY-----\nTUlJRXZRSUJBREFO\n-----END EC PRIVATE KEY-----\n"
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), []byte(file+"\n"), 0o600))
	store, err := secret.FromEnvironment(
		[]string{"LATCH_SECRET_NAMED=the-named-one", "LATCH_SECRET_OTHER=new-value-1\n" + other, "LATCH_SECRET_SIGNING=" + signing,
			"LATCH_SECRET_PRIVATE=" + private, "LATCH_SECRET_PEM=" + document}, dir, "", false)
	require.NoError(t, err)
	hush := []string{other, "new-value-1", strings.TrimPrefix(signing, "whsec_"), "signing-key-01",
		strings.TrimSuffix(strings.TrimPrefix(private, "whsk_"), "="), file, "TUlJRXZRSUJBREFO"}
	receiver := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
		answer := map[string]any{"result": "fail"}
		for i, text := range hush {
			for name, encode := range masktest.Encodings {
				answer[fmt.Sprint(name, i)] = encode(text)
			}
			w.Header().Set(fmt.Sprint("X-Echo-", i), text)
		}
		encoded, _ := json.Marshal(answer)
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write(encoded)
	})
	sender := newSender(t, Options{Secrets: store, EgressAllow: []string{"127.0.0.1"}})
	for name, use := range map[string]func(*latch.Webhook){
		"no secret":      func(*latch.Webhook) {},
		"another secret": func(w *latch.Webhook) { w.Secret = "named" },
	} {
		t.Run(name, func(t *testing.T) {
			r := request(receiver.URL + "/" + other)
			use(&r.Webhook)
			attempt, err := sender.Send(t.Context(), r, 1)
			require.Error(t, err)
			response, taskErr := sender.Do(t.Context(), TaskRequest{Task: latch.HTTPTask{URL: receiver.URL, Success: "response.status == 0"}})
			require.Error(t, taskErr)
			recorded, encodeErr := json.Marshal([]any{attempt.Request, attempt.Response, attempt.Data, err.Error(), response, taskErr.Error()})
			require.NoError(t, encodeErr)
			require.Equal(t, receiver.URL, attempt.Request.URL, "of a URL with a secret, scheme and host alone")
			require.Equal(t, `"fail"`, string(attempt.Data["result"]))
			for _, text := range hush {
				for encoding, encode := range masktest.Encodings {
					require.NotContains(t, string(recorded), encode(text), encoding)
				}
			}
			require.Contains(t, string(recorded), "***")
		})
	}
}

// A secret of less than six bytes is masked where it is named, and hides nothing elsewhere.
func TestShortSecretIsMaskedWhereItIsNamed(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, answering(200, `{"result":"pass","n":12345,"text":"tests passed"}`, nil))
	sender := local(t, map[string]string{"short": "pass", "digits": "12345", "six": "passed"})
	attempt, err := sender.Send(t.Context(), request(receiver.URL), 1)
	require.NoError(t, err)
	require.JSONEq(t, `{"result":"pass","n":12345,"text":"tests ***"}`, attempt.Response.Body)

	r := request(receiver.URL)
	r.Webhook.HeaderSecrets = map[string]string{"X-A": "short", "X-B": "digits"}
	attempt, err = sender.Send(t.Context(), r, 1)
	require.NoError(t, err)
	require.Equal(t, `{"result":"***","n":***,"text":"tests ***"}`, attempt.Response.Body)
	require.JSONEq(t, `"***"`, string(attempt.Data["n"]))
}

// A secret that equals a decision, or is part of its key, does not hide the decision: otherwise
// a gate would open.
func TestSecretsHideNoDecision(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, answering(200, `{"result":"fail","stop_release":true,"rollback_release":"hunter2!","release":"x"}`, nil))
	for name, values := range map[string]map[string]string{
		"the value": {"key": "fail"},
		"the key":   {"key": "result", "other": "stop_release"},
		"a part":    {"key": "release"},
	} {
		t.Run(name, func(t *testing.T) {
			values["more"] = "hunter2!"
			sender := local(t, values)
			r := request(receiver.URL)
			r.Webhook.HeaderSecrets = map[string]string{"X-A": "key"}
			attempt, err := sender.Send(t.Context(), r, 1)
			require.NoError(t, err)
			require.Equal(t, `"fail"`, string(attempt.Data["result"]))
			require.Equal(t, `true`, string(attempt.Data["stop_release"]))
			require.Equal(t, `"***"`, string(attempt.Data["rollback_release"]))
			require.NotContains(t, string(rawjson.Encode(attempt.Response)), "hunter2!")
		})
	}
}

// A rotated file is masked from its next use on, and so is one that nobody has used, without a
// restart.
func TestRotatedSecretIsMasked(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, answering(200, `{"a":"first-value","b":"second-value"}`, nil))
	dir := t.TempDir()
	file := filepath.Join(dir, "key")
	require.NoError(t, os.WriteFile(file, []byte("first-value"), 0o600))
	store, err := secret.FromEnvironment(nil, dir, "", false)
	require.NoError(t, err)
	sender := newSender(t, Options{Secrets: store, EgressAllow: []string{"127.0.0.1"}})
	attempt, err := sender.Send(t.Context(), request(receiver.URL), 1)
	require.NoError(t, err)
	require.JSONEq(t, `{"a":"***","b":"second-value"}`, attempt.Response.Body)

	require.NoError(t, os.WriteFile(file, []byte("second-value"), 0o600))
	r := request(receiver.URL)
	r.Webhook.Secret = "key"
	_, err = sender.Send(t.Context(), r, 1)
	require.NoError(t, err)
	attempt, err = sender.Send(t.Context(), request(receiver.URL), 1)
	require.NoError(t, err)
	require.JSONEq(t, `{"a":"first-value","b":"***"}`, attempt.Response.Body)
}
