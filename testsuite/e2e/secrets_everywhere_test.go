package e2e

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	sdkpb "go.temporal.io/api/sdk/v1"

	"github.com/latch-run/latch"
)

// oddly encodes a text in ways that readers of answers undo.
func oddly(text string) map[string]string {
	var unicode, entities, percents strings.Builder
	for _, r := range text {
		fmt.Fprintf(&unicode, `\u%04x`, r)
		fmt.Fprintf(&entities, "&#x%x;", r)
	}
	for _, c := range []byte(text) {
		fmt.Fprintf(&percents, "%%%02x", c)
	}
	return map[string]string{
		"plain": text, "base64": base64.StdEncoding.EncodeToString([]byte(text)),
		"base64 of a URL": base64.RawURLEncoding.EncodeToString([]byte(text)),
		"hex":             hex.EncodeToString([]byte(text)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(text))),
		"query": url.QueryEscape(text), "path": url.PathEscape(text),
		"unicode": unicode.String(), "entities": entities.String(), "percents": percents.String(),
		"percents twice":               url.QueryEscape(percents.String()),
		"base64 in base64's neighbour": base64.StdEncoding.EncodeToString([]byte("you sent " + text + " to us")),
	}
}

// hostile is an endpoint that echoes its request in every possible part of the answer.
func hostile(t *testing.T, secrets ...string) *httptest.Server {
	t.Helper()
	var all []string
	for _, secret := range secrets {
		for _, written := range oddly(secret) {
			all = append(all, written)
		}
	}
	asJSON, err := json.Marshal(map[string]any{"result": "pass", "echo": all, secrets[0]: secrets})
	require.NoError(t, err)
	raw := func(w http.ResponseWriter, text string) {
		connection, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_, _ = connection.Write([]byte(text))
			_ = connection.Close()
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(asJSON) })
	mux.HandleFunc("/headers", func(w http.ResponseWriter, _ *http.Request) {
		for i, written := range all {
			w.Header().Set(fmt.Sprintf("X-Echo-%d", i), written)
		}
	})
	mux.HandleFunc("/redirect", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://"+url.UserPassword("u", secrets[0]).String()+"@127.0.0.1:1/"+
			url.PathEscape(secrets[1])+"?k="+url.QueryEscape(secrets[2]))
		w.WriteHeader(http.StatusFound)
	})
	mux.HandleFunc("/text", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte(strings.Join(all, "\n")))
	})
	mux.HandleFunc("/status", func(w http.ResponseWriter, _ *http.Request) {
		raw(w, "HTTP/1.1 400 "+strings.Join(secrets, " ")+"\r\nContent-Length: 0\r\n\r\n")
	})
	mux.HandleFunc("/half", func(w http.ResponseWriter, _ *http.Request) {
		raw(w, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"+strings.Join(all, "\n"))
	})
	mux.HandleFunc("/malformed", func(w http.ResponseWriter, _ *http.Request) {
		raw(w, "HTTP/1.1 200 OK\r\n"+strings.Join(secrets, "")+"\r\n\r\n")
	})
	mux.HandleFunc("/nonsense", func(w http.ResponseWriter, _ *http.Request) { raw(w, secrets[0]+" "+secrets[1]+"\r\n\r\n") })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

// contract, "Secrets by name": no secret, in any encoding in which it was sent, ever appears in
// history, logs, errors or records, nor in metrics, the API, the lock's page, the command line
// and Temporal UI.
func TestSecretsStandNowhere(t *testing.T) {
	t.Parallel()
	const hidden, token, bearer = `s3cr3t "q" <&>+/=% é end`, "to/ken+value==&more", "be4rer/t0ken+=="
	const path, query = "T0KEN-in-the-path", "qu3ry-key-value"
	secrets := []string{hidden, token, bearer, path, query}
	endpoint := hostile(t, secrets...)
	b := setup(t, "LATCH_LOG_LEVEL", "debug", "LATCH_SECRET_KEY", hidden, "LATCH_SECRET_AUTHORIZATION", "Bearer "+token,
		"LATCH_SECRET_BEARER", bearer,
		"LATCH_SECRET_PATH", path, "LATCH_SECRET_QUERY", query, "LATCH_SECRET_ADDRESS",
		endpoint.URL+"/hooks/"+path+"?key="+query, "LATCH_SECRET_NOWHERE", "http://127.0.0.1:1/"+path+"?key="+query)
	s := b.serve("LATCH_API_KEYS", apiKeys, "LATCH_LOG_LEVEL", "debug")

	hook := func(id, target string) string {
		return fmt.Sprintf(`{"id":%q,%s,
			"events":[{"event":"BEFORE_RELEASE","on_error":"continue"},{"event":"RELEASE_COMPLETE"}],
			"secret":"key","header_secrets":{"X-Token":"authorization"},"auth":{"bearer":"bearer"},
			"retry":{"initial_interval":"10ms","maximum_attempts":2}}`, id, target)
	}
	var hooks []string
	for _, where := range []string{"json", "headers", "redirect", "text", "status", "half", "malformed", "nonsense"} {
		hooks = append(hooks, hook(where, `"url":"`+endpoint.URL+"/"+where+`"`))
	}
	hooks = append(hooks, hook("address", `"url_secret":"address"`), hook("nowhere", `"url_secret":"nowhere"`),
		fmt.Sprintf(`{"id":"gate","url":"%s/","secret":"key","auth":{"bearer":"bearer"},
			"header_secrets":{"X-Token":"authorization"},
			"events":[{"event":"BEFORE_RELEASE","blocking":true}]}`, endpoint.URL))
	// The endpoint returns all secrets to every request, also to those that did not send them,
	// and to one that names none.
	hooks = append(hooks, `{"id":"nameless","url":"`+endpoint.URL+`/json","event":"RELEASE_COMPLETE"}`)
	release := `{"id":"` + b.jobID("everywhere") + `","webhooks":[` + strings.Join(hooks, ",") + `],"on_failure":"stop",
		"steps":[{"name":"call","do":{"http":{"url":"` + endpoint.URL + `/status","auth":{"bearer":"bearer"}}}}]}`
	var started struct {
		WorkflowID string `json:"workflow_id"`
	}
	var seen strings.Builder
	s.as("run-key-0123456789", "POST", "/latch/v1/releases", release).read(t, 201, &started)
	lock := s.token(started.WorkflowID)
	ask := func(method, path, body string, headers ...string) {
		answer := s.call(method, path, body, append(headers, "Authorization", "Bearer admin-key=1-0123456789")...)
		require.Less(t, answer.status, 300, "%s %s: %s", method, path, answer.body)
		fmt.Fprintln(&seen, answer.header, answer.body)
	}
	details := func() {
		var metadata sdkpb.WorkflowMetadata // the content of a run in Temporal UI
		b.query(started.WorkflowID, "__temporal_workflow_metadata", &metadata)
		require.NotEmpty(t, metadata.GetCurrentDetails())
		seen.WriteString(metadata.GetCurrentDetails())
		for _, name := range []string{latch.QueryStatus, latch.QueryHistory} {
			var answer json.RawMessage
			b.query(started.WorkflowID, name, &answer)
			seen.Write(answer)
		}
	}
	require.Eventually(t, func() bool {
		for _, record := range b.history(started.WorkflowID) {
			if record.Result == latch.ResultPending && record.Webhook != "gate" || record.Webhook == "gate" && record.Response == nil {
				return false
			}
		}
		return true
	}, patience, tick, "every hook has its answer")
	details()
	ask("GET", "/latch/v1/locks?limit=1000", "")
	ask("GET", "/latch/v1/releases?limit=200", "")
	ask("GET", lockPath(lock), "")
	ask("GET", "/locks/"+url.PathEscape(lock), "", "Accept", "text/html")
	ask("GET", "/latch/v1/releases/"+url.PathEscape(started.WorkflowID), "")
	ask("POST", lockPath(lock)+"/release", `{"reason":"seen"}`)
	require.Error(t, shared.client.GetWorkflow(b.ctx, started.WorkflowID, "").Get(b.ctx, nil), "its step failed")
	ask("GET", lockPath(lock), "")
	ask("GET", "/latch/v1/releases?status=failed&limit=200", "")
	ask("GET", "/latch/v1/releases/"+url.PathEscape(started.WorkflowID), "")
	details()
	for _, args := range [][]string{{"history", started.WorkflowID}, {"history", started.WorkflowID, "-o", "json"},
		{"status", started.WorkflowID}, {"status", started.WorkflowID, "-o", "json"}} {
		ran := b.starterWith("NO_COLOR=1", "", args...)
		require.Zero(t, ran.ExitCode, ran.Stderr)
		seen.WriteString(ran.Stdout + ran.Stderr)
	}
	metrics, err := http.Get("http://" + b.health + "/metrics")
	require.NoError(t, err)
	defer metrics.Body.Close()
	counted, err := io.ReadAll(metrics.Body)
	require.NoError(t, err)
	require.Contains(t, string(counted), "temporal_")
	seen.Write(counted)
	seen.WriteString(b.stored(b.ctx) + b.worker.Stdout.String() + b.worker.Stderr.String() + s.process.Stderr.String())

	// The test can find what it looks for: everything was sent, and returned.
	all := seen.String()
	require.GreaterOrEqual(t, strings.Count(all, "***"), 20)
	require.Contains(t, all, "X-Echo-0")
	for _, id := range []string{"json", "headers", "redirect", "text", "status", "half", "malformed", "nonsense",
		"address", "nowhere", "nameless", "gate"} {
		require.Contains(t, all, `"webhook":"`+id+`"`)
	}
	for _, secret := range secrets {
		for encoding, written := range oddly(secret) {
			if encoding == "base64 in base64's neighbour" {
				written = written[16 : len(written)-12] // except for what depends on the neighbours
			}
			require.False(t, strings.Contains(all, written), "%q as %s stands in: …%q…", secret, encoding, around(all, written))
		}
		for _, written := range spellings(t, secret) {
			require.False(t, strings.Contains(all, written), "%q stands in: …%q…", secret, around(all, written))
		}
	}
}

// around returns the surroundings of a text's first occurrence.
func around(text, part string) string {
	at := strings.Index(text, part)
	if at < 0 {
		return ""
	}
	return text[max(0, at-200):min(len(text), at+len(part)+50)]
}

// "Webhook", redact: redacted data does not leave the worker's memory, and decisions still
// decide.
func TestWhatIsRedactedStandsNowhere(t *testing.T) {
	t.Parallel()
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Internal-Trace", "hush-trace")
		w.Header().Set("X-Shown", "shown")
		if r.URL.Path == "/text" {
			_, _ = w.Write([]byte("hush-text"))
			return
		}
		_, _ = w.Write([]byte(`{"result":"fail","rollback_release":true,"customer":{"email":"hush-email","name":"Ann"},"token":"hush-token"}`))
	}))
	t.Cleanup(endpoint.Close)
	b := setup(t, "LATCH_LOG_LEVEL", "debug", "LATCH_REDACT_HEADERS", "x-internal-*, Date", "LATCH_REDACT_JSON", "/token,/*/token")
	run := b.start(latch.WorkflowRelease, "redacted", `{"id":"redacted",
		"steps":[{"name":"a","do":{"workflow":{"type":"latch.Emit","input":{"event":"DONE"}}}}],
		"webhooks":[
			{"id":"told","url":"`+endpoint.URL+`/text","events":[{"event":"BEFORE_RELEASE"}]},
			{"id":"board","url":"`+endpoint.URL+`/","redact":{"json":["/customer/email","/result"]},
				"events":[{"event":"BEFORE_RELEASE",
					"result":"history.data.customer.email == '***' ? history.data.result : 'pass'"}]}]}`)
	var result latch.ReleaseResult
	require.NoError(t, run.Get(b.ctx, &result))
	require.Equal(t, latch.ReleaseRolledBack, result.Status, "what decides is not redacted, and expressions see what is kept")
	record := recordOf(t, result.History, "board")
	require.Equal(t, latch.ResultFail, record.Result)
	require.JSONEq(t, `{"result":"fail","rollback_release":true,"customer":{"email":"***","name":"Ann"},"token":"***"}`, record.Response.Body)
	require.Equal(t, "***", record.Response.Headers["X-Internal-Trace"])
	require.Equal(t, "shown", record.Response.Headers["X-Shown"])
	require.Equal(t, "***", recordOf(t, result.History, "told").Response.Body)
	all := b.stored(b.ctx) + b.worker.Stderr.String()
	require.False(t, strings.Contains(all, "hush"), "…%q…", around(all, "hush"))
}
