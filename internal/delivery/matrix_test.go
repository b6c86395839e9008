package delivery

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/egress"
)

// Bounds of what one attempt may use, whatever the endpoint does. They are far below the 100 MB
// that some endpoints of the matrix send.
const (
	mostBytesRead = 1 << 20
	mostAllocated = 8 << 20
)

// hostile is a receiver behind a fake resolver and dialer. It records each address that would
// be dialled and counts the bytes read from its connections.
type hostile struct {
	sender *Sender
	read   atomic.Int64
	mutex  sync.Mutex
	dialed []string
}

// newHostile serves at every address of the name hooks.example. Each lookup returns the next
// address.
func newHostile(t *testing.T, answer http.HandlerFunc, addresses ...string) *hostile {
	t.Helper()
	receiver := newReceiver(t, answer)
	h := &hostile{sender: newSender(t, Options{})}
	h.sender.now = func() time.Time { return time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC) }
	lookups := 0
	h.sender.guard.Resolve = func(context.Context, string) ([]netip.Addr, error) {
		defer func() { lookups++ }()
		return []netip.Addr{netip.MustParseAddr(addresses[min(lookups, len(addresses)-1)])}, nil
	}
	h.sender.guard.Connect = func(ctx context.Context, network, address string) (net.Conn, error) {
		h.mutex.Lock()
		h.dialed = append(h.dialed, address)
		h.mutex.Unlock()
		var dialer net.Dialer
		connection, err := dialer.DialContext(ctx, network, receiver.Listener.Addr().String())
		if err != nil {
			return nil, err
		}
		return &countedConnection{connection, &h.read}, nil
	}
	return h
}

type countedConnection struct {
	net.Conn
	read *atomic.Int64
}

func (c *countedConnection) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read.Add(int64(n))
	return n, err
}

// cutOff sends with a timeout that the body of an endless answer exceeds, but not its headers:
// first a short timeout, then a longer one in case the machine is busy.
func cutOff(send func(timeout time.Duration) (*Attempt, error)) (*Attempt, error) {
	for timeout := 50 * time.Millisecond; ; timeout *= 4 {
		if attempt, err := send(timeout); attempt.Response != nil {
			return attempt, err
		}
	}
}

// Contract, Responses, as one table: the outcome for each kind of endpoint, with bounded memory
// and no packet to an address that is not public.
func TestMatrixOfEndpoints(t *testing.T) {
	now := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	const public = "93.184.215.14"
	asks := func(status int, retryAfter string) http.HandlerFunc {
		return answering(status, "", map[string]string{"Retry-After": retryAfter})
	}
	hangUp := func(before string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
				_, _ = io.WriteString(connection, before)
				_ = connection.Close()
			}
		}
	}
	drip := func(w http.ResponseWriter, r *http.Request) {
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		for {
			if _, err := io.WriteString(w, "x"); err != nil || http.NewResponseController(w).Flush() != nil {
				return
			}
			select {
			case <-ticker.C:
			case <-r.Context().Done():
				return
			}
		}
	}
	pour := func(contentType, begin string) http.HandlerFunc {
		chunk := bytes.Repeat([]byte("x"), 64<<10)
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			_, _ = io.WriteString(w, begin)
			for range 100_000_000 / len(chunk) {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}
	}
	var bomb bytes.Buffer
	compressor := gzip.NewWriter(&bomb)
	_, err := io.CopyN(compressor, zeros{}, 40<<20)
	require.NoError(t, err)
	require.NoError(t, compressor.Close())

	const delivered, retried, final = "delivered", "retried", "final"
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		// status is the recorded one, or 0 if there was no response.
		status int
		fate   string
		wait   time.Duration
		tells  string
		body   int
	}{
		{name: "302", answer: answering(302, "", map[string]string{"Location": "http://127.0.0.1/"}), status: 302,
			fate: final, tells: "redirects are not followed"},
		{name: "304", answer: answering(304, "", nil), status: 304, fate: final, tells: "304"},
		{name: "307", answer: answering(307, "", map[string]string{"Location": "http://169.254.169.254/"}), status: 307,
			fate: final, tells: "redirects are not followed"},
		{name: "408", answer: answering(408, "", nil), status: 408, fate: retried, tells: "408"},
		{name: "410", answer: answering(410, "", nil), status: 410, fate: final, tells: "the endpoint is gone"},
		{name: "410 with Retry-After", answer: asks(410, "5"), status: 410, fate: final, tells: "the endpoint is gone"},
		{name: "425", answer: answering(425, "", nil), status: 425, fate: retried, tells: "425"},
		{name: "429", answer: answering(429, "", nil), status: 429, fate: retried, tells: "429"},
		{name: "429, seconds", answer: asks(429, "30"), status: 429, fate: retried, wait: 30 * time.Second},
		{name: "429, HTTP date", answer: asks(429, now.Add(90*time.Second).Format(http.TimeFormat)), status: 429,
			fate: retried, wait: 90 * time.Second},
		{name: "429, past date", answer: asks(429, now.Add(-time.Hour).Format(http.TimeFormat)), status: 429, fate: retried},
		{name: "429, garbage", answer: asks(429, "in a while; 5"), status: 429, fate: retried},
		{name: "429, huge", answer: asks(429, strings.Repeat("9", 400)), status: 429, fate: retried, wait: 24 * time.Hour},
		{name: "500", answer: answering(500, `{"result":"pass"}`, nil), status: 500, fate: retried, tells: "500", body: 17},
		{name: "503, seconds", answer: asks(503, "1"), status: 503, fate: retried, wait: time.Second},
		{name: "closed connection", answer: hangUp(""), fate: retried, tells: "closed before the answer was complete"},
		{name: "half-sent body", answer: hangUp("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"result\":"), status: 200,
			fate: retried, tells: "closed before the answer was complete", body: 10},
		{name: "drip", answer: drip, status: 200, fate: retried, tells: "no complete answer within its timeout of", body: -1},
		{name: "gzip bomb", answer: answering(200, bomb.String(),
			map[string]string{"Content-Encoding": "gzip", "Content-Type": "text/plain"}), status: 200, fate: delivered, body: KeptResponseBytes},
		{name: "gzip bomb that says it is JSON",
			answer: answering(200, bomb.String(),
				map[string]string{"Content-Encoding": "gzip", "Content-Type": "application/json"}), status: 200, fate: delivered,
			body: KeptResponseBytes},
		{name: "100 MB of text", answer: pour("text/plain", ""), status: 200, fate: delivered, body: KeptResponseBytes},
		{name: "100 MB of JSON", answer: pour("application/json", `{"a":"`), status: 200, fate: final,
			tells: "more than 64 KiB", body: KeptResponseBytes},
		{name: "100 MB of an error", answer: func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(500)
			pour("text/plain", "")(w, r)
		}, status: 500, fate: retried, tells: "500", body: KeptResponseBytes},
	} {
		t.Run(test.name, func(t *testing.T) {
			var h *hostile
			send := func(timeout time.Duration) (*Attempt, error) {
				h = newHostile(t, test.answer, public)
				r := request("http://hooks.example/")
				r.Webhook.Timeout = latch.Duration(timeout)
				return h.sender.Send(t.Context(), r, 1)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			var attempt *Attempt
			var err error
			if test.name == "drip" {
				attempt, err = cutOff(send)
			} else {
				attempt, err = send(0)
			}
			runtime.ReadMemStats(&after)

			require.LessOrEqual(t, h.read.Load(), int64(mostBytesRead), "bytes read")
			require.LessOrEqual(t, after.TotalAlloc-before.TotalAlloc, uint64(mostAllocated), "bytes allocated")
			require.Equal(t, []string{public + ":80"}, h.dialed, "one connection, to the address that was checked")
			if test.status == 0 {
				require.Nil(t, attempt.Response)
			} else {
				require.Equal(t, test.status, attempt.Response.Status)
				if test.body >= 0 {
					require.Len(t, attempt.Response.Body, test.body)
				}
			}
			if test.fate == delivered {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "POST http://hooks.example/")
			require.ErrorContains(t, err, test.tells)
			require.Equal(t, test.fate == retried, Retryable(err))
			wait, asked := RetryAfter(err)
			require.Equal(t, test.wait, wait)
			require.Equal(t, test.wait > 0, asked)
		})
	}
}

// Contract, Responses: an address is checked at every attempt, when it is dialled. A name that
// resolves to a public address first and to another one later is called once, and no packet
// goes to the other address.
func TestNameThatIsBoundAnew(t *testing.T) {
	t.Parallel()
	for then, class := range map[string]egress.Class{"127.0.0.1": egress.Loopback, "::1": egress.Loopback,
		"10.0.0.1": egress.Private, "169.254.169.254": egress.LinkLocal,
		"::ffff:127.0.0.1": egress.Loopback, "64:ff9b::a9fe:a9fe": egress.LinkLocal, "0.0.0.0": egress.Unspecified} {
		t.Run(then, func(t *testing.T) {
			t.Parallel()
			h := newHostile(t, answering(503, "", map[string]string{"Connection": "close"}), "93.184.215.14", then)
			_, err := h.sender.Send(t.Context(), request("http://hooks.example/"), 1)
			require.True(t, Retryable(err), err)
			attempt, err := h.sender.Send(t.Context(), request("http://hooks.example/"), 2)
			var refused *egress.AddressError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, class, refused.Class)
			require.False(t, Retryable(err))
			require.ErrorContains(t, err, "which hooks.example resolves to, is "+class.String())
			require.ErrorContains(t, err, "LATCH_EGRESS_ALLOW")
			require.Nil(t, attempt.Response)
			require.True(t, slices.Equal([]string{"93.184.215.14:80"}, h.dialed), "dialled: %v", h.dialed)
		})
	}
}
