package delivery

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/mask/masktest"
)

// Contract, Secrets by name: no attempt or error contains a secret that an endpoint echoed,
// whatever the status and the encoding of the echo.
func TestNoSecretIsShown(t *testing.T) {
	t.Parallel()
	values := map[string]string{
		"sent": "sent-" + `q"uo\te<&>`, "header": "Bearer h3ader-t0ken", "lines": "line-0ne-x\nline-tw0-x", "sign": "whsec_c2lnbmluZy1rZXktMDE=",
	}
	parts := []string{"sent-", "h3ader-t0ken", "line-0ne-x", "line-tw0-x", "c2lnbmluZy1rZXktMDE", "signing-key-01",
		"p4th-t0ken", "query-s3cret"}
	for name, echo := range map[string]func(w http.ResponseWriter, r *http.Request, body string){
		"body as it is": func(w http.ResponseWriter, _ *http.Request, body string) { _, _ = fmt.Fprint(w, body) },
		"all as JSON": func(w http.ResponseWriter, r *http.Request, body string) {
			_ = json.NewEncoder(w).Encode(
				map[string]any{"headers": r.Header, "body": body, "url": r.URL.String(), "uri": r.RequestURI, r.URL.Path: r.URL.Query()})
		},
		"headers": func(w http.ResponseWriter, r *http.Request, body string) {
			for i, text := range append(
				[]string{masktest.PlainJSON(body), r.RequestURI, url.QueryEscape(body),
					base64.StdEncoding.EncodeToString([]byte(body))}, values["sent"], r.URL.Path, "line-tw0-x") {
				w.Header().Set(fmt.Sprintf("Echo-%d", i), text)
			}
			for _, texts := range r.Header {
				w.Header()["Echo"] = append(w.Header()["Echo"], texts...)
			}
			w.Header()["X-p4th-t0ken"] = []string{"1"}
			w.Header().Set("Location", "https://elsewhere.example"+r.RequestURI)
			_, _ = w.Write(nil)
		},
		"a large text": func(w http.ResponseWriter, r *http.Request, body string) {
			all := body + r.RequestURI + fmt.Sprint(r.Header) + values["lines"] + values["sign"] + "signing-key-01"
			_, _ = fmt.Fprint(w, strings.Repeat(all, 1+70_000/len(all)))
		},
		"a broken answer": func(w http.ResponseWriter, r *http.Request, _ string) {
			connection, _, _ := http.NewResponseController(w).Hijack()
			_, _ = fmt.Fprintf(connection, "HTTP/1.1 %s %s\r\n\r\n", r.RequestURI, r.Header.Get("Authorization"))
			_ = connection.Close()
		},
	} {
		for _, status := range []int{200, 302, 404, 503} {
			t.Run(fmt.Sprint(name, " ", status), func(t *testing.T) {
				t.Parallel()
				var body string
				server := newReceiver(t, nil)
				server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					content := make([]byte, r.ContentLength)
					_, _ = r.Body.Read(content)
					body = string(content)
					echo(&withStatus{w, status, false}, r, body)
				})
				store := map[string]string{"url": server.URL + "/p4th-t0ken/x%20y?key=query-s3cret&a=b"}
				for name, value := range values {
					store[name] = value
				}
				sender := local(t, store)
				for _, contentType := range []string{"application/json", "application/x-www-form-urlencoded"} {
					for _, main := range []string{"sent", "lines", "sign"} {
						r := request("")
						r.Webhook.URLSecret, r.Webhook.Secret = "url", main
						r.Webhook.HeaderSecrets = map[string]string{"Authorization": "header", "X-Other": "sent"}
						r.Webhook.ContentType, r.Webhook.Body = contentType, []byte(`{"a":"1"}`)
						attempt, err := sender.Send(t.Context(), r, 1)
						shown := show(t, attempt, err)
						for i, part := range parts {
							if i == 2 && main != "lines" || i == 3 && main != "lines" || (i == 4 || i == 5) && main != "sign" {
								continue
							}
							for _, encode := range masktest.Encodings {
								require.NotContains(t, shown, encode(part))
							}
						}
						require.Equal(t, server.URL, attempt.Request.URL)
						require.Equal(t, status == 200 && name != "a broken answer", err == nil)
					}
				}
			})
		}
	}
}

// withStatus writes a status before the first byte.
type withStatus struct {
	http.ResponseWriter
	status int
	wrote  bool
}

func (w *withStatus) Write(p []byte) (int, error) {
	if !w.wrote {
		w.wrote = true
		w.WriteHeader(w.status)
	}
	return w.ResponseWriter.Write(p)
}

func (w *withStatus) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// show returns everything that leaves the package, encoded and decoded.
func show(t *testing.T, attempt *Attempt, err error) string {
	t.Helper()
	encoded, problem := json.Marshal(struct {
		Request  *latch.RecordRequest
		Response *latch.RecordResponse
		Data     latch.Object
	}{attempt.Request, attempt.Response, attempt.Data})
	require.NoError(t, problem)
	shown := string(encoded) + fmt.Sprintf("%v %+v %#v", err, err, err)
	if attempt.Response != nil {
		shown += attempt.Response.Body + fmt.Sprint(attempt.Response.Headers)
	}
	for name, value := range attempt.Data {
		var decoded any
		require.NoError(t, json.Unmarshal(value, &decoded))
		shown += name + fmt.Sprint(decoded)
	}
	return shown
}
