package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// A reader gets no link that removes locks, also where an endpoint answered
// with the link that it was sent.
func TestReaderGetsNoEchoedLink(t *testing.T) {
	t.Parallel()
	const signature = "c2lnbmF0dXJl-_x"
	link := "https://latch.example.com/locks/" + token + "?link=" + signature
	record := latch.Record{DeliveryID: "dlv_1", Result: latch.ResultPass, Error: "not taken: " + link, Data: latch.Object{"lock_url": encode(t, link)},
		Lock:     &latch.RecordLock{Token: token, URL: link, RemovedAt: latch.NewTime(fixed)},
		Response: &latch.RecordResponse{Status: 200, Headers: map[string]string{"X-Echo": link}, Body: `{"lock_url":"` + strings.ReplaceAll(link, "/", `\/`) + `"}`}}
	handler := withKeys(t, &fake{query: func(string, string) (any, error) { return []latch.Record{record}, nil }})
	for key, shown := range map[string]bool{"read": false, "lock": true} {
		got := call(handler, "GET", "/latch/v1/locks/"+token, "", "X-API-Key", key)
		require.Equal(t, 200, got.Code, got.Body)
		require.True(t, json.Valid(got.Body.Bytes()))
		require.Equal(t, shown, strings.Contains(got.Body.String(), signature), got.Body)
	}
}

// Answers that rest on a key are kept by no cache, and are taken for nothing
// but what they say they are.
func TestAnswersAreNotKept(t *testing.T) {
	t.Parallel()
	handler := withKeys(t, &fake{})
	for _, target := range []string{"/latch/v1/locks?API_KEY=read", "/latch/v1/locks", "/latch/v1/locks/a:b:c?API_KEY=read", "/locks/a:b:c", "/nowhere"} {
		got := call(handler, "GET", target, "")
		require.Equal(t, "no-store", got.Header().Get("Cache-Control"), target)
		require.Equal(t, "nosniff", got.Header().Get("X-Content-Type-Options"), target)
	}
}
