package delivery

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// redacting sends one delivery to an endpoint with the given answer, and returns the record of
// the answer.
func redacting(t *testing.T, answers http.HandlerFunc, worker latch.Redaction, own *latch.Redaction) (*Attempt, error) {
	t.Helper()
	receiver := newReceiver(t, answers)
	r := request(receiver.URL)
	r.Webhook.Redact = own
	return newSender(t, Options{EgressAllow: []string{"127.0.0.1"}, Redact: worker}).Send(t.Context(), r, 1)
}

// "Webhook", redact: the value at a JSON Pointer is hidden in body and data.
func TestRedactJSON(t *testing.T) {
	t.Parallel()
	const answer = `{"customer":{"email":"a@example.com","id":9007199254740993},` +
		`"orders":[{"email":"b","n":1.50},{"n":2}],"a.b":{"c/d":"x","e~f":"y"},"":{"":"z"}}`
	for name, test := range map[string]struct {
		paths []string
		body  string
		want  string
	}{
		"a member": {[]string{"/customer/email"}, answer, `{"":{"":"z"},"a.b":{"c/d":"x","e~f":"y"},` +
			`"customer":{"email":"***","id":9007199254740993},"orders":[{"email":"b","n":1.50},{"n":2}]}`},
		"every element": {[]string{"/orders/*/n"}, `{"orders":[{"n":1},{"n":2}]}`, `{"orders":[{"n":"***"},{"n":"***"}]}`},
		"an element":    {[]string{"/1"}, `[1,2,3]`, `[1,"***",3]`},
		"every member": {[]string{"/customer/*"}, `{"customer":{"email":"a","more":{"b":1}}}`,
			`{"customer":{"email":"***","more":"***"}}`},
		"escapes":             {[]string{"/a.b/c~1d", "/a.b/e~0f"}, `{"a.b":{"c/d":"x","e~f":"y"}}`, `{"a.b":{"c/d":"***","e~f":"***"}}`},
		"empty keys":          {[]string{"//"}, `{"":{"":"z"}}`, `{"":{"":"***"}}`},
		"a whole object":      {[]string{"/customer"}, `{"customer":{"email":"a"}}`, `{"customer":"***"}`},
		"nothing there":       {[]string{"/no/such"}, `{"a": [ 1 ] }`, `{"a":[1]}`},
		"one within another":  {[]string{"/a", "/a/b"}, `{"a":{"b":1}}`, `{"a":"***"}`},
		"a key twice":         {[]string{"/c/email"}, `{"c":{"email":"a@example.com"},"c":1}`, `{"c":1}`},
		"both of a key twice": {[]string{"/email"}, `{"email":"a","email":"b"}`, `{"email":"***"}`},
		"not an index":        {[]string{"/01", "/-"}, `[1,2]`, `[1,2]`},
		"no JSON is not kept": {[]string{"/email"}, `email=a@example.com`, `***`},
		"two JSONs neither":   {[]string{"/email"}, `{"email":"a"} {"email":"b"}`, `***`},
		"an empty body":       {[]string{"/email"}, ``, ``},
		"decisions stay": {[]string{"/*"},
			`{"result":"fail","stop_release":true,"rollback_release":false,"why":"x"}`,
			`{"result":"fail","rollback_release":false,"stop_release":true,"why":"***"}`},
		"named ones as well": {[]string{"/result"}, `{"result":"pass"}`, `{"result":"pass"}`},
		"other values there": {[]string{"/result", "/stop_release"}, `{"result":"hush","stop_release":{"a":1}}`,
			`{"result":"***","stop_release":"***"}`},
		"deeper ones no longer": {[]string{"/a/result"}, `{"a":{"result":"fail"}}`, `{"a":{"result":"***"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			attempt, err := redacting(t, answering(200, test.body, nil), latch.Redaction{}, &latch.Redaction{JSON: test.paths})
			require.NoError(t, err)
			require.Equal(t, test.want, attempt.Response.Body)
			if !strings.HasPrefix(test.want, "{") {
				require.Empty(t, attempt.Data)
				return
			}
			data, err := json.Marshal(attempt.Data)
			require.NoError(t, err)
			require.JSONEq(t, test.want, string(data))
		})
	}
}

// "Webhook", redact: names of headers match in any case; * stands for any characters.
func TestRedactHeaders(t *testing.T) {
	t.Parallel()
	header := map[string]string{"X-Internal-Id": "hush", "X-Internal-": "hush", "X-Internal": "seen", "Location": "hush",
		"X-A-B-C": "hush", "X-A-C": "seen"}
	attempt, err := redacting(t, answering(200, "hello", header), latch.Redaction{Headers: []string{"x-internal-*"}},
		&latch.Redaction{Headers: []string{"LOCATION", "X-*-b-*"}})
	require.NoError(t, err)
	for name, value := range header {
		want := map[string]string{"hush": "***", "seen": "seen"}[value]
		require.Equal(t, want, attempt.Response.Headers[name], name)
	}
	require.Equal(t, "hello", attempt.Response.Body, "without pointers a body is kept as it came")
}

// The worker's and the webhook's own redaction are combined.
func TestRedactionsAdd(t *testing.T) {
	t.Parallel()
	attempt, err := redacting(t, answering(200, `{"a":"1","b":"2","c":"3"}`, nil), latch.Redaction{JSON: []string{"/a"}},
		&latch.Redaction{JSON: []string{"/b"}})
	require.NoError(t, err)
	require.Equal(t, `{"a":"***","b":"***","c":"3"}`, attempt.Response.Body)
}

// An answer that was not read to its end cannot be redacted in part.
func TestAnUnfinishedAnswerIsNotKeptWhereItIsRedacted(t *testing.T) {
	t.Parallel()
	for name, answers := range map[string]http.HandlerFunc{
		"cut": answering(200, `{"email":"hush`+strings.Repeat("a", MaximumResponseBytes)+`"}`, nil),
		"broken": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(`{"email":"hush","more`))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			attempt, err := redacting(t, answers, latch.Redaction{JSON: []string{"/email"}}, nil)
			require.Error(t, err, "the answer as it came decides about the delivery")
			require.Equal(t, "***", attempt.Response.Body)
			require.NotContains(t, err.Error(), "hush")
		})
	}
}

// Secrets are masked where nothing is redacted, too.
func TestRedactionLeavesMaskingAlone(t *testing.T) {
	t.Parallel()
	attempt := attemptWith(t, latch.Redaction{JSON: []string{"/email"}})
	require.Equal(t, `{"email":"***","token":"got ***"}`, attempt.Response.Body)
	require.Equal(t, `"got ***"`, string(attempt.Data["token"]))
}

func attemptWith(t *testing.T, redact latch.Redaction) *Attempt {
	t.Helper()
	receiver := newReceiver(t, answering(200, `{"email":"a","token":"got s3cr3t-value"}`, nil))
	sender := local(t, map[string]string{"key": "s3cr3t-value"})
	sender.redact = redact
	r := request(receiver.URL)
	r.Webhook.Secret = "key"
	attempt, err := sender.Send(t.Context(), r, 1)
	require.NoError(t, err)
	return attempt
}

// A webhook's success reads the unredacted answer, and no error quotes it.
func TestSuccessSeesTheWholeAnswerAndTellsNothingOfIt(t *testing.T) {
	t.Parallel()
	for success, delivered := range map[string]bool{
		`response.data.state == "hush"`: true, `response.data.state == "other"`: false,
		`int(response.data.state) > 1`: false, `response.data[response.data.state] == 1`: false,
	} {
		receiver := newReceiver(t, answering(200, `{"state":"hush"}`, nil))
		r := request(receiver.URL)
		r.Webhook.Success, r.Webhook.Redact = success, &latch.Redaction{JSON: []string{"/state"}}
		attempt, err := newSender(t, Options{EgressAllow: []string{"127.0.0.1"}}).Send(t.Context(), r, 1)
		require.Equal(t, `{"state":"***"}`, attempt.Response.Body)
		if delivered {
			require.NoError(t, err)
			continue
		}
		require.Error(t, err, success)
		require.NotContains(t, strings.ReplaceAll(err.Error(), success, ""), "hush")
	}
}

// Chats report failures in their bodies; errors quote the redacted body.
func TestPresetsQuoteWhatIsKept(t *testing.T) {
	t.Parallel()
	for preset, body := range map[string]string{latch.PresetSlack: "no_text hush",
		latch.PresetTeams: "Webhook message delivery failed with error: HTTP error 400 hush"} {
		receiver := newReceiver(t, answering(200, body, nil))
		r := request(receiver.URL)
		r.Webhook.Preset, r.Webhook.Redact, r.Webhook.Body = preset, &latch.Redaction{JSON: []string{"/a"}}, json.RawMessage(`{"text":"hello"}`)
		attempt, err := newSender(t, Options{EgressAllow: []string{"127.0.0.1"}}).Send(t.Context(), r, 1)
		require.Error(t, err, preset)
		require.NotContains(t, fmt.Sprint(err, attempt.Response), "hush")
	}
}

// A network error that quotes a header of the answer is not passed on.
func TestAMalformedHeaderIsNotQuoted(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = connection.Read(make([]byte, 1<<16))
			_, _ = connection.Write([]byte("HTTP/1.1 200 OK\r\nX-Internal hush\r\n\r\n"))
			_ = connection.Close()
		}
	}()
	_, err = newSender(t, Options{EgressAllow: []string{"127.0.0.1"}}).Send(t.Context(), request("http://"+listener.Addr().String()), 1)
	require.ErrorContains(t, err, "header")
	require.NotContains(t, err.Error(), "hush")
	require.True(t, Retryable(err))
}

func TestABadRedactionEndsTheStart(t *testing.T) {
	t.Parallel()
	_, err := New(Options{Redact: latch.Redaction{Headers: []string{"a b"}, JSON: []string{"$.a"}}, EgressAllow: []string{"10.0.0.0/99"}})
	for _, says := range []string{"LATCH_REDACT_HEADERS", `"a b"`, `"$.a"`, "10.0.0.0/99"} {
		require.ErrorContains(t, err, says)
	}
}
