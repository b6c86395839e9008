package e2e

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/evidence"
	"github.com/latch-run/latch/internal/signature"
	"github.com/latch-run/latch/testsuite/receiver"
)

// evidenceKey writes a key pair as openssl does, and returns the files.
func (b *bench) evidenceKey() (private, public string) {
	b.Helper()
	publicKey, privateKey, err := ed25519.GenerateKey(nil)
	require.NoError(b, err)
	encoded, err := x509.MarshalPKCS8PrivateKey(privateKey)
	require.NoError(b, err)
	private = b.write("evidence.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})))
	encoded, err = x509.MarshalPKIXPublicKey(publicKey)
	require.NoError(b, err)
	return private, b.write("evidence.pub", string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: encoded})))
}

// rolledBack is a release with a step that is undone because the last gate says so.
const rolledBack = `{"id":"$ID","webhooks":[
	{"id":"board","events":[{"event":"BEFORE_RELEASE","blocking":true}]},
	{"id":"checks","url":"$R/checks","events":[{"event":"BEFORE_RELEASE_COMPLETE"}]}],
	"steps":[{"name":"migrate","do":{"http":{"url":"$R/do"}},"undo":{"http":{"url":"$R/undo"}}}]}`

// The evidence of a release that was rolled back says who let it begin, which rule rolled it back,
// and what was undone. It is the same from worker, API and command line, each verifies without a
// server, and contains nothing that opens a lock.
func TestEvidenceOfARelease(t *testing.T) {
	t.Parallel()
	sink, key := receiver.New(t), signature.NewSymmetric()
	keys := &bench{T: t}
	private, public := keys.evidenceKey()
	b := setup(t, "LATCH_EVIDENCE_WEBHOOK", sink.URL+"/evidence", "LATCH_EVIDENCE_SECRET", "audit", "LATCH_SECRET_AUDIT", key,
		"LATCH_EVIDENCE_KEY_FILE", private)
	s := b.serve("LATCH_API_KEYS", apiKeys, "LATCH_EVIDENCE_KEY_FILE", private)
	b.receiver.Script("/checks", receiver.JSON(http.StatusOK, `{"result":"fail","rollback_release":true}`))
	release := strings.NewReplacer("$ID", b.queue, "$R", b.receiver.URL).Replace(rolledBack)
	s.as("run-key-0123456789", "POST", "/latch/v1/releases", release).read(t, http.StatusCreated, new(any))
	id := "release-" + b.queue
	token := s.token(id)
	open := s.as("read-key-0123456789", "GET", "/latch/v1/releases/"+b.queue+"/evidence", "")
	require.Equal(t, http.StatusConflict, open.status, open.body)
	s.as("lock-key-0123456789", "POST", lockPath(token)+"/release", `{"reason":"looks good"}`).read(t, http.StatusOK, new(any))

	sent, err := sink.Wait(b.ctx, "/evidence", 1)
	require.NoError(t, err)
	verifier, err := standardwebhooks.NewWebhook(key)
	require.NoError(t, err)
	require.NoError(t, verifier.Verify(sent[0].Body, sent[0].Header))
	require.Equal(t, evidence.MediaType, sent[0].Header.Get("Content-Type"))
	byAPI := s.as("read-key-0123456789", "GET", "/latch/v1/releases/"+b.queue+"/evidence", "")
	require.Equal(t, http.StatusOK, byAPI.status, byAPI.body)
	byStarter := b.starter(nil, "evidence", b.queue, "--key", private)
	require.Equal(t, 0, byStarter.code, byStarter.err)
	viaAPI := b.starter(s.viaAPI("read-key-0123456789"), "evidence", b.queue)
	require.Equal(t, 0, viaAPI.code, viaAPI.err)
	for from, file := range map[string]string{"worker": string(sent[0].Body), "API": byAPI.body, "starter": byStarter.out, "starter --api": viaAPI.out} {
		require.Equal(t, byAPI.body, file, from)
	}

	var stated evidence.Statement
	verified := b.starter(nil, "evidence", "verify", b.write("shop.json", byAPI.body), "--key", public, "-o", "json")
	require.Equal(t, 0, verified.code, verified.err)
	require.NoError(t, json.Unmarshal([]byte(verified.out), &stated))
	require.Equal(t, latch.ReleaseRolledBack, stated.Predicate.Outcome.Status)
	require.Equal(t, []string{"migrate"}, stated.Predicate.Undone)
	require.Equal(t, "board", stated.Predicate.Hooks[0].Lock.RemovedBy)
	require.Equal(t, latch.IdentifiedByKey, stated.Predicate.Hooks[0].Lock.IdentifiedBy)
	require.Equal(t, "looks good", stated.Predicate.Hooks[0].Lock.Reason)
	require.Contains(t, stated.Predicate.Hooks[1].Rule, "rollback_release: ")
	require.NotContains(t, verified.out, token)
	changed := b.starter(nil, "evidence", "verify", b.write("changed.json", strings.Replace(byAPI.body, ":", ": ", 1)), "--key", public)
	require.Equal(t, 1, changed.code)
	require.Contains(t, changed.err, "it is not as it was written")

	l, sending := &lane{bench: b}, latch.PrefixEvidence+stated.Predicate.Run.RunID
	require.NoError(t, shared.client.GetWorkflow(b.ctx, sending, "").Get(b.ctx, nil))
	l.keep("release-with-evidence", id)
	l.keep("evidence", sending)
}
