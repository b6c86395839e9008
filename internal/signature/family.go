package signature

import (
	"encoding/base64"
	"encoding/hex"
	"html"
	"regexp"
	"strings"
	"unicode"
)

// InFamily reports whether a text has a key of Standard Webhooks in it, in any
// spelling: whsec_, whsk_ or whpk_ in another case, behind other text, in
// quotes, escaped, spaced out, or encoded as a whole. Such a text is a key that
// only signs, well written or marred, and is never sent.
func InFamily(text string) bool { return spellsKey(text) || encodesKey(text) }

// maximumEscapes is how often a text may have been escaped for a key in it
// still to be recognised.
const maximumEscapes = 3

func spellsKey(text string) bool {
	for range maximumEscapes {
		if familyName.MatchString(squeeze(text)) {
			return true
		}
		unescaped := unescape(text)
		if unescaped == text {
			return false
		}
		text = unescaped
	}
	return familyName.MatchString(squeeze(text))
}

// familyName is a prefix of the family anywhere, or one at the beginning whose
// underscore was lost but which still has a key behind it.
var familyName = regexp.MustCompile(`wh(sec|sk|pk)[_-]|^(v1a?)?wh(sec|sk|pk)[a-z0-9]{20}`)

// squeeze keeps of a text what a key's prefix is made of, in lower case: so
// blanks, quotes, invisible characters and the NULs of UTF-16 hide nothing.
func squeeze(text string) string {
	return strings.Map(func(r rune) rune {
		if fullWidthFirst <= r && r <= fullWidthLast {
			r -= fullWidthFirst - '!'
		}
		switch r = unicode.ToLower(r); {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '_', r == '-':
			return r
		default:
			return -1
		}
	}, text)
}

// The full-width forms of the printable ASCII characters, ! to ~.
const (
	fullWidthFirst = '\uff01'
	fullWidthLast  = '\uff5e'
)

// escape is one percent-encoded byte, or one of JSON's and Go's escapes.
var escape = regexp.MustCompile(`%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}`)

// unescape undoes one level of escapes of URLs, JSON and HTML.
func unescape(text string) string {
	text = escape.ReplaceAllStringFunc(text, func(found string) string {
		code, err := hex.DecodeString(strings.TrimLeft(found, `%\ux`))
		if err != nil {
			return found
		}
		return string(code)
	})
	return html.UnescapeString(text)
}

// encodesKey reports whether a text is, as a whole, base64 or hexadecimal of
// one that spells a key.
func encodesKey(text string) bool {
	text = strings.TrimRight(strings.Join(strings.Fields(text), ""), "=")
	for _, decode := range []func(string) ([]byte, error){
		hex.DecodeString,
		base64.RawStdEncoding.DecodeString,
		base64.RawURLEncoding.DecodeString,
	} {
		if decoded, err := decode(text); err == nil && spellsKey(string(decoded)) {
			return true
		}
	}
	return false
}
