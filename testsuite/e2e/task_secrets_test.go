package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// contract, "Task": header_secrets and url_secret of http tasks, of steps and of their undos,
// and env_secrets of commands: the values are sent, and never appear in history, logs, errors,
// records and results.
func TestTasksTakeSecrets(t *testing.T) {
	t.Parallel()
	const key, token, path = "k3y/with+signs==", "t0ken \"for\" make", "/hooks/T0KEN-in-the-path"
	b := setup(t, "LATCH_LOG_LEVEL", "debug", "LATCH_ALLOW_COMMANDS", "true", "LATCH_SECRET_KEY", key, "LATCH_SECRET_TOKEN", token,
		"LATCH_SECRETS_HOSTS", "key=http://127.0.0.1,address=http://127.0.0.1,token=command://", "LATCH_SECRETS_HOSTS_REQUIRED", "true")
	require.NoError(t, b.worker.Kill())
	b.settings["LATCH_SECRET_ADDRESS"] = b.receiver.URL + path + "?api_key=qu3ry-value"
	b.startWorker()
	b.receiver.Script(path, receiver.Answer{Echo: true})
	b.receiver.Script("/do", receiver.Answer{Echo: true})
	b.receiver.Script("/undo", receiver.Answer{Echo: true})
	run := b.start(latch.WorkflowRelease, "secrets", strings.ReplaceAll(`{"id":"secrets",
		"steps":[
			{"name":"called","do":{"http":{"url":"{R}/do","header_secrets":{"X-Api-Key":"key"}}},
				"undo":{"http":{"url":"{R}/undo","header_secrets":{"X-Api-Key":"key"}}}},
			{"name":"hidden","do":{"http":{"url_secret":"address"}}},
			{"name":"lent","do":{"command":{"argv":["/bin/sh","-c",
				"printf '{\"got\":\"%s\"}' \"$(printf %s \"$TOKEN\" | base64)\"; printf %s \"$TOKEN\" >&2"],
				"env_secrets":{"TOKEN":"token"}}}},
			{"name":"refused",
				"do":{"command":{"argv":["true"],"env_secrets":{"KEY":"key"}}}}]}`, "{R}", b.receiver.URL))
	require.ErrorContains(t, run.Get(b.ctx, nil), `env_secrets.KEY: secret "key" must not go to a command`)

	for _, called := range []string{"/do", "/undo"} {
		require.Len(t, b.receiver.Requests(called), 1)
		require.Equal(t, key, b.receiver.Requests(called)[0].Header.Get("X-Api-Key"))
	}
	require.Len(t, b.receiver.Requests(path), 1)
	status := b.status(run.GetID())
	require.Equal(t, `"***"`, string(status.Steps[2].KVP["got"]))

	everything := b.keepsSecret(run, status, key, token, "T0KEN-in-the-path", "qu3ry-value")
	require.Contains(t, everything, "***")
}
