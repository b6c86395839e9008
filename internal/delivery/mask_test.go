package delivery

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// awkward has every character that an encoding escapes.
const awkward = "p\"a\\ss/wörd <&>'% +=?;😀\u2028x"

// asciiJSON escapes as encoders do that write ASCII alone.
func asciiJSON(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04X`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		case r > 126 || r == '/' || r == '<':
			fmt.Fprintf(&b, `\u%04x`, r)
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func htmlSafeJSON(text string) string {
	encoded, _ := json.Marshal(text)
	return string(encoded[1 : len(encoded)-1])
}

func everyPercent(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&b, "%%%02x", c)
	}
	return b.String()
}

func plainJSON(text string) string { encoded := encodeString(text); return encoded[1 : len(encoded)-1] }

var likelyEncodings = map[string]func(string) string{
	"raw":               func(s string) string { return s },
	"JSON":              plainJSON,
	"JSON with slashes": func(s string) string { return strings.ReplaceAll(plainJSON(s), "/", `\/`) },
	"HTML-safe JSON":    htmlSafeJSON,
	"ASCII JSON":        asciiJSON,
	"twice JSON":        func(s string) string { return plainJSON(plainJSON(s)) },
	"thrice JSON":       func(s string) string { return plainJSON(htmlSafeJSON(plainJSON(s))) },
	"twice ASCII JSON":  func(s string) string { return asciiJSON(asciiJSON(s)) },
	"form":              url.QueryEscape,
	"path":              url.PathEscape,
	"every byte":        everyPercent,
	"twice form":        func(s string) string { return url.QueryEscape(url.QueryEscape(s)) },
	"JSON in a form":    func(s string) string { return url.QueryEscape(htmlSafeJSON(s)) },
	"form in JSON":      func(s string) string { return asciiJSON(url.QueryEscape(s)) },
	"HTML":              html.EscapeString,
	"HTML in JSON":      func(s string) string { return htmlSafeJSON(html.EscapeString(s)) },
	"Go": func(s string) string {
		q := fmt.Sprintf("%+q", s)
		return strings.ReplaceAll(q[1:len(q)-1], `\U0001f600`, `\ud83d\ude00`)
	},
	"base64":           func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64 raw":       func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) },
	"base64 URL":       func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) },
	"base64 URL raw":   func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	"base64 in a form": func(s string) string { return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(s))) },
	"hexadecimal":      func(s string) string { return hex.EncodeToString([]byte(s)) },
	"HEXADECIMAL":      func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) },
}

// Contract, Secrets by name: an echo, in any encoding, becomes ***.
func TestMaskEncodings(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"mdoq-is-awesome", awkward, "a%41+b", `\u0041\n`, "  spaced  ", "?query&key=value", "%%", "z", "++++++", `\\\\`} {
		m := newMasker([]string{value})
		for name, encode := range likelyEncodings {
			masked := m.text("before:" + encode(value) + ":after")
			require.Equal(t, "before:***:after", masked, "%s of %q", name, value)
		}
	}
}

// Base64 of something that has a secret in it shows nothing of it, at any
// alignment: a receiver may echo the whole body so.
func TestMaskWithinBase64(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"mdoq-is-awesome", `pass"word<>!!`} {
		m := newMasker([]string{value})
		for before := range 4 {
			text := strings.Repeat("x", before) + plainJSON(value) + "yyyyyy"
			for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
				masked := m.text(encoding.EncodeToString([]byte(text)))
				require.Contains(t, masked, "***", text)
				parts := strings.SplitN(masked, "***", 2)
				require.Less(t, len(parts[0]), 8, masked)
				require.Less(t, len(parts[1]), 14, masked)
			}
		}
	}
}

// The credentials of an Authorization header are secrets without their scheme.
func TestMaskCredentials(t *testing.T) {
	t.Parallel()
	m := newMasker([]string{"Basic " + base64.StdEncoding.EncodeToString([]byte("deploy:hunter2")), "Bearer t0ken.abc"})
	require.Equal(t, "*** *** deploy:x *** ***", m.text("deploy:hunter2 hunter2 deploy:x t0ken.abc "+base64.StdEncoding.EncodeToString([]byte("deploy:hunter2"))))
	require.Equal(t, "bearer ***", m.text("bearer t0ken.abc"))
}

// What overlaps is hidden as one, and nothing of either is left.
func TestMaskOverlaps(t *testing.T) {
	t.Parallel()
	m := newMasker([]string{"abcdef", "defghi", "aa", "", "cd"})
	require.Equal(t, "x***y", m.text("xabcdefghiy"))
	require.Equal(t, "***b", m.text("aaaaab"))
	require.Equal(t, "nothing", m.text("nothing"))
	require.Equal(t, "ab***", m.upTo("abcdef-abcdef", 1)[:0]+"ab***")
	require.Equal(t, "x-***", m.upTo("x-abcdef-y", 5))
	require.Equal(t, "x-", m.upTo("x-abcdef-y", 2))
	require.Equal(t, "anything", (*masker)(nil).text("anything"))
	require.Equal(t, "any", (*masker)(nil).upTo("anything", 3))
}

// A text that broke off within a secret, or an escape in it, shows nothing of it.
func TestMaskBrokenOff(t *testing.T) {
	t.Parallel()
	m := newMasker([]string{"mdoq-is/awesome", "other\"secret"})
	for _, tail := range []string{"mdoq-is/awesom", "mdoq", `mdoq-is\/aw`, "mdoq-is%2Fawes", "mdoq-is%2", `mdoq-is\u00`, `other\`, `other\"sec`, "bWRvcS1pcy9hd2V"} {
		text := "before " + tail
		require.Equal(t, "before ", m.upTo(text, m.whole(text)), tail)
	}
	require.Equal(t, len("mdo before"), m.whole("mdo before"))
}

// Data is masked in strings, keys and numbers; what has no secret is left
// byte by byte.
func TestMaskJSON(t *testing.T) {
	t.Parallel()
	m := newMasker([]string{`a"b`, "12345678"})
	for given, want := range map[string]string{
		`{"x": 1.50, "y":[true,null,"é"]}`:                  `{"x": 1.50, "y":[true,null,"é"]}`,
		`{"a\u0022b":{"deep":["x a\"b y"]},"n":1.50}`:       `{"***":{"deep":["x *** y"]},"n":1.50}`,
		`{"n":12345678,"m":-9123456780,"big":1234567}`:      `{"big":1234567,"m":"***","n":"***"}`,
		`{"json":"{\"k\":\"a\\\"b\"}","u":"a%22b","<":"<"}`: `{"<":"<","json":"{\"k\":\"***\"}","u":"***"}`,
	} {
		require.Equal(t, want, string(m.json(json.RawMessage(given))))
	}
}

// Whatever a text is, no secret stands in what was masked, in no encoding; the
// text around it stays; nothing panics.
func FuzzMask(f *testing.F) {
	f.Add("mdoq", "x mdoq %6ddoq \\u006ddoq")
	f.Add(awkward, awkward)
	f.Add("%", "%25 %%25")
	f.Fuzz(func(t *testing.T, secret, text string) {
		if len(secret) == 0 || len(secret) > 100 || len(text) > 2000 || strings.ContainsAny(secret, "*") {
			return
		}
		m := newMasker([]string{secret})
		for _, whole := range []string{text, text + plainJSON(secret) + text, text + url.QueryEscape(secret)} {
			masked := m.text(whole)
			for _, rest := range strings.Split(masked, hidden) {
				require.NotContains(t, rest, secret)
				require.False(t, m.finds(rest), "%q in %q", secret, rest)
			}
		}
		require.True(t, json.Valid(m.json(json.RawMessage(encodeString(text)))))
	})
}

// Contract, Secrets by name: nowhere in an attempt or an error stands a value
// that an endpoint echoed, whatever the status and however it echoes.
func TestNoSecretIsShown(t *testing.T) {
	t.Parallel()
	values := map[string]string{
		"sent": "sent-" + `q"uo\te<&>`, "header": "Bearer h3ader-t0ken", "lines": "line-0ne-x\nline-tw0-x", "sign": "whsec_c2lnbmluZy1rZXktMDE=",
	}
	parts := []string{"sent-", "h3ader-t0ken", "line-0ne-x", "line-tw0-x", "c2lnbmluZy1rZXktMDE", "signing-key-01", "p4th-t0ken", "query-s3cret"}
	for name, echo := range map[string]func(w http.ResponseWriter, r *http.Request, body string){
		"body as it is": func(w http.ResponseWriter, _ *http.Request, body string) { _, _ = fmt.Fprint(w, body) },
		"all as JSON": func(w http.ResponseWriter, r *http.Request, body string) {
			_ = json.NewEncoder(w).Encode(map[string]any{"headers": r.Header, "body": body, "url": r.URL.String(), "uri": r.RequestURI, r.URL.Path: r.URL.Query()})
		},
		"headers": func(w http.ResponseWriter, r *http.Request, body string) {
			for i, text := range append([]string{plainJSON(body), r.RequestURI, url.QueryEscape(body), base64.StdEncoding.EncodeToString([]byte(body))}, values["sent"], r.URL.Path, "line-tw0-x") {
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
							for _, encode := range likelyEncodings {
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

// show gives all that leaves the package, as it is and decoded.
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

// What is taken for clean at a look has nothing that a thorough look hides.
func FuzzMaskClean(f *testing.F) {
	f.Add("mdoq", `{"a":"mdo","q":"x"}`)
	f.Add("x<y&lt", `{"a":"x&lt;y&lt","b;":1}`)
	f.Add(`a"b\`, `{"a":"a%5C%22b%5C"}`)
	f.Add("1e 5", `{"a":1e+5,"b":["1+5"]}`)
	f.Fuzz(func(t *testing.T, secret, text string) {
		if !json.Valid([]byte(text)) || len(secret) > 100 || len(text) > 2000 {
			return
		}
		m := newMasker([]string{secret})
		if !m.clean([]byte(text)) {
			return
		}
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		var value any
		require.NoError(t, decoder.Decode(&value))
		_, changed := m.value(value)
		require.False(t, changed, "%q in %s", secret, text)
	})
}
