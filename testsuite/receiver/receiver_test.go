package receiver_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/testsuite/receiver"
)

// call sends a request over a separate connection and returns the answer.
func call(t *testing.T, request *http.Request) (*http.Response, string, error) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	return read(client.Do(request))
}

func read(response *http.Response, err error) (*http.Response, string, error) {
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return response, string(body), err
}

func post(t *testing.T, url, body string) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	return request
}

func TestARequestIsRecordedAsItCame(t *testing.T) {
	t.Parallel()
	r := receiver.New(t)
	before := time.Now()

	request := post(t, r.URL+"/hooks/a%20b?x=1&x=2", "raw \x00 body")
	request.Header["X-Twice"] = []string{"one", "two"}
	response, body, err := call(t, request)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, "a path without a script answers 200")
	require.Empty(t, body)

	_, _, err = call(t, post(t, r.URL+"/other", ""))
	require.NoError(t, err)

	got := r.Requests("/hooks/a b")
	require.Len(t, got, 1)
	require.Equal(t, http.MethodPost, got[0].Method)
	require.Equal(t, "/hooks/a%20b?x=1&x=2", got[0].URI)
	require.Equal(t, []string{"1", "2"}, got[0].Query["x"])
	require.Equal(t, []string{"one", "two"}, got[0].Header["X-Twice"])
	require.Equal(t, r.Address, got[0].Header.Get("Host"))
	require.Equal(t, "raw \x00 body", string(got[0].Body))
	require.False(t, got[0].Truncated)
	require.WithinRange(t, got[0].At, before, time.Now())
	require.Equal(t, 1, got[0].Order)
	require.Equal(t, 2, r.Requests("/other")[0].Order, "the order runs over all paths")
	require.Len(t, r.Requests(""), 2)
}

func TestAnswersComeInTurnAndTheLastStays(t *testing.T) {
	t.Parallel()
	r := receiver.New(t)
	r.Script("/flaky", receiver.Status(503), receiver.Answer{
		Status: 429, Header: http.Header{"retry-after": {"7"}}, Body: "later",
	}, receiver.JSON(201, `{"ok":true}`))

	type answer struct {
		status                        int
		retryAfter, contentType, body string
	}
	var got []answer
	for range 4 {
		response, body, err := call(t, post(t, r.URL+"/flaky", ""))
		require.NoError(t, err)
		h := response.Header
		got = append(got, answer{response.StatusCode, h.Get("Retry-After"), h.Get("Content-Type"), body})
	}
	created := answer{201, "", "application/json", `{"ok":true}`}
	require.Equal(t, []answer{{503, "", "", ""}, {429, "7", "text/plain; charset=utf-8", "later"}, created, created}, got)

	r.Script("/flaky")
	response, _, err := call(t, post(t, r.URL+"/flaky", ""))
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, "a script without answers takes the script away")
}

func TestAnEchoHasAllThatWasSent(t *testing.T) {
	t.Parallel()
	r := receiver.New(t)
	r.Script("/echo", receiver.Answer{Status: 400, Echo: true})

	request := post(t, r.URL+"/echo?q=query-value", "body-value")
	request.Header.Set("Authorization", "Bearer header-value")
	response, body, err := call(t, request)
	require.NoError(t, err)
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
	require.Equal(t, "Bearer header-value", response.Header.Get("Echo-Authorization"))
	for _, part := range []string{"query-value", "Authorization: Bearer header-value", "body-value"} {
		require.Contains(t, body, part)
	}
}

func TestAnAnswerIsHeldUntilItIsReleased(t *testing.T) {
	t.Parallel()
	r := receiver.New(t)
	release := make(chan struct{})
	r.Script("/slow", receiver.Answer{Status: 202, Hold: release})

	request := post(t, r.URL+"/slow", "")
	answered := make(chan int, 1)
	go func() {
		response, _, err := call(t, request)
		if err != nil {
			answered <- 0
			return
		}
		answered <- response.StatusCode
	}()
	_, err := r.Wait(t.Context(), "/slow", 1)
	require.NoError(t, err, "a request counts before its answer")
	require.Empty(t, answered)
	close(release)
	require.Equal(t, 202, <-answered)
}

func TestADroppedConnectionIsAnError(t *testing.T) {
	t.Parallel()
	r := receiver.New(t)
	r.Script("/drop", receiver.Answer{Drop: true}, receiver.Status(204))

	_, _, err := call(t, post(t, r.URL+"/drop", "kept"))
	require.ErrorIs(t, err, io.EOF)
	require.Equal(t, "kept", string(r.Requests("/drop")[0].Body), "it is recorded all the same")

	response, _, err := call(t, post(t, r.URL+"/drop", ""))
	require.NoError(t, err)
	require.Equal(t, http.StatusNoContent, response.StatusCode)
}

func TestWaitSeesEveryRequestOnce(t *testing.T) {
	t.Parallel()
	const senders = 20
	r := receiver.New(t)

	var group sync.WaitGroup
	for i := range senders {
		request := post(t, r.URL+"/hook", fmt.Sprint(i))
		group.Go(func() { _, _, _ = call(t, request) })
	}
	got, err := r.Wait(t.Context(), "/hook", senders)
	require.NoError(t, err)
	group.Wait()

	bodies := map[string]bool{}
	for i, request := range got {
		bodies[string(request.Body)] = true
		require.Equal(t, i+1, request.Order)
	}
	require.Len(t, bodies, senders)
}

func TestWaitEndsWithItsContextAndSaysWhatCame(t *testing.T) {
	t.Parallel()
	r := receiver.New(t)
	_, _, err := call(t, post(t, r.URL+"/hook", ""))
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = r.Wait(ctx, "/hook", 2)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, `1 of 2 requests to "/hook" came`)
}

func TestAStoppedReceiverRefusesAndComesBackOnItsPort(t *testing.T) {
	t.Parallel()
	r := receiver.New(t)
	r.Script("/hook", receiver.Status(418))
	_, _, err := call(t, post(t, r.URL+"/hook", "before"))
	require.NoError(t, err)
	require.ErrorContains(t, r.Start(), "runs already")

	require.NoError(t, r.Stop())
	require.NoError(t, r.Stop(), "stopping twice is one stop")
	_, _, err = call(t, post(t, r.URL+"/hook", "down"))
	require.ErrorContains(t, err, "connection refused")

	require.NoError(t, r.Start())
	response, _, err := call(t, post(t, r.URL+"/hook", "after"))
	require.NoError(t, err)
	require.Equal(t, 418, response.StatusCode, "scripts outlive a stop")
	got := r.Requests("/hook")
	require.Len(t, got, 2, "and so does the record")
	require.Equal(t, "after", string(got[1].Body))
}

func TestStopEndsAnAnswerThatIsHeld(t *testing.T) {
	t.Parallel()
	r := receiver.New(t)
	r.Script("/held", receiver.Answer{Hold: make(chan struct{})})

	request := post(t, r.URL+"/held", "")
	failed := make(chan error, 1)
	go func() {
		_, _, err := call(t, request)
		failed <- err
	}()
	_, err := r.Wait(t.Context(), "/held", 1)
	require.NoError(t, err)
	require.NoError(t, r.Stop())
	require.Error(t, <-failed)
}

func TestTLSIsTrustedOverItsPoolAlone(t *testing.T) {
	t.Parallel()
	r := receiver.New(t, receiver.WithTLS())
	require.True(t, strings.HasPrefix(r.URL, "https://127.0.0.1:"), r.URL)

	trusting := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: r.CertPool(), MinVersion: tls.VersionTLS12},
	}}
	response, _, err := read(trusting.Do(post(t, r.URL+"/tls", "")))
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode)

	_, _, err = call(t, post(t, r.URL+"/tls", ""))
	var untrusted *tls.CertificateVerificationError
	require.True(t, errors.As(err, &untrusted), "%v", err)
}

func TestALongBodyIsCut(t *testing.T) {
	t.Parallel()
	r := receiver.New(t)
	_, _, err := call(t, post(t, r.URL+"/long", strings.Repeat("x", 1<<20+1)))
	require.NoError(t, err)
	got := r.Requests("/long")[0]
	require.True(t, got.Truncated)
	require.True(t, bytes.Equal(got.Body, bytes.Repeat([]byte("x"), 1<<20)))
}
