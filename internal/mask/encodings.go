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

// minimumDerived is the least length, in bytes, of what is searched for
// besides a secret itself: shorter parts would hide what is no secret.
const minimumDerived = 6

// encodings returns what a secret may have become that no view undoes: itself,
// the credentials of "Bearer …" and "Basic …", and base64 and hexadecimal of
// it as it stands in a body.
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

// credentials returns what follows the scheme in the value of an Authorization
// header, and of Basic the pair and its password.
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

// forms returns a text as it stands in bodies, for what encodes a whole body.
func forms(text string) []string {
	escaped, _ := json.Marshal(text)
	plain := string(rawjson.Encode(text))
	all := []string{text, string(escaped[1 : len(escaped)-1]), plain[1 : len(plain)-1], url.QueryEscape(text)}
	slices.Sort(all)
	return slices.Compact(all)
}

// base64s returns a text in base64, standard and URL alphabet, with and without
// padding, and what of it does not depend on its neighbours where it stands
// within a longer text.
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
