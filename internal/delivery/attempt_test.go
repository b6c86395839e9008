package delivery

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/secret"
)

// A receiver keeps the requests that it received.
type receiver struct {
	*httptest.Server
	mutex sync.Mutex
	got   []received
}

type received struct {
	*http.Request
	body string
}

func newReceiver(t testing.TB, answer http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		r.mutex.Lock()
		r.got = append(r.got, received{request, string(body)})
		r.mutex.Unlock()
		if answer != nil {
			answer(w, request)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

// last returns the last request.
func (r *receiver) last(t testing.TB) received {
	t.Helper()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	require.NotEmpty(t, r.got, "nothing was received")
	return r.got[len(r.got)-1]
}

func secrets(t testing.TB, values map[string]string, hosts map[string][]string) *secret.Store {
	t.Helper()
	store, err := secret.New(values, secret.Options{Hosts: hosts})
	require.NoError(t, err)
	return store
}

// local returns a sender that may call the receivers, at a fixed time.
func local(t testing.TB, values map[string]string) *Sender {
	t.Helper()
	sender := newSender(t, Options{Secrets: secrets(t, values, nil), EgressAllow: []string{"127.0.0.1"}})
	sender.now = func() time.Time { return time.Date(2024, 5, 6, 9, 8, 9, 123456789, time.FixedZone("", 7200)) }
	return sender
}

// Contract, Webhook: the default body has its fields in order, without those that do not apply.
func TestDefaultBody(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, nil)
	sender := local(t, map[string]string{"mdoq": "mdoq-is-awesome"})
	r := request(receiver.URL + "/hook")
	r.Webhook.Secret, r.Webhook.SecretHeader = "mdoq", "x-mdoq-secret"
	r.Event = latch.Event{Event: "BEFORE_RELEASE", Blocking: true}
	r.Lock, r.LockURL = "release-1:board:abc", "https://latch.example/locks/x?a=1&b=<2>"
	r.Variables = expr.Variables{
		"system": []byte(`{"fqdn":"latch.example"}`), "release": []byte(`{"id":"shop-4.2","n":1.10}`), "step": []byte("null"), "job": nil,
		"instance": []byte(`{"id":12345678901234567890}`), "run": []byte(`{"workflow_id":"release-1","run_id":"r"}`),
		"data": []byte(`{"a":[1.0,2]}`),
		"vars": []byte(`{"hidden":true}`), "records": []byte(`[]`),
	}
	attempt, err := sender.Send(t.Context(), r, 3)
	require.NoError(t, err)
	got := receiver.last(t)
	require.Equal(t,
		`{"secret":"mdoq-is-awesome","lock":"release-1:board:abc","lock_url":"https://latch.example/locks/x?a=1&b=<2>","event":"BEFORE_RELEASE",`+
			`"webhook":{"id":"board"},"delivery_id":"dlv_1","attempt":3,"timestamp":"2024-05-06T07:08:09.123Z","system":{"fqdn":"latch.example"},`+
			`"release":{"id":"shop-4.2","n":1.10},"instance":{"id":12345678901234567890},"parent_log":1700000000000,`+
			`"run":{"workflow_id":"release-1","run_id":"r"},"data":{"a":[1.0,2]}}`, got.body)
	require.Equal(t, "POST", got.Method)
	require.Equal(t, "mdoq-is-awesome", got.Header.Get("X-Mdoq-Secret"))
	require.Equal(t, "release-1:board:abc", got.Header.Get("X-Latch-Lock"))
	require.Equal(t, "application/json", got.Header.Get("Content-Type"))
	require.Equal(t, "application/json", got.Header.Get("Accept"))
	require.Equal(t, "Latch/"+latch.Version, got.Header.Get("User-Agent"))
	require.Equal(t, "dlv_1", got.Header.Get("webhook-id"))
	require.Equal(t, "dlv_1", got.Header.Get("Idempotency-Key"))
	require.Equal(t, "1714979289", got.Header.Get("webhook-timestamp"))
	require.Equal(t, &latch.RecordRequest{Method: "POST", URL: receiver.URL + "/hook", ContentType: "application/json",
		Bytes: len(got.body)}, attempt.Request)
	require.Equal(t, sender.now(), attempt.StartedAt)
	require.Equal(t, sender.now(), attempt.CompletedAt)

	_, err = sender.Send(t.Context(), request(receiver.URL), 1)
	require.NoError(t, err)
	got = receiver.last(t)
	require.Equal(t,
		`{"event":"JOB_SUCCESS","webhook":{"id":"board"},"delivery_id":"dlv_1","attempt":1,`+
			`"timestamp":"2024-05-06T07:08:09.123Z","parent_log":1700000000000}`, got.body)
	for _, header := range []string{"X-Latch-Lock", "X-Latch-Secret", "Webhook-Signature"} {
		require.NotContains(t, got.Header, header)
	}
}

// Contract, Webhook and Templates: own bodies by content type. Secret and lock are added to
// JSON objects and forms that lack them.
func TestOwnBodies(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, nil)
	sender := local(t, map[string]string{"key": `a"b&c`, "sign": "whsec_AAEC"})
	vars := expr.Variables{"vars": []byte(`{"text":"say \"hi\" & <go>\n","n":1.50,"big":12345678901234567890,
		"list":[1,{"a":"b c"}],"none":null,"yes":true}`)}
	const form, text = "application/x-www-form-urlencoded", "text/plain; charset=utf-8"
	for _, test := range []struct {
		name, contentType, body, want string
		change                        func(*protocol.WebhookRequest)
	}{
		{"text in JSON", "", `"{ \"text\": \"${vars.text}\", \"n\": ${vars.n} }"`,
			`{"secret":"a\"b&c","lock":"L&1", "text": "say \"hi\" & <go>\n", "n": 1.50 }`, nil},
		{"no object", "", `"[${vars.n}, \"${vars.big}\"]"`, `[1.50, "12345678901234567890"]`, nil},
		{"array", "", `["${vars.n}","n=${vars.n}"]`, `[1.50,"n=1.50"]`, nil},
		{"tree", "application/vnd.a+json", `{"a":"${vars.list}","b":"${vars.text}!"}`,
			`{"secret":"a\"b&c","lock":"L&1","a":[1,{"a":"b c"}],"b":"say \"hi\" & <go>\n!"}`, nil},
		{"both there", "", `{"secret":null,"lock":"${lock}"}`, `{"secret":null,"lock":"L&1"}`, nil},
		{"one there", "", `{"lock":"mine"}`, `{"secret":"a\"b&c","lock":"mine"}`, nil},
		{"empty object", "", `{}`, `{"secret":"a\"b&c","lock":"L&1"}`, nil},
		{"empty object with spaces", "", `" { } "`, `{"secret":"a\"b&c","lock":"L&1" } `, nil},
		{"not sent", "", `{"a":1}`, `{"lock":"L&1","a":1}`, func(r *protocol.WebhookRequest) { no := false; r.Webhook.SendSecret = &no }},
		{"only signs", "", `{"a":1}`, `{"lock":"L&1","a":1}`, func(r *protocol.WebhookRequest) { r.Webhook.Secret = "sign" }},
		{"no lock", "", `{"a":1}`, `{"secret":"a\"b&c","a":1}`, func(r *protocol.WebhookRequest) { r.Lock = "" }},
		{"event's own", "", `{"a":1}`, `{"secret":"a\"b&c","lock":"L&1","event":"JOB_SUCCESS board L&1 "}`,
			func(r *protocol.WebhookRequest) {
				r.Event.Body = []byte(`{"event":"${event} ${webhook.id} ${lock} ${lock_url}"}`)
			}},
		{"form text", form, `"a=${vars.text}&b=1"`, `a=say+%22hi%22+%26+%3Cgo%3E%0A&b=1&secret=a%22b%26c&lock=L%261`, nil},
		{"form text with both", form, `"secret=x&%6Cock="`, `secret=x&%6Cock=`, nil},
		{"form of nothing", form, `""`, `secret=a%22b%26c&lock=L%261`, nil},
		{"form of an object", form, `{"z":"${vars.text}","big":"${vars.big}","n":1.50,"list":"${vars.list}",
			"none":"${vars.none}","yes":true,"a b":""}`,
			`z=say+%22hi%22+%26+%3Cgo%3E%0A&big=12345678901234567890&n=1.50&list=%5B1%2C%7B%22a%22%3A%22b+c%22%7D%5D&` +
				`none=&yes=true&a+b=&secret=a%22b%26c&lock=L%261`, nil},
		{"plain text", text, `"it is ${vars.text}$${x}"`, "it is say \"hi\" & <go>\n${x}", nil},
		{"XML", "application/xml", `"<a b='${vars.text}'>${vars.text}<![CDATA[${vars.text}]]></a>"`,
			"<a b='say &#34;hi&#34; &amp; &lt;go&gt;&#xA;'>say &#34;hi&#34; &amp; &lt;go&gt;&#xA;<![CDATA[say \"hi\" & <go>\n]]></a>", nil},
		{"a whole document", "text/xml", `"${vars.text}"`, "say \"hi\" & <go>\n", nil},
		{"CSV", "text/csv", `"title,n\r\n${vars.text},${vars.n}"`, "title,n\r\nsay \"hi\" & <go>\n,1.50", nil},
		{"YAML", "application/yaml", `"n: ${vars.n}"`, "n: 1.50", nil},
		{"plain text of JSON", text, `{"a": "${vars.n}", "b": "${vars.text}"}`, `{"a":1.50,"b":"say \"hi\" & <go>\n"}`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := request(receiver.URL)
			r.Webhook.Secret, r.Webhook.ContentType, r.Webhook.Body = "key", test.contentType, json.RawMessage(test.body)
			r.Lock, r.Variables = "L&1", vars
			if test.change != nil {
				test.change(r)
			}
			attempt, err := sender.Send(t.Context(), r, 1)
			require.NoError(t, err)
			got := receiver.last(t)
			require.Equal(t, test.want, got.body)
			require.Equal(t, latch.WithDefaults(r.Webhook).ContentType, got.Header.Get("Content-Type"))
			require.Equal(t, len(got.body), attempt.Request.Bytes)
			if strings.Contains(test.contentType, "form") {
				_, err := url.ParseQuery(got.body)
				require.NoError(t, err)
			}
		})
	}
	require.Len(t, vars, 1, "the caller's variables were changed")
}

// Contract, Webhook: url and headers are templates; header secrets are sent; GET has no body
// and signs the empty one.
func TestGetWithHeaders(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, nil)
	sender := local(t, map[string]string{"token": "Bearer t0ken", "key": "first\nsecond"})
	r := request(receiver.URL + "/jobs/${job.id}?q=${vars.q}#part")
	r.Webhook.Method, r.Webhook.Secret = "GET", "key"
	r.Webhook.Headers = map[string]string{"X-Job": "job ${job.id}", "accept": "text/plain", "User-Agent": "mine"}
	r.Webhook.HeaderSecrets = map[string]string{"authorization": "token"}
	r.Variables = expr.Variables{"job": []byte(`{"id":"a/b c"}`), "vars": []byte(`{"q":"1&2=ü"}`)}
	attempt, err := sender.Send(t.Context(), r, 1)
	require.NoError(t, err)
	got := receiver.last(t)
	require.Equal(t, "/jobs/a%2Fb%20c?q=1%262%3D%C3%BC", got.RequestURI)
	require.Equal(t, "job a/b c", got.Header.Get("X-Job"))
	require.Equal(t, "text/plain", got.Header.Get("Accept"))
	require.Equal(t, "mine", got.Header.Get("User-Agent"))
	require.Equal(t, "Bearer t0ken", got.Header.Get("Authorization"))
	require.Equal(t, "first", got.Header.Get("X-Latch-Secret"))
	require.NotContains(t, got.Header, "Content-Type")
	require.Empty(t, got.body)
	require.Equal(t, &latch.RecordRequest{Method: "GET", URL: receiver.URL + "/jobs/a%2Fb%20c?q=1%262%3D%C3%BC"}, attempt.Request)
	verify(t, got, []byte("first"), []byte("second"))
}

// Contract, Webhook: every method except GET sends the body, which is signed.
func TestMethods(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, nil)
	sender := local(t, map[string]string{"key": "value"})
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
		for _, body := range []string{"", `{"a":"${event}"}`} {
			r := request(receiver.URL)
			r.Webhook.Method, r.Webhook.Secret, r.Webhook.Body = method, "key", json.RawMessage(body)
			attempt, err := sender.Send(t.Context(), r, 1)
			require.NoError(t, err)
			got := receiver.last(t)
			require.Equal(t, method, got.Method)
			require.Contains(t, got.body, `"JOB_SUCCESS"`)
			require.Equal(t, "application/json", got.Header.Get("Content-Type"))
			require.Equal(t, method, attempt.Request.Method)
			verify(t, got, []byte("value"))
		}
	}
}

// Contract, Secrets by name: a value signs with its bytes, whsec_<base64> with the decoded ones
// and is never sent; several lines all sign. The Standard Webhooks library verifies the
// signatures.
func TestSignatures(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, nil)
	for name, test := range map[string]struct {
		value string
		keys  [][]byte
		sent  string
	}{
		"text":    {"mdoq-is-awesome", [][]byte{[]byte("mdoq-is-awesome")}, "mdoq-is-awesome"},
		"whsec":   {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", nil, ""},
		"rotated": {"new\nold\nolder", [][]byte{[]byte("new"), []byte("old"), []byte("older")}, "new"},
	} {
		t.Run(name, func(t *testing.T) {
			sender := local(t, map[string]string{"key": test.value})
			sender.now = time.Now
			r := request(receiver.URL)
			r.Webhook.Secret, r.Webhook.Body = "key", []byte(`"{ \"ü\" : 1.0 }"`)
			_, err := sender.Send(t.Context(), r, 1)
			require.NoError(t, err)
			got := receiver.last(t)
			require.Equal(t, test.sent, got.Header.Get("X-Latch-Secret"))
			require.Len(t, strings.Split(got.Header.Get("webhook-signature"), " "), max(1, len(test.keys)))
			verify(t, got, test.keys...)
			if test.keys == nil {
				webhook, err := standardwebhooks.NewWebhook(test.value)
				require.NoError(t, err)
				require.NoError(t, webhook.Verify([]byte(got.body), got.Header))
				require.NotContains(t, got.body, "secret")
			}
		})
	}
}

func verify(t *testing.T, got received, keys ...[]byte) {
	t.Helper()
	for _, key := range keys {
		webhook, err := standardwebhooks.NewWebhookRaw(key)
		require.NoError(t, err)
		require.NoError(t, webhook.VerifyIgnoringTimestamp([]byte(got.body), got.Header))
		require.Error(t, webhook.VerifyIgnoringTimestamp([]byte(got.body+" "), got.Header))
	}
}

// Every attempt sends the same request except for attempt, timestamp and signature.
func TestAttemptsAreAlike(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, nil)
	sender := local(t, map[string]string{"key": "value"})
	r := request(receiver.URL)
	r.Webhook.Secret = "key"
	encoded, err := json.Marshal(r)
	require.NoError(t, err)
	var carried protocol.WebhookRequest
	require.NoError(t, json.Unmarshal(encoded, &carried))
	for attempt, request := range []*protocol.WebhookRequest{r, &carried} {
		_, err := sender.Send(t.Context(), request, attempt+1)
		require.NoError(t, err)
	}
	require.Equal(t, receiver.got[0].body, strings.Replace(receiver.got[1].body, `"attempt":2`, `"attempt":1`, 1))
	require.Equal(t, receiver.got[0].Header.Get("webhook-id"), receiver.got[1].Header.Get("webhook-id"))
}

// A request that cannot be sent fails permanently and sends nothing.
func TestCannotBeSent(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, nil)
	store := secrets(t, map[string]string{"bound": "b0und-value", "sign": "whsec_AAEC", "lines": "a\x01b", "board": "value"},
		map[string][]string{"bound": {"hooks.example.com"}})
	sender := newSender(t, Options{Secrets: store, EgressAllow: []string{"127.0.0.1"}})
	for name, test := range map[string]struct {
		change func(*protocol.WebhookRequest)
		want   string
		as     any
	}{
		"missing secret": {func(r *protocol.WebhookRequest) { r.Webhook.Secret = "nowhere" },
			`this worker has no secret "nowhere": set LATCH_SECRET_NOWHERE`, new(*secret.MissingError)},
		"missing header secret": {
			func(r *protocol.WebhookRequest) { r.Webhook.HeaderSecrets = map[string]string{"X-A": "a", "X-B": "b"} },
			`no secret "b"`, new(*secret.MissingError)},
		"missing url secret": {
			func(r *protocol.WebhookRequest) { r.Webhook.URL, r.Webhook.URLSecret = "", "nowhere" }, `no secret "nowhere"`,
			new(*secret.MissingError)},
		"bound elsewhere": {func(r *protocol.WebhookRequest) { r.Webhook.Secret = "bound" },
			`secret "bound" must not go to 127.0.0.1: LATCH_SECRETS_HOSTS`, new(*secret.HostError)},
		"bound and signing": {
			func(r *protocol.WebhookRequest) { no := false; r.Webhook.Secret, r.Webhook.SendSecret = "bound", &no },
			"must not go to", new(*secret.HostError)},
		"bound header": {
			func(r *protocol.WebhookRequest) { r.Webhook.HeaderSecrets = map[string]string{"X-A": "bound"} }, "must not go to",
			new(*secret.HostError)},
		"signing header": {
			func(r *protocol.WebhookRequest) { r.Webhook.HeaderSecrets = map[string]string{"X-A": "sign"} }, "cannot stand in the header X-A", nil},
		"signing url": {func(r *protocol.WebhookRequest) { r.Webhook.URL, r.Webhook.URLSecret = "", "sign" }, "is not a URL", nil},
		"secret is no url": {func(r *protocol.WebhookRequest) { r.Webhook.URL, r.Webhook.URLSecret = "", "bound" },
			"http:// or https://", nil},
		"secret with a line break": {func(r *protocol.WebhookRequest) { r.Webhook.Secret = "lines" },
			`secret "lines": the header X-Latch-Secret cannot bear`, nil},
		"missing key":  {func(r *protocol.WebhookRequest) { r.Webhook.Body = []byte(`{"a":"${job.title}"}`) }, "job.title", nil},
		"bad template": {func(r *protocol.WebhookRequest) { r.Webhook.Headers = map[string]string{"X-A": "${1 +}"} }, "X-A", nil},
		"header break": {
			func(r *protocol.WebhookRequest) { r.Webhook.Headers = map[string]string{"X-A": `${"a\r\nX-B: c"}`} }, "X-A", nil},
		"header name": {func(r *protocol.WebhookRequest) { r.Webhook.Headers = map[string]string{"X A": "b"} },
			`"X A" is not the name`, nil},
		"large header": {func(r *protocol.WebhookRequest) {
			r.Webhook.Headers = map[string]string{"X-A": strings.Repeat("a", maximumHeaderBytes)}
		}, "limit of 64 KiB", nil},
		"form of a list": {func(r *protocol.WebhookRequest) {
			r.Webhook.ContentType, r.Webhook.Body = "application/x-www-form-urlencoded", []byte(`[1]`)
		}, "a form is made of a JSON object", nil},
		"large body": {func(r *protocol.WebhookRequest) {
			r.Variables = expr.Variables{"data": rawjson.Encode(strings.Repeat("x", MaximumRequestBytes))}
		}, "limit of 640 KiB", nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := request(receiver.URL + "/path")
			test.change(r)
			attempt, err := sender.Send(t.Context(), r, 1)
			var permanent *PermanentError
			require.ErrorAs(t, err, &permanent)
			require.False(t, Retryable(err))
			require.ErrorContains(t, err, test.want)
			require.Nil(t, attempt.Response)
			require.NotContains(t, err.Error(), "b0und-value")
			require.NotContains(t, err.Error(), "\x01")
			if test.as != nil {
				require.ErrorAs(t, err, test.as)
			}
		})
	}
	require.Empty(t, receiver.got)
}

// Over TLS the answer arrives by HTTP/2, and an unknown certificate is a network error that
// names no secret.
func TestTLS(t *testing.T) {
	t.Parallel()
	var spoken string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { spoken = r.Proto }))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	sender := newSender(t, Options{Secrets: secrets(t, map[string]string{"url": server.URL + "/t0ken-in-path"}, nil),
		EgressAllow: []string{"127.0.0.1"}})
	r := request("")
	r.Webhook.URLSecret = "url"
	_, err := sender.Send(t.Context(), r, 1)
	var unreachable *UnreachableError
	require.ErrorAs(t, err, &unreachable)
	require.ErrorContains(t, err, "certificate")
	require.NotContains(t, err.Error(), "t0ken-in-path")

	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	sender = newSender(t, Options{Secrets: sender.secrets, EgressAllow: []string{"127.0.0.1"}})
	sender.transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	attempt, err := sender.Send(t.Context(), r, 1)
	require.NoError(t, err)
	require.Equal(t, "HTTP/2.0", spoken)
	require.Equal(t, server.URL, attempt.Request.URL)
}

// A body that is ready is sent byte for byte, however large, and never taken for templates.
func TestSendAReadyBody(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, nil)
	r := request(receiver.URL)
	r.Ready = []byte(`{"payload":"${` + strings.Repeat("x", 2*MaximumRequestBytes) + `"}`)
	attempt, err := newSender(t, Options{EgressAllow: []string{"127.0.0.1"}}).Send(t.Context(), r, 1)
	require.NoError(t, err)
	require.Equal(t, string(r.Ready), receiver.last(t).body)
	require.Equal(t, len(r.Ready), attempt.Request.Bytes)
}
