package e2e

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// contract, "Secrets by name": no secret, in any encoding in which it was sent, ever appears in
// history, logs, errors or records.
func TestSecretsStayUnseen(t *testing.T) {
	t.Parallel()
	const hidden, token = `s3cr3t "quoted" <&>+/=% end`, "Bearer to/ken+value=="
	b := setup(t, "LATCH_LOG_LEVEL", "debug", "LATCH_SECRET_KEY", hidden, "LATCH_SECRET_AUTHORIZATION", token)
	path := "/hooks/T0KEN-in-the-path"
	settings := b.settings
	require.NoError(t, b.worker.Kill())
	settings["LATCH_SECRET_ADDRESS"] = b.receiver.URL + path + "?key=qu3ry-key"
	b.startWorker()

	echoes := receiver.Answer{Echo: true}
	failing := receiver.Answer{Echo: true, Status: 500}
	asJSON, err := json.Marshal(map[string]string{"result": "fail", "you_sent": hidden, "and": token, hidden: "as a key"})
	require.NoError(t, err)
	b.receiver.Script("/text", echoes)
	b.receiver.Script("/form", echoes)
	b.receiver.Script("/failing", failing)
	b.receiver.Script("/refused", receiver.Answer{Echo: true, Status: 400})
	b.receiver.Script("/object", receiver.JSON(200, string(asJSON)))
	b.receiver.Script("/url", receiver.Answer{Body: url.QueryEscape(hidden) + " " + base64.StdEncoding.EncodeToString([]byte(hidden))})
	b.receiver.Script(path, failing)
	const with = `"event":"JOB_SUCCESS","secret":"key","header_secrets":{"Authorization":"authorization"},
		"retry":{"initial_interval":"10ms","maximum_attempts":2}`
	run := b.startJob("unseen", jobWith("unseen", `
		{"id":"text","url":"{R}/text",`+with+`},
		{"id":"form","url":"{R}/form","content_type":"application/x-www-form-urlencoded","body":"a=1",`+with+`},
		{"id":"failing","url":"{R}/failing",`+with+`},
		{"id":"refused","url":"{R}/refused",`+with+`},
		{"id":"object","url":"{R}/object",`+with+`},
		{"id":"url","url":"{R}/url",`+with+`},
		{"id":"address","url_secret":"address",`+with+`},
		{"id":"nowhere","url":"http://127.0.0.1:1/x",`+with+`}`))
	result := b.succeeds(run)

	require.Equal(t, hidden, b.receiver.Requests("/text")[0].Header.Get("X-Latch-Secret"), "it was sent")
	require.Equal(t, token, b.receiver.Requests("/text")[0].Header.Get("Authorization"))
	require.Equal(t, hidden, body(t, b.receiver.Requests("/text")[0])["secret"])
	require.Len(t, b.receiver.Requests(path), 2)
	require.Contains(t, recordOf(t, result.History, "text").Response.Body, "***")
	require.Equal(t, b.receiver.URL, recordOf(t, result.History, "address").Request.URL, "of a URL with a secret, scheme and host alone")
	require.Equal(t, latch.ResultFail, recordOf(t, result.History, "object").Result, "what is not secret is kept")

	b.keepsSecret(run, b.history(run.GetID()), hidden, token, strings.TrimPrefix(token, "Bearer "), "T0KEN-in-the-path", "qu3ry-key")
}

// spellings returns a text in all encodings in which it may appear.
func spellings(t testing.TB, text string) []string {
	t.Helper()
	asJSON := func(text string) string {
		encoded, err := json.Marshal(text)
		require.NoError(t, err)
		return string(encoded[1 : len(encoded)-1])
	}
	plainJSON := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(asJSON(text))
	found := []string{text, asJSON(text), asJSON(asJSON(text)), plainJSON, asJSON(plainJSON), url.QueryEscape(text), url.PathEscape(text),
		hex.EncodeToString([]byte(text))}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		found = append(found, encoding.EncodeToString([]byte(text)), asJSON(encoding.EncodeToString([]byte(text))))
	}
	return found
}

// contract, "Secrets by name": LATCH_SECRETS_HOSTS binds a secret to hosts. A bound secret is
// sent nowhere else, and an unbound one is not sent at all if binding is required.
func TestSecretsGoToTheirHostsAlone(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_SECRET_BOARD", "for-the-board-alone", "LATCH_SECRET_HERE", "here", "LATCH_SECRET_LOOSE", "loose",
		"LATCH_SECRET_SECURE", "over-https-alone", "LATCH_SECRETS_HOSTS",
		"board=hooks.example.com|*.corp,here=http://127.0.0.1,secure=127.0.0.1", "LATCH_SECRETS_HOSTS_REQUIRED", "true")
	result := b.succeeds(b.startJob("bound", jobWith("bound", `
		{"id":"elsewhere","url":"{R}/elsewhere","event":"JOB_SUCCESS","secret":"board"},
		{"id":"header","url":"{R}/header","event":"JOB_SUCCESS","header_secrets":{"X-Key":"board"}},
		{"id":"secure","url":"{R}/secure","event":"JOB_SUCCESS","secret":"secure"},
		{"id":"loose","url":"{R}/loose","event":"JOB_SUCCESS","secret":"loose"},
		{"id":"here","url":"{R}/here","event":"JOB_SUCCESS","secret":"here"}`)))
	for _, webhook := range []string{"elsewhere", "header", "secure", "loose"} {
		record := recordOf(t, result.History, webhook)
		require.Equal(t, latch.ResultFail, record.Result)
		require.Contains(t, record.Error, "LATCH_SECRETS_HOSTS")
	}
	require.Equal(t, latch.ResultPass, recordOf(t, result.History, "here").Result)
	require.Equal(t, map[string]int{"/work": 1, "/here": 1}, b.came(""))
}
