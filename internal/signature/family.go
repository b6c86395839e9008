package signature

import (
	"encoding/base64"
	"encoding/hex"
	"html"
	"regexp"
	"strings"
	"unicode"
)

// InFamily reports whether a text contains a key of Standard Webhooks, in any spelling: whsec_,
// whsk_ or whpk_ in another case, after other text, in quotes, escaped, with spaces, or encoded
// as a whole. Such a text is a key that only signs, intact or damaged, and is never sent.
func InFamily(text string) bool { return spellsKey(text) || encodesKey(text) }

// maximumEscapes is how many levels of escaping are undone to recognize a key.
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

// familyName matches a prefix of the family anywhere, or one at the beginning that lost its
// underscore but is followed by a key.
var familyName = regexp.MustCompile(`wh(sec|sk|pk)[_-]|^(v1a?)?wh(sec|sk|pk)[a-z0-9]{20}`)

// squeeze keeps the characters of a key's prefix, in lower case, so that blanks, quotes,
// invisible characters and the NULs of UTF-16 hide nothing.
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

// encodesKey reports whether a text is, as a whole, the base64 or hexadecimal encoding of a
// key's spelling.
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
