package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/registry"
)

// A reader gets no link that removes locks, even if an endpoint answered with the link that it
// had received.
func TestReaderGetsNoEchoedLink(t *testing.T) {
	t.Parallel()
	const signature = "c2lnbmF0dXJl-_x"
	link := "https://latch.example.com/locks/" + apitest.Token + "?link=" + signature
	record := latch.Record{DeliveryID: "dlv_1", Result: latch.ResultPass, Error: "not taken: " + link,
		Data: latch.Object{"lock_url": apitest.Encode(t, link)},
		Lock: &latch.RecordLock{Token: apitest.Token, URL: link, RemovedAt: latch.NewTime(apitest.Fixed)},
		Response: &latch.RecordResponse{Status: 200, Headers: map[string]string{"X-Echo": link},
			Body: `{"lock_url":"` + strings.ReplaceAll(link, "/", `\/`) + `"}`}}
	handler := apitest.WithKeys(t, apitest.Running("release-1", apitest.Always([]latch.Record{record}, nil), nil))
	for key, shown := range map[string]bool{"read": false, "lock": true} {
		got := apitest.Call(handler, "GET", "/latch/v1/locks/"+apitest.Token, "", "X-API-Key", key)
		require.Equal(t, 200, got.Code, got.Body)
		require.True(t, json.Valid(got.Body.Bytes()))
		require.Equal(t, shown, strings.Contains(got.Body.String(), signature), got.Body)
	}
}

// Answers that depend on a key are not cached, and browsers do not guess their type.
func TestAnswersAreNotKept(t *testing.T) {
	t.Parallel()
	handler := apitest.WithKeys(t, apitest.Temporal())
	for _, target := range []string{"/latch/v1/locks?API_KEY=read", "/latch/v1/locks",
		"/latch/v1/locks/a:b:c?API_KEY=read", "/locks/a:b:c", "/nowhere"} {
		got := apitest.Call(handler, "GET", target, "")
		require.Equal(t, "no-store", got.Header().Get("Cache-Control"), target)
		require.Equal(t, "nosniff", got.Header().Get("X-Content-Type-Options"), target)
	}
}

const veilKey = "0123456789abcdef"

// planted is a Temporal, with a registry, whose every text that an endpoint or a
// task had a hand in holds the link to an open lock.
func planted(t *testing.T) (*apitest.Held, *apitest.Registry) {
	t.Helper()
	signature := locklink.Sign([]byte(veilKey), apitest.Token)
	link := locklink.URL("https://latch.example.com", apitest.Token, []byte(veilKey))
	echo := "see " + link + " or " + url.QueryEscape(link) + " or lock_" + signature
	object := latch.Object{"link": apitest.Encode(t, link), "echo": apitest.Encode(t, echo),
		signature: apitest.Encode(t, "a key"), "deep": apitest.Encode(t, []any{map[string]string{signature: signature}})}
	lock := &latch.RecordLock{Token: apitest.Token, URL: link, Reason: echo}
	record := latch.Record{DeliveryID: "dlv_1", Webhook: "board", Event: latch.EventBeforeRelease, Release: "1",
		WorkflowID: "release-1", RunID: "run-1",
		Result: latch.ResultFail, Data: object, Attempts: 1, Error: echo, Lock: lock,
		StartedAt: latch.NewTime(apitest.Fixed), CompletedAt: latch.NewTime(apitest.Fixed),
		Tries:   []latch.RecordTry{{Error: echo}},
		Request: &latch.RecordRequest{Method: "POST", URL: "https://example.com/?to=" + url.QueryEscape(link)},
		Response: &latch.RecordResponse{Status: 500,
			Headers: map[string]string{"X-Echo": link, http.CanonicalHeaderKey("x-" + signature): "1"},
			Body:    string(apitest.Encode(t, map[string]string{"a": link}))}}
	status := latch.Status{ID: "1", Status: latch.ReleaseRunning, Phase: echo,
		Steps:    []latch.StepResult{{Name: "a", Status: latch.StepFailed, Error: echo, KVP: object}},
		Rejected: []latch.Rejected{{Name: "skip", Error: echo}},
		Locks:    []latch.OpenLock{{Token: apitest.Token, URL: link, Webhook: "board", Event: latch.EventBeforeRelease}}}
	run := apitest.HeldRun(latch.EventBeforeRelease, "", "", "", 0, latch.StepPending)
	run.Run.Answer = func(name string) (any, error) {
		if name == latch.QueryStatus {
			return status, nil
		}
		return []latch.Record{record}, nil
	}
	run.Run.WaitsFor(status.Locks...)
	jobs := &apitest.Registry{Ran: map[string]registry.Run{
		"1": {RunID: "r", Status: latch.JobFailed, Error: echo, KVP: object, StartedAt: latch.NewTime(apitest.Fixed),
			CompletedAt: latch.NewTime(apitest.Fixed)}},
		Jobs: []registry.Definition{
			{ID: "1", Job: &latch.Job{ID: "1", Title: "x", Task: &latch.Task{Command: &latch.CommandTask{Argv: []string{"true"}}}}}}}
	return run, jobs
}

// Contract, "HTTP API": no existing or future route shows what opens a lock to a caller who may
// not remove the lock.
func TestNoRouteShowsAReaderWhatOpensALock(t *testing.T) {
	t.Parallel()
	parsed, err := api.ParseKeys(apitest.Keys)
	require.NoError(t, err)
	run, jobs := planted(t)
	handler := apitest.New(t, run,
		api.Options{Keys: parsed, Routes: apitest.WithRegistry(jobs), LockLinks: true, LinkKey: []byte(veilKey),
			PublicURL: "https://latch.example.com"})
	signature := strings.ToLower(locklink.Sign([]byte(veilKey), apitest.Token))
	shown := map[string]bool{}
	for _, o := range operationsOf(t, handler) {
		if o.role != "read" {
			continue
		}
		method, path, _ := strings.Cut(o.route, " ")
		path = strings.NewReplacer("{lock}", apitest.Token, "{id}", "1", "{webhook}", "1").Replace(path)
		for _, accept := range []string{"application/json", "text/html"} {
			for _, role := range []string{"read", "lock", "run", "admin"} {
				got := apitest.Call(handler, method, path, "", "X-API-Key", role, "Accept", accept)
				text := strings.ToLower(got.Body.String() + fmt.Sprint(got.Header()))
				if role == "read" {
					require.NotContains(t, text, signature, "%s: %s", o.route, got.Body)
					require.Equal(t, strings.Contains(got.Header().Get("Content-Type"), "json"), json.Valid(got.Body.Bytes()), o.route)
				} else if strings.Contains(text, signature) {
					shown[path] = true
				}
			}
		}
	}
	for _, path := range []string{"/latch/v1/locks", "/latch/v1/locks/" + apitest.Token, "/locks/" + apitest.Token,
		"/latch/v1/releases/1", "/latch/v1/deliveries", "/v2/jobs/1", "/v2/jobs",
		"/api/v2/jobs/1/status", "/v2/jobs/search", "/api/job/1", "/v2/bulk/jobs", "/latch/v1/webhooks/1/history"} {
		require.True(t, shown[path], "%s shows those who may remove locks all that there is", path)
	}
}

// Who has only a lock's link sees no other lock's.
func TestALinkShowsNoOtherLocksLink(t *testing.T) {
	t.Parallel()
	parsed, err := api.ParseKeys(apitest.Keys)
	require.NoError(t, err)
	run, _ := planted(t)
	handler := apitest.New(t, run, api.Options{Keys: parsed, LockLinks: true, LinkKey: []byte(veilKey)})
	signature := locklink.Sign([]byte(veilKey), apitest.Token)
	got := apitest.Call(handler, "GET", "/locks/"+apitest.Token+"?link="+signature, "")
	require.Equal(t, 200, got.Code, got.Body)
	require.NotContains(t, got.Body.String(), signature)
	require.Contains(t, got.Body.String(), `name="form"`)
}
