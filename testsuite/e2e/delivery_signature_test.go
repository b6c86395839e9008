package e2e

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/signature"
	"github.com/latch-run/latch/testsuite/process"
	"github.com/latch-run/latch/testsuite/receiver"
)

// The reasons of the JavaScript library for rejecting a request.
const (
	unsigned = "No matching signature found"
	tooOld   = "Message timestamp too old"
	tooNew   = "Message timestamp too new"
)

// A look is a receiver's check of one request, original or tampered with.
type look struct {
	Scheme  string            `json:"scheme"`
	Key     string            `json:"key"`
	Headers map[string]string `json:"headers"`
	Body    []byte            `json:"body"`
	Now     int64             `json:"now"` // the receiver's clock, in Unix seconds

	name    string
	refusal string // "" if the request must be accepted
}

// contract, "Secrets by name": secrets sign by the rules of Standard Webhooks, and so does each
// of several. Receivers in Go and JavaScript accept what a worker sent, and reject it if
// anything is changed, if it is replayed, or if they use another key.
//
// v1 is verified by the reference libraries of both languages. Neither supports v1a in its
// newest release (0.0.1 of Go's, 1.1.1 on npm), so v1a is verified by the languages' own
// ed25519, following the specification's "Signature scheme".
func TestSignaturesHoldInGoAndJavaScript(t *testing.T) {
	t.Parallel()
	const plain = "mdoq-is-awesome"
	symmetric, old := signature.NewSymmetric(), signature.NewSymmetric()
	private, public := signature.NewPair()
	oldPrivate, oldPublic := signature.NewPair()
	b := setup(t, "LATCH_SECRET_PLAIN", plain, "LATCH_SECRET_SYMMETRIC", symmetric, "LATCH_SECRET_ROTATED", symmetric+"\n"+old,
		"LATCH_SECRET_PAIR", private, "LATCH_SECRET_PAIRS", private+"\n"+oldPrivate, "LATCH_SECRET_BOTH", symmetric+"\n"+private)
	b.succeeds(b.startJob("signed", jobWith("signed", `{"id":"plain","url":"{R}/plain","event":"JOB_SUCCESS",
		"secret":"plain"},
		{"id":"get","url":"{R}/get","method":"GET","event":"JOB_SUCCESS","secret":"symmetric"},
		{"id":"form","url":"{R}/form","event":"JOB_SUCCESS","secret":"symmetric",
			"content_type":"application/x-www-form-urlencoded","body":"name=${job.title}"},
		{"id":"symmetric","url":"{R}/symmetric","event":"JOB_SUCCESS","secret":"symmetric",
			"body":{"name":"Zoë 🔒","n":9007199254740993}},
		{"id":"rotated","url":"{R}/rotated","event":"JOB_SUCCESS","secret":"rotated"},
		{"id":"pair","url":"{R}/pair","event":"JOB_SUCCESS","secret":"pair","body":{"name":"Zoë 🔒"}},
		{"id":"pairs","url":"{R}/pairs","event":"JOB_SUCCESS","secret":"pairs"},
		{"id":"both","url":"{R}/both","event":"JOB_SUCCESS","secret":"both"}`)))

	var looks []look
	for path, keys := range map[string][]string{
		"plain": {plain}, "get": {symmetric}, "form": {symmetric}, "symmetric": {symmetric}, "rotated": {symmetric, old},
		"pair": {public}, "pairs": {public, oldPublic}, "both": {symmetric, public},
	} {
		request := b.arrives("/"+path, 1)[0]
		require.Len(t, strings.Split(request.Header.Get("Webhook-Signature"), " "), len(keys), path)
		for i, key := range keys {
			looks = append(looks, looksAt(fmt.Sprintf("%s by key %d", path, i+1), request, key)...)
		}
	}
	want := map[string]string{}
	for _, each := range looks {
		want[each.name] = each.refusal
	}
	require.Len(t, want, len(looks), "names of looks differ")

	t.Run("go", func(t *testing.T) {
		t.Parallel()
		for _, each := range looks {
			var err error
			atTime(t, time.Unix(each.Now, 0), func() { err = each.inGo() })
			if each.refusal == "" {
				require.NoError(t, err, each.name)
			} else {
				require.Error(t, err, each.name)
			}
		}
	})
	t.Run("javascript", func(t *testing.T) {
		t.Parallel()
		refusals := inJavaScript(t, looks)
		require.Len(t, refusals, len(looks))
		got := map[string]string{}
		for i, each := range looks {
			got[each.name] = refusals[i]
		}
		require.Equal(t, want, got)
	})
}

// looksAt returns the checks by a receiver with the right key, of the request and of tampered
// versions, and by one with another key.
func looksAt(name string, request receiver.Request, key string) []look {
	_, public := signature.NewPair()
	others := map[string]string{"v1": signature.NewSymmetric(), "v1a": public}
	scheme, otherScheme := "v1", "v1a"
	if strings.HasPrefix(key, signature.PublicPrefix) {
		scheme, otherScheme = otherScheme, scheme
	}
	headers := map[string]string{}
	for header, values := range request.Header {
		headers[strings.ToLower(header)] = strings.Join(values, ", ")
	}
	var looks []look
	add := func(what, refusal string, change func(*look)) {
		made := look{Scheme: scheme, Key: key, Headers: maps.Clone(headers), Body: bytes.Clone(request.Body), Now: request.At.Unix(),
			name: name + ", " + what, refusal: refusal}
		change(&made)
		looks = append(looks, made)
	}
	add("as sent", "", func(*look) {})
	add("another body", unsigned, func(l *look) { l.Body = append(l.Body, ' ') })
	add("another id", unsigned, func(l *look) { l.Headers["webhook-id"] += "0" })
	add("another time", unsigned, func(l *look) { l.Headers["webhook-timestamp"] = later(l.Headers["webhook-timestamp"], -1) })
	add("an old time", tooOld, func(l *look) { l.Headers["webhook-timestamp"] = later(l.Headers["webhook-timestamp"], -3600) })
	add("a time to come", tooNew, func(l *look) { l.Headers["webhook-timestamp"] = later(l.Headers["webhook-timestamp"], 3600) })
	add("replayed", tooOld, func(l *look) { l.Now += 3600 })
	add("a clock behind", tooNew, func(l *look) { l.Now -= 3600 })
	add("another key", unsigned, func(l *look) { l.Key = others[scheme] })
	add("another key of the other scheme", unsigned, func(l *look) { l.Scheme, l.Key = otherScheme, others[otherScheme] })
	return looks
}

func later(timestamp string, seconds int64) string {
	at, _ := strconv.ParseInt(timestamp, 10, 64) // "as sent" fails if there is none
	return strconv.FormatInt(at+seconds, 10)
}

// inGo returns why a receiver in Go rejects the request.
func (l look) inGo() error {
	headers := http.Header{}
	for name, value := range l.Headers {
		headers.Set(name, value)
	}
	if l.Scheme == "v1a" {
		return verifyAsymmetric(l.Key, l.Body, headers)
	}
	webhook, err := standardwebhooks.NewWebhookRaw([]byte(l.Key))
	if strings.HasPrefix(l.Key, signature.SymmetricPrefix) {
		webhook, err = standardwebhooks.NewWebhook(l.Key)
	}
	if err != nil {
		return err
	}
	return webhook.Verify(l.Body, headers)
}

// verifyAsymmetric verifies v1a without any of Latch's code: ed25519 over id, timestamp and
// body, joined by full stops, and a timestamp at most five minutes off.
func verifyAsymmetric(public string, body []byte, headers http.Header) error {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(public, "whpk_"))
	if err != nil {
		return err
	}
	seconds, err := strconv.ParseInt(headers.Get("webhook-timestamp"), 10, 64)
	if err != nil {
		return err
	}
	if age := time.Since(time.Unix(seconds, 0)); age.Abs() > 5*time.Minute {
		return fmt.Errorf("the timestamp is %s off", age)
	}
	content := append([]byte(headers.Get("webhook-id")+"."+headers.Get("webhook-timestamp")+"."), body...)
	for _, each := range strings.Split(headers.Get("webhook-signature"), " ") {
		encoded, asymmetric := strings.CutPrefix(each, "v1a,")
		made, err := base64.StdEncoding.DecodeString(encoded)
		if asymmetric && err == nil && ed25519.Verify(key, content, made) {
			return nil
		}
	}
	return errors.New("no signature is by the key")
}

// inJavaScript returns why a receiver in JavaScript rejects each of the requests.
func inJavaScript(t *testing.T, looks []look) []string {
	t.Helper()
	node, folder := javaScript(t, "javascript")
	input, err := json.Marshal(looks)
	require.NoError(t, err)
	result, err := process.Run(t.Context(),
		process.Command{Path: node, Args: []string{"verify.js"}, Dir: folder, Stdin: bytes.NewReader(input)})
	require.NoError(t, err)
	require.Zero(t, result.ExitCode, result.Stderr)
	var refusals []string
	require.NoError(t, json.Unmarshal([]byte(result.Stdout), &refusals))
	return refusals
}

// javaScript returns Node's path, and a copy of a folder of these tests with the packages that it
// needs. CI installs Node and npm, and fails without them; elsewhere the test is skipped.
func javaScript(t *testing.T, from string) (node, folder string) {
	t.Helper()
	var npm string
	node, err := exec.LookPath("node")
	if err == nil {
		npm, err = exec.LookPath("npm")
	}
	if err != nil && os.Getenv("CI") == "" {
		t.Skipf("node or npm is not installed; what is in %s is not run", from)
	}
	require.NoError(t, err)
	folder = t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS(from)))
	install := exec.CommandContext(t.Context(), npm, "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund")
	install.Dir = folder
	output, err := install.CombinedOutput()
	require.NoError(t, err, "npm ci: %s", output)
	return node, folder
}
