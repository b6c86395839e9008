package veil_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/veil"
)

const token = "release-1/größe 2:board:c2Vzc2lvbi1yYW5kb20tMQ"

var (
	key       = []byte("0123456789abcdef")
	signature = locklink.Sign(key, token)
	address   = locklink.URL("https://latch.example.com/in", token, key)
)

func asJSON(text string) string {
	encoded, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

// everyByte writes all of a text by one kind of escape.
func everyByte(format, text string) string {
	var out strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&out, format, text[i])
	}
	return out.String()
}

// echoes are the ways in which an endpoint may echo its request.
func echoes() map[string]string {
	return map[string]string{
		"the link":                    address,
		"the HMAC":                    signature,
		"within a text":               "see " + address + ", please",
		"behind another parameter":    strings.Replace(address, "?", "?a=b&", 1),
		"before another parameter":    address + "&a=b",
		"with a fragment":             address + "#x",
		"in a URL's query":            "https://x.example/?to=" + url.QueryEscape(address),
		"in a query of a query":       "https://x.example/?to=" + url.QueryEscape("https://y.example/?to="+url.QueryEscape(address)),
		"in a form":                   url.Values{"lock_url": {address}, "a": {"b"}}.Encode(),
		"as JSON in a text":           `{"lock_url":` + asJSON(address) + `}`,
		"as JSON with its slashes":    strings.ReplaceAll(`{"u":"`+address+`"}`, "/", `\/`),
		"as JSON in JSON":             asJSON(asJSON(address)),
		"as HTML":                     `<a href="` + html.EscapeString(address) + `">`,
		"every byte percent-encoded":  everyByte("%%%02x", address),
		"every byte by JSON's escape": everyByte(`\u%04x`, signature),
		"every byte by HTML's":        everyByte("&#%d;", signature),
		"as a header's name":          http.CanonicalHeaderKey("x-echo-" + signature),
		"as a header's name, alone":   http.CanonicalHeaderKey(signature),
		"in small letters":            strings.ToLower(signature),
		"in base64":                   base64.StdEncoding.EncodeToString([]byte(`{"lock_url":"` + address + `"}`)),
		"the HMAC within a word":      "lock_" + signature + "_x",
	}
}

// reveals reports whether the HMAC can be read from a text, through any of its
// escapes.
func reveals(text string) bool {
	for range 5 {
		if strings.Contains(strings.ToLower(text), strings.ToLower(signature)) {
			return true
		}
		decoded := html.UnescapeString(strings.ReplaceAll(text, `\/`, "/"))
		if unescaped, err := url.QueryUnescape(decoded); err == nil {
			decoded = unescaped
		}
		for i := range 128 {
			decoded = strings.ReplaceAll(decoded, fmt.Sprintf(`\u%04x`, i), string(rune(i)))
		}
		text = decoded
	}
	return strings.Contains(strings.ToLower(text), strings.ToLower(signature))
}

// What opens a lock is hidden anywhere in JSON, as a value and as a key, at any depth, and in
// any escaped form. The rest stays the same.
func TestNoEchoOfALinkIsShown(t *testing.T) {
	t.Parallel()
	for name, echo := range echoes() {
		if name != "in base64" {
			require.True(t, reveals(echo), name)
		}
		for where, format := range map[string]string{
			"a value": `{"data":{"a":%s}}`, "a key": `{"data":{%s:1}}`, "an element": `{"data":[[1,%s]]}`, "a field of Latch's own": `{"status":%s}`,
		} {
			body := `{"lock":{"token":` + asJSON(token) + `},"n":1.50,"z":[ ],"record":` + fmt.Sprintf(format, asJSON(echo)) + "}\n"
			got := string(veil.JSON([]byte(body), key))
			require.True(t, json.Valid([]byte(got)), "%s as %s: %s", name, where, got)
			require.False(t, reveals(got), "%s as %s: %s", name, where, got)
			require.NotContains(t, got, asJSON(echo), "%s as %s", name, where)
			require.Contains(t, got, `"n":1.50,"z":[ ]`, "the rest stays")
			require.Contains(t, got, asJSON(token), "a token opens nothing by itself")
		}
	}
}

// The HMAC of a lock that appears only in text from others is hidden there.
func TestAnHMACAloneIsHidden(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"kvp", "data", "error", "reason", "request", "response", "tries"} {
		for _, format := range []string{`{"%s":"%s"}`, `{"%s":{"x":["a %s."]}}`, `{"%s":{"%s":1}}`} {
			got := string(veil.JSON(fmt.Appendf(nil, format, field, signature), key))
			require.NotContains(t, got, signature, format)
			require.Contains(t, got, "***", format)
		}
	}
	digest := strings.Repeat("0123456789abcdef", 4)
	for _, plain := range []string{
		`{"id":"` + signature + `"}`, // a name of Latch's own
		`{"kvp":{"sha256":"` + digest + `","id":"nightly-export-of-all-customers-in-europe-1","short":"` + signature[:42] + `"}}`,
		`{"kvp":{"dlv":"dlv_AZIkZhaVdNevJ0xi7zm76A4fLp3XyQbNc1sTqW","at":"2026-01-02T03:04:05.000Z"}}`,
	} {
		require.Equal(t, plain, string(veil.JSON([]byte(plain), key)))
	}
}

// If the API signs no links itself, links of others are recognized by their form.
func TestLinksAreHiddenWithoutAKey(t *testing.T) {
	t.Parallel()
	body := `{"url":` + asJSON(address) + `,"data":{"echo":"got ` + signature + `","q":` + asJSON(url.QueryEscape(address)) + `}}`
	got := string(veil.JSON([]byte(body), nil))
	require.False(t, reveals(got), got)
	require.Contains(t, got, asJSON(strings.Split(address, "?")[0]), "an address remains that a key opens")
	for _, plain := range []string{`{"url":"https://x.example/?link=https://y.example"}`, `{"a":"link"}`, `no JSON, no link`, `[]`, ``} {
		require.Equal(t, plain, string(veil.JSON([]byte(plain), nil)))
	}
	require.Equal(t, `{"url":"https://x/locks/1"}`, string(veil.JSON([]byte(`{"url":"https://x/locks/1?link=s"}`), nil)))
}

// Another text, such as a page, is looked through as a whole.
func TestTexts(t *testing.T) {
	t.Parallel()
	for name, echo := range echoes() {
		got := string(veil.Text([]byte("<p>"+html.EscapeString(echo)+"</p>"), key, token))
		require.False(t, reveals(got), "%s: %s", name, got)
	}
	const plain = "<p>Nothing&#39;s here</p>"
	require.Equal(t, plain, string(veil.Text([]byte(plain), key, "")))
}

func TestValues(t *testing.T) {
	t.Parallel()
	type record struct {
		Lock string
		Data map[string]string
	}
	given := []record{{Lock: token, Data: map[string]string{"a": signature, signature: "b"}}}
	shown, err := veil.Value(given, key)
	require.NoError(t, err)
	require.Equal(t, []record{{Lock: token, Data: map[string]string{"a": "***", "***": "b"}}}, shown)
	require.Equal(t, signature, given[0].Data["a"], "what is given stays")
}

// No valid JSON breaks the output, and no secret escapes it.
func FuzzJSON(f *testing.F) {
	f.Add(`{"a":"x"}`)
	f.Add(`{"kvp":{"a\u0000":["\\",1e5,{}]}, "b" : null}`)
	f.Add(`"\ud83d"`)
	f.Fuzz(func(t *testing.T, text string) {
		body := []byte(`{"token":` + asJSON(token) + `,"x":` + text + `,"echo":` + asJSON(address+" "+text) + `}`)
		got := veil.JSON(body, key)
		if json.Valid(body) && !json.Valid(got) {
			t.Fatalf("%s became %s", body, got)
		}
		if strings.Contains(string(got), signature) {
			t.Fatalf("%s shows the HMAC", got)
		}
	})
}
