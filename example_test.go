package latch_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	"github.com/latch-run/latch"
)

// A job of one HTTP request that reports its end to a webhook. It is the input of the workflow
// latch.JobRun.
func ExampleJob() {
	job := latch.Job{
		ID:       "nightly-export",
		Task:     &latch.Task{HTTP: &latch.HTTPTask{URL: "https://erp.example.com/export"}},
		Webhooks: []latch.Webhook{{ID: "on-call", URL: "https://hooks.example.com/on-call", Event: latch.EventJobFailure}},
	}
	input, _ := json.MarshalIndent(job, "", "  ")
	fmt.Println(string(input))
	// Output:
	// {
	//   "id": "nightly-export",
	//   "task": {
	//     "http": {
	//       "url": "https://erp.example.com/export"
	//     }
	//   },
	//   "webhooks": [
	//     {
	//       "id": "on-call",
	//       "url": "https://hooks.example.com/on-call",
	//       "event": "JOB_FAILURE"
	//     }
	//   ]
	// }
}

// A release that waits for a person to remove its lock, and that a service can roll back by its
// answer.
func ExampleRelease() {
	release, err := latch.DecodeRelease([]byte(`{
		"id": "shop-4.2",
		"webhooks": [
			{"id": "board", "events": [{"event": "BEFORE_RELEASE", "blocking": true, "lock_timeout": "4h"}]},
			{"id": "tests", "url": "https://tests.example.com/run", "events": [
				{"event": "BEFORE_RELEASE_COMPLETE", "rollback_release": "history.data.failed > 0"}]}],
		"steps": [{"name": "deploy",
			"do":   {"http": {"url": "https://deploy.example.com/${release.id}"}},
			"undo": {"http": {"url": "https://deploy.example.com/${release.id}/undo"}}}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(release.ID, "holds for", time.Duration(release.Webhooks[0].Events[0].LockTimeout))
	// Output: shop-4.2 holds for 4h0m0s
}

// All problems of an input are reported at once, each with its path.
func ExampleProblems() {
	_, err := latch.DecodeJob([]byte(`{"id": "1", "tsak": {}, "timeout": "soon"}`))
	var problems latch.Problems
	if errors.As(err, &problems) {
		for _, problem := range problems {
			fmt.Println(problem.Path)
		}
	}
	// Output:
	// tsak
	// timeout
	// task
}

// A receiver verifies the signature of Standard Webhooks before it processes a request, and
// answers with a decision.
func Example_receiver() {
	key := []byte("a secret that both sides know")
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		sent, notANumber := strconv.ParseInt(r.Header.Get("webhook-timestamp"), 10, 64)
		if err != nil || notANumber != nil || time.Since(time.Unix(sent, 0)).Abs() > 5*time.Minute {
			http.Error(w, "too large, or too old", http.StatusBadRequest)
			return
		}
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%d.%s", r.Header.Get("webhook-id"), sent, body)
		expected := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
		for _, signature := range strings.Fields(r.Header.Get("webhook-signature")) {
			if hmac.Equal([]byte(signature), []byte(expected)) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, `{"result": "fail", "stop_release": true}`)
				return
			}
		}
		http.Error(w, "the signature does not fit", http.StatusUnauthorized)
	}))
	defer receiver.Close()

	forged, _ := http.NewRequest("POST", receiver.URL, strings.NewReader(`{"event": "BEFORE_RELEASE"}`))
	forged.Header.Set("webhook-id", "dlv_1")
	forged.Header.Set("webhook-timestamp", strconv.FormatInt(time.Now().Unix(), 10))
	forged.Header.Set("webhook-signature", "v1,bm9ib2R5")
	response, err := http.DefaultClient.Do(forged)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	fmt.Println(response.Status)
	// Output: 401 Unauthorized
}
