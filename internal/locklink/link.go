package locklink

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
)

// Parameter is the query parameter with a link's HMAC.
const Parameter = "link"

// MinimumKey is the minimum length of a key, in bytes. Webhooks contain links,
// so an attacker can test guesses of the key offline.
const MinimumKey = 16

// context separates the HMACs of links from other uses of the key.
const context = "latch lock link\n"

// Sign returns the HMAC-SHA256 of a lock's token, in unpadded URL-safe base64.
func Sign(key []byte, token string) string {
	return base64.RawURLEncoding.EncodeToString(sum(key, token))
}

// Verify reports whether signature is the token's HMAC, in constant time.
// Without a key it returns false.
func Verify(key []byte, token, signature string) bool {
	given, err := base64.RawURLEncoding.Strict().DecodeString(signature)
	return len(key) > 0 && err == nil && hmac.Equal(given, sum(key, token))
}

// IsSignature reports whether a text looks like a result of [Sign]: 32 bytes in
// base64, with letters of both cases, which all but one in a billion have. Few
// other identifiers have that length, alphabet and final bits.
func IsSignature(text string) bool {
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && len(decoded) == sha256.Size && strings.ToLower(text) != text && strings.ToUpper(text) != text
}

func sum(key []byte, token string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(context + token))
	return mac.Sum(nil)
}

// URL returns the address of a lock's page below the API's public address. With
// a key, the address contains the HMAC that opens the page.
func URL(base, token string, key []byte) string {
	address := strings.TrimRight(base, "/") + "/locks/" + url.PathEscape(token)
	if len(key) == 0 {
		return address
	}
	return address + "?" + Parameter + "=" + Sign(key, token)
}

// Unsigned returns the address of a lock's page without the HMAC that opens it. It takes what [URL]
// returns, or "".
func Unsigned(address string) string {
	plain, _, _ := strings.Cut(address, "?")
	return plain
}

// CheckKey returns an error if a key is too short. The error does not contain
// the key.
func CheckKey(key []byte) error {
	if len(key) < MinimumKey {
		return fmt.Errorf("a link's key has at least %d bytes, this one %d", MinimumKey, len(key))
	}
	return nil
}
