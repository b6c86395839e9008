package delivery

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Contract, Responses: 2xx is delivered; 408, 425, 429 and 5xx are retried; a redirect is not
// followed; other statuses fail permanently; 410 means gone.
func TestStatuses(t *testing.T) {
	t.Parallel()
	var status, followed atomic.Int64
	receiver := newReceiver(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			followed.Add(1)
		}
		w.Header().Set("Location", "/elsewhere")
		w.Header().Set("Set-Cookie", "session=1")
		w.WriteHeader(int(status.Load()))
	})
	sender := local(t, nil)
	for code, want := range map[int]struct{ delivered, retried, permanent bool }{
		200: {delivered: true}, 201: {delivered: true}, 202: {delivered: true}, 204: {delivered: true}, 299: {delivered: true},
		301: {permanent: true}, 302: {permanent: true}, 304: {permanent: true}, 307: {permanent: true}, 308: {permanent: true},
		400: {}, 401: {}, 403: {}, 404: {}, 409: {}, 410: {}, 422: {}, 451: {},
		408: {retried: true}, 425: {retried: true}, 429: {retried: true}, 500: {retried: true}, 501: {retried: true},
		503: {retried: true}, 599: {retried: true},
		101: {},
	} {
		status.Store(int64(code))
		attempt, err := sender.Send(t.Context(), request(receiver.URL), 1)
		require.Equal(t, code, attempt.Response.Status)
		require.NotContains(t, attempt.Response.Headers, "Set-Cookie")
		require.Empty(t, attempt.Data)
		require.NotNil(t, attempt.Data)
		if want.delivered {
			require.NoError(t, err, code)
			continue
		}
		var wrong *StatusError
		require.ErrorAs(t, err, &wrong, code)
		require.Equal(t, code, wrong.Status)
		require.Equal(t, code == 410, wrong.Gone)
		require.Equal(t, want.retried, Retryable(err), code)
		require.Equal(t, want.retried, wrong.Retryable(), code)
		var permanent *PermanentError
		require.Equal(t, want.permanent, errors.As(err, &permanent), code)
		require.ErrorContains(t, err, strconv.Itoa(code))
		require.ErrorContains(t, err, "POST "+receiver.URL)
		require.NotContains(t, receiver.last(t).Header, "Cookie")
	}
	require.Zero(t, followed.Load())
}

// Contract, Responses: data is the JSON object of the answer, whatever its Content-Type. Any
// other body leaves data empty and is not a failure.
func TestData(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]latch.Object{
		`{"result":"fail","n":1.50,"big":12345678901234567890}`: {"result": []byte(`"fail"`), "n": []byte("1.50"),
			"big": []byte("12345678901234567890")},
		" \n{\"a\": {\"b\":[ 1 ]}}\n": {"a": []byte(`{"b":[ 1 ]}`)},
		"":                            {}, "[1]": {}, "null": {}, "7": {}, `"x"`: {},
		"<html>": {}, `{"a":1} {`: {}, `{"a":`: {}, "{a:1}": {},
	} {
		for _, contentType := range []string{"application/json", "text/html"} {
			receiver := newReceiver(t, answering(http.StatusOK, body, map[string]string{"Content-Type": contentType, "X-Two": "1"}))
			attempt, err := local(t, nil).Send(t.Context(), request(receiver.URL), 1)
			require.NoError(t, err, body)
			require.Equal(t, want, attempt.Data, body)
			require.Equal(t, body, attempt.Response.Body)
			require.Equal(t, "1", attempt.Response.Headers["X-Two"])
		}
	}
}

// Contract, Responses: up to 64 KiB are read after decompression, and up to 20 KiB are kept. A
// JSON answer that is cut at the limit fails permanently.
func TestLargeAnswers(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("é", MaximumResponseBytes/2+1)
	for name, test := range map[string]struct {
		contentType, body string
		status            int
		delivered         bool
		data              int
	}{
		"text":                    {"text/plain", large, 200, true, 0},
		"JSON that fits":          {"application/json", `{"a":"` + large[:60000] + `"}`, 200, true, 1},
		"JSON object":             {"application/json", `{"a":"` + large + `"}`, 200, false, 0},
		"JSON object as text":     {"text/plain", ` {"a":[1,"` + large + `"]}`, 200, false, 0},
		"JSON list":               {"application/problem+json; charset=utf-8", `["` + large + `"]`, 200, false, 0},
		"JSON list as text":       {"text/plain", `["` + large + `"]`, 200, true, 0},
		"what only looks like it": {"text/css", `{a:"` + large + `"}`, 200, true, 0},
		"no JSON at all":          {"application/json", `<` + large, 200, true, 0},
		"JSON with an error":      {"application/json", `{"a":"` + large + `"}`, 400, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			receiver := newReceiver(t, answering(test.status, test.body, map[string]string{"Content-Type": test.contentType}))
			attempt, err := local(t, nil).Send(t.Context(), request(receiver.URL), 1)
			require.Len(t, attempt.Data, test.data)
			require.LessOrEqual(t, len(attempt.Response.Body), KeptResponseBytes)
			require.Greater(t, len(attempt.Response.Body), KeptResponseBytes-4)
			require.True(t, strings.HasPrefix(test.body, attempt.Response.Body))
			if test.delivered {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			require.False(t, Retryable(err))
			if test.status == 200 {
				var permanent *PermanentError
				require.ErrorAs(t, err, &permanent)
				require.ErrorContains(t, err, "64 KiB")
			}
		})
	}
}

// The limit counts an answer after decompression, and a decompression bomb does not use up
// memory.
func TestCompressedAnswers(t *testing.T) {
	var bomb bytes.Buffer
	writer := gzip.NewWriter(&bomb)
	_, err := io.CopyN(writer, zeros{}, 16<<20)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	var small bytes.Buffer
	writer = gzip.NewWriter(&small)
	_, _ = writer.Write([]byte(`{"a":1}`))
	require.NoError(t, writer.Close())

	compressed := map[string]string{"Content-Encoding": "gzip", "Content-Type": "application/octet-stream"}
	for _, headers := range []map[string]string{nil, {"Accept-Encoding": "gzip"}} {
		receiver := newReceiver(t, answering(http.StatusOK, bomb.String(), compressed))
		r := request(receiver.URL)
		r.Webhook.Headers = headers
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		attempt, err := local(t, nil).Send(t.Context(), r, 1)
		runtime.ReadMemStats(&after)
		require.NoError(t, err)
		require.LessOrEqual(t, len(attempt.Response.Body), KeptResponseBytes)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20))

		for body, data := range map[string]int{small.String(): 1, "": 0} {
			receiver = newReceiver(t, answering(http.StatusOK, body, compressed))
			r.Webhook.URL = receiver.URL
			attempt, err = local(t, nil).Send(t.Context(), r, 1)
			require.NoError(t, err)
			require.Len(t, attempt.Data, data)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// Contract, Responses: network errors and lost answers are retried. A status counts even if the
// body after it breaks off.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	hijack := func(answer string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			connection, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(connection, answer)
				_ = connection.Close()
			}
		}
	}
	drip := func(pause time.Duration) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, "x"); err != nil || http.NewResponseController(w).Flush() != nil {
					return
				}
				select {
				case <-time.After(pause):
				case <-r.Context().Done():
				}
			}
		}
	}
	silence := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	for name, test := range map[string]struct {
		answer    http.HandlerFunc
		timeout   time.Duration
		status    int
		retryable bool
		want      string
	}{
		"closed in the headers": {hijack("HTTP/1.1 200 OK\r\nContent-"), 0, 0, true, "malformed"},
		"half a chunked body": {hijack("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"), 0, 200, true,
			"the connection was closed before"},
		"half a body of an error": {hijack("HTTP/1.1 404 Not Found\r\nContent-Length: 100\r\n\r\nno"), 0, 404, false, "404"},
		"half a body of a 503":    {hijack("HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\nno"), 0, 503, true, "503"},
		"no HTTP":                 {hijack("SSH-2.0-OpenSSH\r\n\r\n"), 0, 0, true, "malformed"},
		"endless headers":         {hijack("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20)), 0, 0, true, ""},
		"silence":                 {silence, 50 * time.Millisecond, 0, true, "no complete answer within its timeout of 50ms"},
		"half a compressed body": {
			hijack("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 100\r\n\r\n\x1f\x8b\x08"), 0, 200, true,
			"the connection was closed before"},
		"a body that never ends": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"a":`)
			_ = http.NewResponseController(w).Flush()
			silence(w, r)
		}, 50 * time.Millisecond, 200, true, "no complete answer within"},
		"endless body": {drip(0), 0, 200, true, "delivered"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			receiver := newReceiver(t, test.answer)
			send := func(timeout time.Duration) (*Attempt, error) {
				r := request(receiver.URL)
				r.Webhook.Timeout = latch.Duration(timeout)
				return local(t, nil).Send(t.Context(), r, 1)
			}
			attempt, err := send(test.timeout)
			if test.timeout > 0 && test.status > 0 {
				attempt, err = cutOff(send)
			}
			if test.want == "delivered" { // its first 64 KiB were read
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.want)
			require.Equal(t, test.retryable, Retryable(err))
			if test.status == 0 {
				require.Nil(t, attempt.Response)
			} else {
				require.Equal(t, test.status, attempt.Response.Status)
			}
			require.Empty(t, attempt.Data)
		})
	}

	server := httptest.NewServer(nil)
	server.Close()
	_, err := local(t, nil).Send(t.Context(), request(server.URL), 1)
	var unreachable *UnreachableError
	require.ErrorAs(t, err, &unreachable)
	require.ErrorContains(t, err, "refused")
}

// A connection is reused for the next delivery. A request that is lost on a kept connection is
// sent once more on a fresh one. If it is lost there too, the attempt has failed.
func TestConnectionsAreKept(t *testing.T) {
	t.Parallel()
	var mutex sync.Mutex
	connections := map[string]int{}
	var lose atomic.Bool
	receiver := newReceiver(t, func(_ http.ResponseWriter, r *http.Request) {
		mutex.Lock()
		connections[r.RemoteAddr]++
		mutex.Unlock()
		if lose.Load() {
			panic(http.ErrAbortHandler)
		}
	})
	sender := local(t, nil)
	for range 3 {
		_, err := sender.Send(t.Context(), request(receiver.URL), 1)
		require.NoError(t, err)
	}
	lose.Store(true)
	_, err := sender.Send(t.Context(), request(receiver.URL), 1)
	require.True(t, Retryable(err), err)
	mutex.Lock()
	defer mutex.Unlock()
	require.Equal(t, []int{1, 4}, slices.Sorted(maps.Values(connections)))
}

// Records keep headers within bounds, and join the values of one name.
func TestKeptHeaders(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["X-Many"] = []string{"1", "2"}
		w.Header().Set("Authorization", "Bearer x")
		w.Header().Set("Proxy-Authorization", "Bearer x")
		for i := range 40 {
			w.Header().Set(fmt.Sprintf("Y-%d", i), strings.Repeat("y", 1000))
		}
	})
	attempt, err := local(t, nil).Send(t.Context(), request(receiver.URL), 1)
	require.NoError(t, err)
	size := 0
	for name, value := range attempt.Response.Headers {
		require.NotContains(t, name, "Authorization")
		size += len(name) + len(value)
	}
	require.Equal(t, "1, 2", attempt.Response.Headers["X-Many"])
	require.LessOrEqual(t, size, keptHeaderBytes)
}
