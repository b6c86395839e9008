package masktest

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"

	"github.com/latch-run/latch/internal/rawjson"
)

// Awkward has every character that an encoding escapes.
const Awkward = "p\"a\\ss/wörd <&>'% +=?;😀\u2028x"

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

// PlainJSON returns a text as it stands within a string of JSON.
func PlainJSON(text string) string {
	encoded := string(rawjson.Encode(text))
	return encoded[1 : len(encoded)-1]
}

// Encodings are what receivers make of a text that they echo.
var Encodings = map[string]func(string) string{
	"raw":               func(s string) string { return s },
	"JSON":              PlainJSON,
	"JSON with slashes": func(s string) string { return strings.ReplaceAll(PlainJSON(s), "/", `\/`) },
	"HTML-safe JSON":    htmlSafeJSON,
	"ASCII JSON":        asciiJSON,
	"twice JSON":        func(s string) string { return PlainJSON(PlainJSON(s)) },
	"thrice JSON":       func(s string) string { return PlainJSON(htmlSafeJSON(PlainJSON(s))) },
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
