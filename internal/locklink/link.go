package locklink

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
)

// Parameter is the query parameter that bears a link's HMAC.
const Parameter = "link"

// MinimumKey is how many bytes a key has at least: a link's HMAC stands in
// webhooks and can be tried out away from the API.
const MinimumKey = 16

// context keeps an HMAC of ours from being one for anything else.
const context = "latch lock link\n"

// Sign returns the HMAC-SHA256 of a lock's token, in unpadded URL-safe base64.
func Sign(key []byte, token string) string {
	return base64.RawURLEncoding.EncodeToString(sum(key, token))
}

// Verify tells, in constant time, whether signature is the token's. Without a
// key nothing is.
func Verify(key []byte, token, signature string) bool {
	given, err := base64.RawURLEncoding.Strict().DecodeString(signature)
	return len(key) > 0 && err == nil && hmac.Equal(given, sum(key, token))
}

// IsSignature reports whether a text looks like what [Sign] returns: 32 bytes in
// base64. It must have letters of both cases, as all but one of a billion have:
// few other names have that length, these letters, and bits to end on.
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
// a key it bears the HMAC that opens the page.
func URL(base, token string, key []byte) string {
	address := strings.TrimRight(base, "/") + "/locks/" + url.PathEscape(token)
	if len(key) == 0 {
		return address
	}
	return address + "?" + Parameter + "=" + Sign(key, token)
}

// CheckKey tells what is wrong with a key, without showing it.
func CheckKey(key []byte) error {
	if len(key) < MinimumKey {
		return fmt.Errorf("a link's key has at least %d bytes, this one %d", MinimumKey, len(key))
	}
	return nil
}
