package codecserver

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// minimumToken is the minimum length of a token, in bytes.
const minimumToken = 16

// A Token is the hash of a token.
type Token [sha256.Size]byte

// ParseTokens parses tokens in the format of LATCH_CODEC_TOKENS, separated by
// commas. All problems are reported at once, and no error contains a token.
func ParseTokens(text string) ([]Token, error) {
	var tokens []Token
	var problems []error
	for i, entry := range strings.Split(text, ",") {
		entry = strings.TrimSpace(entry)
		token := Token(sha256.Sum256([]byte(entry)))
		switch {
		case entry == "":
		case len(entry) < minimumToken:
			problems = append(problems, fmt.Errorf("token %d has %d bytes; give at least %d", i+1, len(entry), minimumToken))
		case strings.ContainsAny(entry, " \t\r\n"):
			problems = append(problems, fmt.Errorf("token %d has spaces, which no header can bear", i+1))
		case slices.Contains(tokens, token):
			problems = append(problems, fmt.Errorf("token %d is listed twice", i+1))
		default:
			tokens = append(tokens, token)
		}
	}
	if len(tokens) == 0 && len(problems) == 0 && text != "" {
		problems = append(problems, errors.New("has no token; leave it out to serve this machine alone"))
	}
	return tokens, errors.Join(problems...)
}

func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// knows reports whether a token is one of tokens, in constant time. id
// identifies the token without revealing it; it is empty if the token is
// unknown.
func knows(tokens []Token, given string) (id string, known bool) {
	hash := sha256.Sum256([]byte(given))
	found := 0
	for _, token := range tokens {
		found |= subtle.ConstantTimeCompare(hash[:], token[:])
	}
	if found == 0 {
		return "", false
	}
	return hex.EncodeToString(hash[:]), true
}
