package apiclient_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/apiclient"
)

func serve(t *testing.T, handler http.HandlerFunc) *apiclient.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	client, err := apiclient.New(server.URL+"/base/", "k3y")
	require.NoError(t, err)
	return client
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"latch.example.com":                "is not an http or https URL",
		"ftp://latch.example.com":          "is not an http or https URL",
		"http://":                          "is not an http or https URL",
		"https://a:b@latch.example.com":    "without user, query or fragment",
		"https://latch.example.com?x=1":    "without user, query or fragment",
		"https://a:%zz@latch.example/\x7f": "is not an http or https URL",
	} {
		_, err := apiclient.New(address, "")
		require.ErrorContains(t, err, want, address)
		require.NotContains(t, err.Error(), "a:b")
	}
	_, err := apiclient.New("https://latch.example.com", "key\n")
	require.ErrorContains(t, err, "line break")
	for address, open := range map[string]bool{"http://latch.example.com": true, "https://latch.example.com": false,
		"http://127.0.0.1:7127": false, "http://[::1]:7127": false, "http://localhost:7127": false} {
		client, err := apiclient.New(address, "")
		require.NoError(t, err)
		require.Equal(t, open, client.IsOpen(), address)
	}
}

// TestCalls: a token is percent-encoded in a path, and the key is sent only in the header.
func TestCalls(t *testing.T) {
	t.Parallel()
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "/base/latch/v1/locks/release-a%2Fb%3Fc:board:r4nd0m/release", r.URL.EscapedPath())
		require.Empty(t, r.URL.RawQuery)
		require.Equal(t, "Bearer k3y", r.Header.Get("Authorization"))
		require.Equal(t, "application/json", r.Header.Get("Content-Type"))
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"n":1.10}`))
	})
	record, err := client.RemoveLock(t.Context(), latch.LockRelease{Lock: "release-a/b?c:board:r4nd0m"})
	require.NoError(t, err)
	require.JSONEq(t, `{"n":1.10}`, string(record))
	require.Contains(t, string(record), "1.10", "numbers keep their digits")
}

// TestAnswers: error answers of the API are distinguished from answers that are not the API's.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status     int
		kind, body string
		want       string
	}{
		"a problem": {422, "application/problem+json",
			`{"status":422,"detail":"no","errors":[{"location":"body.id","message":"required"}]}`, "no"},
		"a proxy's page":  {502, "text/html", "<h1>", "the API answers 502 Bad Gateway"},
		"no API":          {200, "text/html", "<h1>", `what answers is no API of Latch's: it answers 200 OK with "text/html"`},
		"another's JSON":  {200, "application/json", `[]`, "none that is known here"},
		"a redirect":      {301, "", "", `the API answers 301 Moved Permanently to "https://elsewhere.example/"; give that address`},
		"half an answer":  {200, "application/json", `{`, "none that is known here"},
		"an empty answer": {200, "application/json", ``, "none that is known here"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", test.kind)
				w.Header().Set("Retry-After", "5")
				if test.status == 301 {
					w.Header().Set("Location", "https://elsewhere.example/")
				}
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.body))
			})
			_, err := client.Release(t.Context(), "a")
			require.ErrorContains(t, err, test.want)
			var problem *apiclient.Problem
			if errors.As(err, &problem) && test.status == 422 {
				require.Equal(t, latch.Problems{{Path: "id", Message: "required"}}, problem.Problems())
				require.Equal(t, 5*time.Second, problem.RetryAfter)
			}
		})
	}
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	client, err := apiclient.New(server.URL, "k3y")
	require.NoError(t, err)
	server.Close()
	_, err = client.Jobs(t.Context(), "s3cret tag")
	var unreachable *apiclient.Unreachable
	require.ErrorAs(t, err, &unreachable)
	require.False(t, strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "k3y"), err)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = client.Jobs(cancelled, "")
	require.ErrorIs(t, err, context.Canceled)
	require.False(t, errors.As(err, &unreachable))
}

// TestJobs: all pages are read, ids may have either form, and schedules and tags may be those
// of other clients.
func TestJobs(t *testing.T) {
	t.Parallel()
	pages := map[string]string{
		"0": `{"jobs":[
			{"id":7,"name":null,"title":"Seven","tags":["a",{"name":"b"},3],
				"schedule":{"type":"custom","value":"0 0 * * *","timezone":"UTC","endof":null},
				"status":{"id":63000001,"run_id":"r","returncode":null,"error":null,
					"started_at":"2026-07-01T10:00:00.000Z","completed_at":null,"kvp":{}},
				"created_at":"2026-07-01T10:00:00Z"},
			{"id":"x","schedule":{"endof":7},"status":null}],
			"pagination":{"count":3,"more_pages":true,"limit":2,"offset":0}}`,
		"2": `{"jobs":[
			{"id":"y","schedule":{"daily":{"at":"noon"},"value":3},"tags":null,
				"status":{"id":9,"run_id":"s","returncode":1,"error":"no disk"}},
			{"id":"z","schedule":"0 4 * * *"},
			{"id":"zz","schedule":{"cron":"0 5 * * *","value":null}},
			{"id":"zzz","schedule":{"after":"z"}}],
			"pagination":{"more_pages":false}}`,
	}
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "POST /base/v2/jobs/search", r.Method+" "+r.URL.Path)
		require.Equal(t, "night", r.URL.Query().Get("tag"))
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(pages[r.URL.Query().Get("offset")]))
	})
	jobs, err := client.Jobs(t.Context(), "night")
	require.NoError(t, err)
	require.Len(t, jobs, 6)
	require.Equal(t, apiclient.ID("7"), jobs[0].ID)
	require.Equal(t, apiclient.Names{"a", "b"}, jobs[0].Tags)
	require.Equal(t, &latch.Schedule{Cron: "0 0 * * *", Timezone: "UTC"}, jobs[0].Schedule.Latch())
	require.Equal(t, latch.JobRunning, jobs[0].Status.Status())
	require.Equal(t, &latch.Schedule{After: "7"}, jobs[1].Schedule.Latch())
	require.Nil(t, jobs[1].Status)
	require.Nil(t, jobs[2].Schedule.Latch())
	require.Equal(t, latch.JobFailed, jobs[2].Status.Status())
	require.Equal(t, "no disk", jobs[2].Status.Error)
	require.Equal(t, &latch.Schedule{Cron: "0 4 * * *"}, jobs[3].Schedule.Latch())
	require.Equal(t, &latch.Schedule{Cron: "0 5 * * *"}, jobs[4].Schedule.Latch())
	require.Equal(t, &latch.Schedule{After: "z"}, jobs[5].Schedule.Latch())
}
