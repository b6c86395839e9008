package delivery

import (
	"bufio"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/secret"
)

// A forgetful receiver answers the first request on each connection, keeps the connection open,
// and closes it when the second request arrives.
type forgetful struct {
	url      string
	mutex    sync.Mutex
	answered []*http.Request
	lost     int
}

// newForgetful reads the second request completely before it closes, or not at all.
func newForgetful(t *testing.T, readsAll bool) *forgetful {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	f := &forgetful{url: "http://" + listener.Addr().String()}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go f.serve(connection, readsAll)
		}
	}()
	return f
}

func (f *forgetful) serve(connection net.Conn, readsAll bool) {
	defer func() { _ = connection.Close() }()
	reader := bufio.NewReader(connection)
	if request := readRequest(reader); request != nil {
		f.note(func() { f.answered = append(f.answered, request) })
		_, _ = io.WriteString(connection, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
	}
	if readsAll && readRequest(reader) == nil || !readsAll && peekOne(reader) != nil {
		return // nothing arrived: the test is over
	}
	f.note(func() { f.lost++ })
}

func readRequest(reader *bufio.Reader) *http.Request {
	request, err := http.ReadRequest(reader)
	if err != nil {
		return nil
	}
	_, _ = io.Copy(io.Discard, request.Body)
	return request
}

func peekOne(reader *bufio.Reader) error {
	_, err := reader.Peek(1)
	return err
}

func (f *forgetful) note(what func()) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	what()
}

// Contract, Webhook and Task: a request that is lost on a kept connection is sent again on a
// fresh one, within the same attempt, with the same Idempotency-Key.
func TestRequestLostOnAKeptConnection(t *testing.T) {
	t.Parallel()
	big := rawjson.Encode([]string{strings.Repeat("x", 250<<10)})
	for name, test := range map[string]struct {
		method   string
		body     []byte
		readsAll bool
	}{
		"POST, closed after it was read": {"POST", []byte(`{}`), true},
		"POST, closed before":            {"POST", []byte(`{}`), false},
		"POST, a large body":             {"POST", big, false},
		"PUT":                            {"PUT", []byte(`{}`), true},
		"PATCH":                          {"PATCH", []byte(`{}`), true},
		"DELETE":                         {"DELETE", nil, true},
		"GET":                            {"GET", nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			receiver, sender := newForgetful(t, test.readsAll), local(t, nil)
			task := latch.HTTPTask{Method: test.method, URL: receiver.url, Body: test.body}
			for _, id := range []string{"tsk_1", "tsk_2"} {
				_, err := sender.Do(t.Context(), TaskRequest{ID: id, Task: task})
				require.NoError(t, err)
			}
			receiver.mutex.Lock()
			defer receiver.mutex.Unlock()
			require.Equal(t, 1, receiver.lost)
			require.Len(t, receiver.answered, 2)
			require.Equal(t, "tsk_2", receiver.answered[1].Header.Get("Idempotency-Key"))
		})
	}
	t.Run("a webhook", func(t *testing.T) {
		t.Parallel()
		receiver, sender := newForgetful(t, true), local(t, nil)
		for range 2 {
			_, err := sender.Send(t.Context(), request(receiver.url), 1)
			require.NoError(t, err)
		}
		receiver.mutex.Lock()
		defer receiver.mutex.Unlock()
		require.Equal(t, 1, receiver.lost)
		require.Len(t, receiver.answered, 2)
	})
	t.Run("a token", func(t *testing.T) {
		t.Parallel()
		receiver, sender := newForgetful(t, true), local(t, map[string]string{"client": "hush-hush"})
		grants, err := sender.newGrant(&call{timeout: time.Minute},
			&access{auth: &latch.Auth{OAuth2: &latch.OAuth2{TokenURL: receiver.url, ClientID: "latch"}},
				client: sender.secretOf(t, "client")})
		require.NoError(t, err)
		for range 2 {
			_, err = grants.token(t.Context())
			require.ErrorContains(t, err, "no JSON object with access_token") // the request was answered
		}
		receiver.mutex.Lock()
		defer receiver.mutex.Unlock()
		require.Equal(t, 1, receiver.lost)
		require.NotContains(t, receiver.answered[1].Header, "Idempotency-Key")
	})
}

func (s *Sender) secretOf(t *testing.T, name string) *secret.Secret {
	t.Helper()
	found, err := s.secrets.Lookup(name)
	require.NoError(t, err)
	return found
}

// HTTP/2 behaves the same: net/http leaves the repetition to the caller.
func TestRequestLostOnAKeptHTTP2Connection(t *testing.T) {
	t.Parallel()
	type key struct{}
	var mutex sync.Mutex
	var answered []string
	seen := map[any]bool{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		connection := r.Context().Value(key{}).(net.Conn)
		mutex.Lock()
		defer mutex.Unlock()
		if seen[connection] {
			_ = connection.Close()
			return
		}
		seen[connection] = true
		answered = append(answered, r.Proto+" "+r.Header.Get("Idempotency-Key"))
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Config.ConnContext = func(ctx context.Context, connection net.Conn) context.Context {
		return context.WithValue(ctx, key{}, connection)
	}
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	sender := local(t, nil)
	sender.transport.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	for _, id := range []string{"tsk_1", "tsk_2"} {
		_, err := sender.Do(t.Context(), TaskRequest{ID: id, Task: latch.HTTPTask{URL: server.URL, Body: []byte(`{}`)}})
		require.NoError(t, err)
	}
	mutex.Lock()
	defer mutex.Unlock()
	require.Equal(t, []string{"HTTP/2.0 tsk_1", "HTTP/2.0 tsk_2"}, answered)
}

// A receiver that closes the connection on every request is not called endlessly within one
// attempt.
func TestRequestLostOnAFreshConnection(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	_, err := local(t, nil).Send(t.Context(), request(receiver.URL), 1)
	require.True(t, Retryable(err), err)
	receiver.mutex.Lock()
	defer receiver.mutex.Unlock()
	require.Len(t, receiver.got, 1)
}

// Every request has an Idempotency-Key, and the user's own takes precedence.
func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, nil)
	sender := local(t, map[string]string{"key": "of-a-secret"})
	for name, test := range map[string]struct {
		change func(*latch.Webhook)
		want   string
	}{
		"the delivery's id": {func(*latch.Webhook) {}, "dlv_1"},
		"by GET":            {func(w *latch.Webhook) { w.Method = "GET" }, "dlv_1"},
		"own":               {func(w *latch.Webhook) { w.Headers = map[string]string{"idempotency-key": "job ${job.id}"} }, "job 7"},
		"own secret":        {func(w *latch.Webhook) { w.HeaderSecrets = map[string]string{"Idempotency-Key": "key"} }, "of-a-secret"},
	} {
		r := request(receiver.URL)
		r.Variables = expr.Variables{"job": []byte(`{"id":"7"}`)}
		test.change(&r.Webhook)
		_, err := sender.Send(t.Context(), r, 1)
		require.NoError(t, err, name)
		require.Equal(t, []string{test.want}, receiver.last(t).Header["Idempotency-Key"], name)
	}
	task := latch.HTTPTask{URL: receiver.URL, Headers: map[string]string{"Idempotency-Key": "mine"}}
	for header, want := range map[string]string{"": "tsk_1", "mine": "mine"} {
		if header == "" {
			_, err := sender.Do(t.Context(), TaskRequest{ID: "tsk_1", Task: latch.HTTPTask{URL: receiver.URL}})
			require.NoError(t, err)
		} else {
			_, err := sender.Do(t.Context(), TaskRequest{ID: "tsk_1", Task: task})
			require.NoError(t, err)
		}
		require.Equal(t, want, receiver.last(t).Header.Get("Idempotency-Key"))
	}
}

// Contract, Responses: the status counts if a receiver answers and closes the connection while
// the body is still being sent.
func TestAnswerBeforeTheBodyWasSent(t *testing.T) {
	t.Parallel()
	body := []byte(`"` + strings.Repeat("${data.x}", 5) + `"`) // of 250 KB
	for status, want := range map[string]string{"413 Content Too Large": "answered 413",
		"401 Unauthorized": "answered 401", "429 Too Many Requests": "answered 429"} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { _ = listener.Close() })
		go func() {
			for {
				connection, err := listener.Accept()
				if err != nil {
					return
				}
				if tcp, ok := connection.(*net.TCPConn); ok {
					_ = tcp.SetReadBuffer(1 << 10) // so that the body is still being sent
				}
				if _, err := http.ReadRequest(bufio.NewReaderSize(connection, 16)); err == nil {
					_, _ = io.WriteString(connection, "HTTP/1.1 "+status+"\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge")
				}
				_ = connection.Close() // closing with unread data resets the connection
			}
		}()
		r := request("http://" + listener.Addr().String())
		r.Webhook.ContentType, r.Webhook.Body = "text/plain", body
		r.Variables = expr.Variables{"data": rawjson.Encode(map[string]string{"x": strings.Repeat("x", 50_000)})}
		for range 20 { // whether the client notices the answer or the reset first
			attempt, err := local(t, nil).Send(t.Context(), r, 1)
			require.ErrorContains(t, err, want)
			require.Equal(t, "large", attempt.Response.Body)
		}
	}
}
