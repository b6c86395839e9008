package e2e

import (
	"encoding/base64"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/signature"
	"github.com/latch-run/latch/testsuite/receiver"
)

// contract, "Webhook": auth, and a secret whsk_ that signs as v1a. "Secrets by name": neither a
// secret, in any encoding in which it was sent, nor a token ever appears in history, logs,
// errors or records.
func TestAuthTowardsReceivers(t *testing.T) {
	t.Parallel()
	const bearer, password, client, access = "be4rer+t0ken/==", "pa55word&<more>", "cl1ent s3cret", "acc3ss.t0ken"
	private, public := signature.NewPair()
	b := setup(t, "LATCH_LOG_LEVEL", "debug", "LATCH_SECRET_BEARER", bearer, "LATCH_SECRET_PASSWORD", password,
		"LATCH_SECRET_CLIENT", client, "LATCH_SECRET_PAIR", private)
	b.receiver.Script("/token", receiver.JSON(200, `{"access_token":"`+access+`","token_type":"Bearer","expires_in":3600}`))
	b.receiver.Script("/broken", receiver.Answer{Echo: true, Status: 401})
	for _, path := range []string{"/bearer", "/basic", "/oauth2", "/pair"} {
		b.receiver.Script(path, receiver.Answer{Echo: true})
	}
	const grant = `"auth":{"oauth2":{"token_url":"{R}/token","client_id":"latch","client_secret":"client","scopes":["hooks"]}}`
	run := b.startJob("auth", jobWith("auth", `{"id":"bearer","url":"{R}/bearer","event":"JOB_SUCCESS",
		"auth":{"bearer":"bearer"}},
		{"id":"basic","url":"{R}/basic","event":"JOB_SUCCESS",
			"auth":{"basic":{"username":"ada","password":"password"}}},
		{"id":"oauth2","url":"{R}/oauth2","event":"JOB_SUCCESS",`+grant+`},
		{"id":"pair","url":"{R}/pair","event":"JOB_SUCCESS","secret":"pair"},
		{"id":"refused","url":"{R}/oauth2","event":"JOB_SUCCESS",
			"auth":{"oauth2":{"token_url":"{R}/broken","client_id":"latch","client_secret":"client"}}},
		{"id":"missing","url":"{R}/bearer","event":"JOB_SUCCESS","auth":{"bearer":"nowhere"}}`))
	result := b.succeeds(run)

	pair := base64.StdEncoding.EncodeToString([]byte("ada:" + password))
	for path, want := range map[string]string{"/bearer": "Bearer " + bearer, "/basic": "Basic " + pair, "/oauth2": "Bearer " + access} {
		requests := b.receiver.Requests(path)
		require.Len(t, requests, 1, path)
		require.Equal(t, want, requests[0].Header.Get("Authorization"))
	}
	require.Len(t, b.receiver.Requests("/token"), 1)
	require.Contains(t, recordOf(t, result.History, "refused").Error,
		"the OAuth2 token of POST "+b.receiver.URL+"/broken: answered 401 Unauthorized")
	require.Contains(t, recordOf(t, result.History, "missing").Error, `this worker has no secret "nowhere"`)
	for _, webhook := range []string{"bearer", "basic", "oauth2", "pair"} {
		require.Equal(t, latch.ResultPass, recordOf(t, result.History, webhook).Result)
	}
	key, err := signature.ParseKey(public)
	require.NoError(t, err)
	signed := b.receiver.Requests("/pair")[0]
	require.NotContains(t, string(signed.Body), private)
	seconds, err := strconv.ParseInt(signed.Header.Get("Webhook-Timestamp"), 10, 64)
	require.NoError(t, err)
	message := signature.Message{ID: signed.Header.Get("Webhook-Id"), Timestamp: seconds, Body: signed.Body}
	require.Equal(t, []signature.Check{{Scheme: "v1a", Key: 0}}, message.Check(signed.Header.Get("Webhook-Signature"), []signature.Key{key}))

	b.keepsSecret(run, b.history(run.GetID()), bearer, password, client, access, pair, private)
}
