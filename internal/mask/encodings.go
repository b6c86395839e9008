package mask

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/latch-run/latch/internal/rawjson"
)

// minimumDerived is the minimum length, in bytes, of a text derived from a
// secret that is searched for. Shorter ones would hide ordinary words.
const minimumDerived = 6

// encodings returns the encodings of a secret that no view decodes: the secret
// itself, the credentials in "Bearer …" and "Basic …", and its base64 and
// hexadecimal as they appear in a body.
func encodings(secret string) []string {
	if secret == "" {
		return nil
	}
	texts := []string{secret, strings.ToValidUTF8(secret, "\ufffd")}
	if trimmed := strings.TrimSpace(secret); trimmed != "" {
		texts = append(texts, trimmed)
	}
	texts = append(texts, credentials(secret)...)
	all := slices.Clone(texts)
	for _, text := range texts {
		for _, form := range forms(text) {
			all = append(all, base64s(form)...)
			digits := hex.EncodeToString([]byte(form))
			all = append(all, digits, strings.ToUpper(digits))
		}
	}
	return all
}

// credentials returns the credentials after the scheme in the value of an
// Authorization header; for Basic, also the decoded pair and the password.
func credentials(value string) []string {
	scheme, rest, found := strings.Cut(value, " ")
	if !found || scheme == "" || strings.ContainsFunc(scheme, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' }) {
		return nil
	}
	rest = strings.TrimSpace(rest)
	all := []string{rest}
	if strings.EqualFold(scheme, "Basic") {
		if pair, err := base64.StdEncoding.DecodeString(rest); err == nil {
			_, password, _ := strings.Cut(string(pair), ":")
			all = append(all, string(pair), password)
		}
	}
	return slices.DeleteFunc(all, func(text string) bool { return len(text) < minimumDerived/2 })
}

// forms returns a text as it appears in bodies that may be encoded as a whole.
func forms(text string) []string {
	escaped, _ := json.Marshal(text)
	plain := string(rawjson.Encode(text))
	all := []string{text, string(escaped[1 : len(escaped)-1]), plain[1 : len(plain)-1], url.QueryEscape(text)}
	slices.Sort(all)
	return slices.Compact(all)
}

// base64s returns a text in base64, in the standard and URL alphabets, with and
// without padding, and the parts of it that are the same wherever it occurs in
// a longer encoded text.
func base64s(text string) []string {
	var all []string
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		whole := encoding.EncodeToString([]byte(text))
		all = append(all, strings.TrimRight(whole, "="), whole)
		for before := range 3 {
			padded := append(make([]byte, before), text...)
			inner := encoding.EncodeToString(padded)[(before*8+5)/6 : len(padded)*8/6]
			if len(inner) >= minimumDerived {
				all = append(all, inner)
			}
		}
	}
	return all
}
