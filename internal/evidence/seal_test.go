package evidence

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// keyOf returns the key of a seed, with its halves in PEM.
func keyOf(t *testing.T, seed byte) (key Key, private, public []byte) {
	t.Helper()
	made := ed25519.NewKeyFromSeed(append(make([]byte, ed25519.SeedSize-1), seed))
	encoded, err := x509.MarshalPKCS8PrivateKey(made)
	require.NoError(t, err)
	private = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})
	encoded, err = x509.MarshalPKIXPublicKey(made.Public())
	require.NoError(t, err)
	public = pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: encoded})
	key, err = ParseKey(private)
	require.NoError(t, err)
	return key, private, public
}

func stated() *Statement {
	hook, err := hookOf(&latch.Record{DeliveryID: "dlv_1", Webhook: "board", Event: "BEFORE_RELEASE", Result: latch.ResultPass,
		Data: latch.Object{"result": []byte(`"pass"`)}, Response: &latch.RecordResponse{Status: 200, Body: "<ok> & more"},
		Decision: "continue", Lock: &latch.RecordLock{Token: "release-shop:board:opens", RemovedBy: "ada", Via: latch.ViaAPI, Digest: "sha256:00"},
		Approvals: []latch.Vote{{By: "ada", IdentifiedBy: latch.IdentifiedByKey, Result: latch.VoteApprove}}})
	if err != nil {
		panic(err)
	}
	return &Statement{Type: StatementType, PredicateType: PredicateType, Subject: []Subject{{Name: "release-shop"}},
		Predicate: Predicate{Run: Run{WorkflowID: "release-shop"}, Outcome: Outcome{Status: "released"}, Hooks: []Hook{hook}}}
}

// What was sealed is read again, and contains nothing that opens a lock.
func TestSealAndVerify(t *testing.T) {
	t.Parallel()
	key, _, public := keyOf(t, 1)
	verifying, err := ParsePublicKey(public)
	require.NoError(t, err)
	sealed := key.Seal(stated())
	read, err := verifying.Verify(sealed)
	require.NoError(t, err)
	require.Equal(t, string(must(t, sealed).Payload), string(read.Signed))
	read.Signed = nil
	require.Equal(t, stated(), read)
	require.NotContains(t, string(sealed), "opens")
	require.NotContains(t, string(must(t, sealed).Payload), "opens")
	other, _, _ := keyOf(t, 2)
	_, err = other.Public().Verify(sealed)
	require.ErrorContains(t, err, "it was not signed with this key")
}

func must(t *testing.T, sealed []byte) *envelope {
	t.Helper()
	var e envelope
	require.NoError(t, json.Unmarshal(sealed, &e))
	return &e
}

// Any one byte that is changed, removed or added makes the file bad, also where JSON or base64
// would not care.
func TestEveryByteCounts(t *testing.T) {
	t.Parallel()
	key, _, _ := keyOf(t, 1)
	sealed := key.Seal(stated())
	for at := range sealed {
		for bit := range 8 {
			flipped := append([]byte(nil), sealed...)
			flipped[at] ^= 1 << bit
			_, err := key.Public().Verify(flipped)
			require.Error(t, err, "bit %d of byte %d (%q)", bit, at, sealed[at])
		}
		_, err := key.Public().Verify(append(append([]byte(nil), sealed[:at]...), sealed[at+1:]...))
		require.Error(t, err, "without byte %d", at)
		_, err = key.Public().Verify(append(append(append([]byte(nil), sealed[:at]...), ' '), sealed[at:]...))
		require.Error(t, err, "a blank before byte %d", at)
	}
	_, err := key.Public().Verify(append(sealed, '\n'))
	require.Error(t, err)
}

// A valid signature over something else is no evidence.
func TestVerifyRefusesOtherContent(t *testing.T) {
	t.Parallel()
	key, _, _ := keyOf(t, 1)
	sealed := func(payloadType, payload string) []byte {
		e := envelope{PayloadType: payloadType, Payload: []byte(payload)}
		e.Signatures = []autograph{{key.Public().ID(), ed25519.Sign(key.private, e.signed())}}
		return e.encode()
	}
	for name, test := range map[string]struct {
		file []byte
		want string
	}{
		"nothing":              {nil, "it is no evidence"},
		"not JSON":             {[]byte("evidence"), "it is no evidence"},
		"another media type":   {sealed("text/plain", `{}`), `it contains "text/plain"`},
		"another statement":    {sealed(PayloadType, `{"_type":"`+StatementType+`","predicateType":"https://slsa.dev/provenance/v1"}`), "provenance"},
		"no statement":         {sealed(PayloadType, `[]`), "its statement"},
		"without a signature":  {(&envelope{PayloadType: PayloadType, Payload: []byte(`{}`)}).encode(), "not signed with this key"},
		"of another signature": {(&envelope{PayloadType, []byte(`{}`), []autograph{{key.Public().ID(), make([]byte, 64)}}}).encode(), "its signature is wrong"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := key.Public().Verify(test.file)
			require.ErrorContains(t, err, test.want)
		})
	}
}

// The encoding that is signed is that of DSSE's own example (protocol.md, "Test Vectors").
func TestSignedEncoding(t *testing.T) {
	t.Parallel()
	e := envelope{PayloadType: "http://example.com/HelloWorld", Payload: []byte("hello world")}
	require.Equal(t, "DSSEv1 29 http://example.com/HelloWorld 11 hello world", string(e.signed()))
}

// A key that is none is refused with what would be right, and without its text.
func TestParseKey(t *testing.T) {
	t.Parallel()
	_, private, public := keyOf(t, 1)
	for name, text := range map[string][]byte{"nothing": nil, "a public key": public, "not PEM": []byte("hush-hush"), "two": append(private, private...),
		"another type": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("hush-hush")})} {
		_, err := ParseKey(text)
		require.ErrorContains(t, err, "openssl genpkey -algorithm ed25519", name)
		require.NotContains(t, err.Error(), "hush", name)
	}
	for name, text := range map[string][]byte{"nothing": nil, "a private key": private, "not PEM": []byte("hush-hush")} {
		_, err := ParsePublicKey(text)
		require.ErrorContains(t, err, "openssl pkey", name)
	}
}

// A statement does not pass what a run has cut for what was answered.
func TestHookOfACutRecord(t *testing.T) {
	t.Parallel()
	record := latch.Record{Sequence: 3, Data: latch.Object{"n": []byte(`1`)}, HandedTo: "deliver-1",
		Response: &latch.RecordResponse{Status: 200, Body: "x"}}
	whole, err := hookOf(&record)
	require.NoError(t, err)
	require.NotEmpty(t, whole.Answer.Data)
	require.NotEmpty(t, whole.Answer.Body)
	require.Equal(t, "deliver-1", whole.HandedTo)
	require.Equal(t, 3, whole.Sequence)
	record.Truncated = true
	cut, err := hookOf(&record)
	require.NoError(t, err)
	require.True(t, cut.Truncated)
	require.Equal(t, Answer{Status: 200}, cut.Answer)
}
