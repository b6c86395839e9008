package cli

import (
	"fmt"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/signature"
)

// signed is a raw request, signed by the Standard Webhooks library.
func signed(t *testing.T, secret, body string, at time.Time) string {
	t.Helper()
	webhook, err := standardwebhooks.NewWebhook(secret)
	require.NoError(t, err)
	made, err := webhook.Sign("dlv_1", at, []byte(body))
	require.NoError(t, err)
	return fmt.Sprintf(
		"POST /hook HTTP/1.1\r\nHost: example.com\r\nContent-Length: %d\r\nWebhook-Id: dlv_1\r\nWebhook-Timestamp: "+
			"%d\r\nWebhook-Signature: %s\r\n\r\n%s",
		len(body), at.Unix(), made, body)
}

func TestKeygen(t *testing.T) {
	t.Parallel()
	code, out, errors := execute("", nil, "webhook", "keygen")
	require.Equal(t, failure.ExitOK, code)
	require.Empty(t, errors)
	require.Regexp(t, `^whsec_[A-Za-z0-9+/]{43}=\n$`, out)
	_, again, _ := execute("", nil, "webhook", "keygen")
	require.NotEqual(t, out, again)

	code, out, errors = execute("", nil, "webhook", "keygen", "--kind", "ed25519")
	require.Equal(t, failure.ExitOK, code)
	require.Regexp(t, `^whsk_[A-Za-z0-9+/]{86}==\n$`, out)
	require.Regexp(t, `^whpk_[A-Za-z0-9+/]{43}=\n$`, errors)
	pairs(t, strings.TrimSpace(out), strings.TrimSpace(errors))

	code, out, errors = execute("", nil, "webhook", "keygen", "--kind", "ed25519", "-o", "json")
	require.Equal(t, failure.ExitOK, code)
	require.Empty(t, errors)
	made := object(t, out)
	require.Equal(t, "ed25519", made["kind"])
	pairs(t, made["secret"].(string), made["public"].(string))

	code, _, errors = execute("", nil, "webhook", "keygen", "--kind", "rsa")
	require.Equal(t, failure.ExitUsage, code)
	require.Contains(t, errors, `--kind is whsec or ed25519, not "rsa"`)
}

func pairs(t *testing.T, private, public string) {
	t.Helper()
	signing, err := signature.ParseKey(private)
	require.NoError(t, err)
	checking, err := signature.ParseKey(public)
	require.NoError(t, err)
	message := signature.Message{ID: "a", Timestamp: 1}
	require.Equal(t, 0, message.Check(message.Sign([]signature.Key{signing}), []signature.Key{checking})[0].Key)
}

func TestVerify(t *testing.T) {
	t.Parallel()
	const body = `{"event":"JOB_SUCCESS"}`
	at := time.Date(2026, 7, 1, 12, 30, 0, 0, time.UTC)
	secret, other := signature.NewSymmetric(), signature.NewSymmetric()
	raw := signed(t, secret, body, at)
	keys := write(t, "keys", other+"\n"+secret+"\n")
	others := write(t, "others", other)
	for name, test := range map[string]struct {
		raw, keys, at string
		code          int
		want          string
	}{
		"authentic": {raw, keys, "2026-07-01T12:34:59Z", failure.ExitOK,
			"signature 1 (v1): good, by the key in line 2 (whsec_…)\nauthentic: dlv_1 of 2026-07-01T12:30:00Z\n"},
		"ahead of the clock": {raw, keys, "2026-07-01T12:25:01Z", failure.ExitOK, "authentic: "},
		"LF alone":           {strings.ReplaceAll(raw, "\r\n", "\n"), keys, "2026-07-01T12:30:00Z", failure.ExitOK, "authentic: "},
		"a line too many":    {raw + "\n", keys, "2026-07-01T12:30:00Z", failure.ExitOK, "authentic: "},
		"without a length": {strings.Replace(raw, "Content-Length", "X-Length", 1), keys, "2026-07-01T12:30:00Z",
			failure.ExitOK, "authentic: "},
		"in chunks": {strings.Replace(
			strings.Replace(raw, fmt.Sprintf("Content-Length: %d", len(body)), "Transfer-Encoding: chunked", 1), body,
			fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body), 1), keys, "2026-07-01T12:30:00Z", failure.ExitOK, "authentic: "},
		"too old": {raw, keys, "2026-07-01T12:35:01Z", failure.ExitFailed,
			"not authentic: its webhook-timestamp, 2026-07-01T12:30:00Z, is 5m1s ago, more than the tolerance of 5m0s\n"},
		"too far ahead": {raw, keys, "2026-07-01T12:24:00Z", failure.ExitFailed, "is 6m0s ahead, more than"},
		"another key": {raw, others, "2026-07-01T12:30:00Z", failure.ExitFailed,
			"signature 1 (v1): by no key that was given\nnot authentic: none of its signatures is by a key that was given"},
		"another body": {strings.Replace(raw, "SUCCESS", "FAILURE", 1), keys, "2026-07-01T12:30:00Z",
			failure.ExitFailed, "none of its signatures"},
		"no signature": {strings.Replace(raw, "Webhook-Signature", "X-Signature", 1), keys, "2026-07-01T12:30:00Z",
			failure.ExitFailed, "it has no header webhook-signature"},
		"no id": {strings.Replace(raw, "Webhook-Id", "X-Id", 1), keys, "2026-07-01T12:30:00Z",
			failure.ExitFailed, "it has no header webhook-id"},
		"no timestamp": {strings.Replace(raw, "Webhook-Timestamp", "X-Time", 1), keys, "2026-07-01T12:30:00Z",
			failure.ExitFailed, "it has no header webhook-timestamp"},
		"a bad timestamp": {strings.Replace(raw, "Webhook-Timestamp: ", "Webhook-Timestamp: x", 1), keys,
			"2026-07-01T12:30:00Z", failure.ExitFailed, "is no number of seconds"},
		"a cut body":          {raw[:len(raw)-3], keys, "2026-07-01T12:30:00Z", failure.ExitUsage, ""},
		"no request":          {"hello", keys, "2026-07-01T12:30:00Z", failure.ExitUsage, ""},
		"no key":              {raw, write(t, "bad", "whsec_!"), "2026-07-01T12:30:00Z", failure.ExitUsage, ""},
		"a marred key":        {raw, write(t, "marred", `"`+secret+`"`), "2026-07-01T12:30:00Z", failure.ExitUsage, ""},
		"no time":             {raw, keys, "noon", failure.ExitUsage, ""},
		"no file of keys":     {raw, keys + "-none", "2026-07-01T12:30:00Z", failure.ExitUsage, ""},
		"keys in no variable": {raw, "", "2026-07-01T12:30:00Z", failure.ExitUsage, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := []string{"webhook", "verify", "-", "--at", test.at}
			if test.keys != "" {
				args = append(args, "--secret-file", test.keys)
			}
			code, out, errors := execute(test.raw, nil, args...)
			require.Equal(t, test.code, code, out+errors)
			require.Contains(t, out, test.want)
			require.Equal(t, code == failure.ExitUsage, errors != "")
			for _, text := range []string{secret, other, "whsec_!"} {
				require.NotContains(t, out+errors, text)
			}
		})
	}
}

// Headers and body from flags, keys of all kinds from a variable, JSON output.
func TestVerifyByFlags(t *testing.T) {
	t.Parallel()
	private, public := signature.NewPair()
	var keys []signature.Key
	for _, text := range []string{"plain", private} {
		key, err := signature.ParseKey(text)
		require.NoError(t, err)
		keys = append(keys, key)
	}
	const body = "status=done&n=1"
	header := signature.Message{ID: "dlv_1", Timestamp: 1782909000, Body: []byte(body)}.Sign(keys)
	verify := func(secret string) (int, map[string]any) {
		c := newCommand(body, nil)
		c.environ = []string{"KEYS=" + secret}
		code := c.start("webhook", "verify", "-H", "webhook-id: dlv_1", "-H", "WEBHOOK-TIMESTAMP:1782909000", "-H",
			"webhook-signature: "+header, "-H", "webhook-signature: v2,x",
			"--body", "-", "--secret-env", "KEYS", "--tolerance", "0", "-o", "json")
		require.Empty(t, c.stderr.String())
		return code, object(t, c.stdout.String())
	}
	code, found := verify("other\r\n" + public)
	require.Equal(t, failure.ExitOK, code)
	require.Equal(t, map[string]any{"valid": true, "id": "dlv_1", "timestamp": "2026-07-01T12:30:00.000Z",
		"problems": []any{}, "signatures": []any{
			map[string]any{"scheme": "v1", "good": false},
			map[string]any{"scheme": "v1a", "good": true, "key": 2.0, "kind": "whpk_"}, map[string]any{"scheme": "v2", "good": false}}}, found)
	code, found = verify("plain")
	require.Equal(t, failure.ExitOK, code)
	require.Equal(t, map[string]any{"scheme": "v1", "good": true, "key": 1.0}, found["signatures"].([]any)[0])
	code, found = verify("other")
	require.Equal(t, failure.ExitFailed, code)
	require.Equal(t, false, found["valid"])

	for _, args := range [][]string{{}, {"-", "--body", "-"}, {"--header", "webhook-id"}, {"-", "--tolerance", "-1s"}} {
		code, _, errors := execute("", nil, append([]string{"webhook", "verify", "--secret-file", write(t, "keys", "plain")}, args...)...)
		require.Equal(t, failure.ExitUsage, code, errors)
	}
}
