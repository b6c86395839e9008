package signature_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/signature"
)

func parse(t *testing.T, texts ...string) []signature.Key {
	t.Helper()
	var keys []signature.Key
	for _, text := range texts {
		key, err := signature.ParseKey(text)
		require.NoError(t, err)
		keys = append(keys, key)
	}
	return keys
}

// The vector that Standard Webhooks publishes with its libraries.
func TestPublishedSignature(t *testing.T) {
	t.Parallel()
	message := signature.Message{ID: "msg_p5jXN8AQM9LWM0D4loKWxJek", Timestamp: 1614265330, Body: []byte(`{"test": 2432232314}`)}
	keys := parse(t, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	require.Equal(t, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", message.Sign(keys))
}

// Standard Webhooks, "Signature scheme": the library verifies v1, and ed25519 verifies v1a over
// id, timestamp and payload, joined by full stops.
func TestSignaturesHoldForOthers(t *testing.T) {
	t.Parallel()
	private, public := signature.NewPair()
	symmetric := signature.NewSymmetric()
	message := signature.Message{ID: "dlv_1", Timestamp: 1714979289, Body: []byte(`{ "ü" : 1.0 }`)}
	header := message.Sign(parse(t, symmetric, private, public))
	parts := strings.Split(header, " ")
	require.Len(t, parts, 2, "a public key signs nothing")

	webhook, err := standardwebhooks.NewWebhook(symmetric)
	require.NoError(t, err)
	require.NoError(t, webhook.VerifyIgnoringTimestamp(message.Body,
		http.Header{"Webhook-Id": {"dlv_1"}, "Webhook-Timestamp": {"1714979289"}, "Webhook-Signature": {header}}))

	encoded, found := strings.CutPrefix(parts[1], "v1a,")
	require.True(t, found, parts[1])
	made, err := base64.StdEncoding.DecodeString(encoded)
	require.NoError(t, err)
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(public, "whpk_"))
	require.NoError(t, err)
	require.True(t, ed25519.Verify(key, []byte("dlv_1.1714979289."+string(message.Body)), made))
}

// A private key is 64 bytes or its 32-byte seed (RFC 8032, 7.1, test 2).
func TestPrivateKeyOrSeed(t *testing.T) {
	t.Parallel()
	const seed, public = "TM0Imyj/ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U+4pvs=", "PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw="
	first, err := base64.StdEncoding.DecodeString(seed)
	require.NoError(t, err)
	second, err := base64.StdEncoding.DecodeString(public)
	require.NoError(t, err)
	keys := parse(t, "whsk_"+seed, "whsk_"+base64.StdEncoding.EncodeToString(append(first, second...)), "whpk_"+public)
	message := signature.Message{ID: "a", Timestamp: 1, Body: []byte("b")}
	require.Equal(t, message.Sign(keys[:1]), message.Sign(keys[1:2]))
	require.Equal(t, []signature.Check{{Scheme: "v1a", Key: 0}}, message.Check(message.Sign(keys[:1]), keys[2:]))
}

func TestCheck(t *testing.T) {
	t.Parallel()
	private, public := signature.NewPair()
	_, otherPublic := signature.NewPair()
	message := signature.Message{ID: "dlv_1", Timestamp: 1714979289, Body: []byte("body")}
	header := message.Sign(parse(t, "old", private))
	for name, test := range map[string]struct {
		message signature.Message
		header  string
		keys    []string
		want    []signature.Check
	}{
		"both":           {message, header, []string{"old", public}, []signature.Check{{"v1", 0}, {"v1a", 1}}},
		"by the private": {message, header, []string{private}, []signature.Check{{"v1", -1}, {"v1a", 0}}},
		"another key":    {message, header, []string{"new", otherPublic}, []signature.Check{{"v1", -1}, {"v1a", -1}}},
		"another body": {signature.Message{ID: "dlv_1", Timestamp: 1714979289, Body: []byte("body ")}, header,
			[]string{"old", public}, []signature.Check{{"v1", -1}, {"v1a", -1}}},
		"another time": {signature.Message{ID: "dlv_1", Timestamp: 1714979290, Body: []byte("body")}, header,
			[]string{"old", public}, []signature.Check{{"v1", -1}, {"v1a", -1}}},
		"another id": {signature.Message{ID: "dlv_2", Timestamp: 1714979289, Body: []byte("body")}, header,
			[]string{"old", public}, []signature.Check{{"v1", -1}, {"v1a", -1}}},
		"other schemes": {message, "v2,AAAA v1 v1,! " + strings.Replace(header, "v1,", "v1a,", 1), []string{"old"},
			[]signature.Check{{"v2", -1}, {"v1", -1}, {"v1", -1}, {"v1a", -1}, {"v1a", -1}}},
		"none": {message, " ", []string{"old"}, []signature.Check{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, test.message.Check(test.header, parse(t, test.keys...)))
		})
	}
	require.Len(t, message.Check(strings.Repeat("v1,AA ", 1000), nil), signature.MaximumSignatures)
}

func TestBadKeys(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":           "is empty",
		"whsec_":     "begins with whsec_ but no key follows",
		"whsec_!!":   "begins with whsec_ but no base64 follows",
		"whsk_AAEC":  "the key that follows has 3 bytes; an ed25519 private key has 64, or 32 as a seed",
		"whpk_AAECx": "begins with whpk_ but no base64 follows",
		"whpk_AAEC":  "the key that follows has 3 bytes; an ed25519 public key has 32",
	} {
		_, err := signature.ParseKey(text)
		require.ErrorContains(t, err, want, text)
	}
}

// A key is not printed in any format.
func TestKeysAreNotPrinted(t *testing.T) {
	t.Parallel()
	for _, key := range parse(t, signature.NewSymmetric(), "plain") {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			require.Equal(t, "***", fmt.Sprintf(verb, key))
		}
	}
}
