package proof

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// Sign returns the proof that the holder of the key signed the text, which is valid until the
// given time. It does not contain the text. It consists of characters that cookies and URLs may
// contain.
func Sign(key []byte, text string, until time.Time) string {
	end := strconv.FormatInt(until.Unix(), 36)
	return end + "." + base64.RawURLEncoding.EncodeToString(sum(key, end, text))
}

// Verify reports whether the proof belongs to the text and is still valid. It takes the same
// time for every proof of the right form.
func Verify(key []byte, text, proof string, now time.Time) bool {
	end, signature, _ := strings.Cut(proof, ".")
	until, err := strconv.ParseInt(end, 36, 64)
	given, bad := base64.RawURLEncoding.Strict().DecodeString(signature)
	return err == nil && bad == nil && len(key) > 0 && hmac.Equal(given, sum(key, end, text)) && now.Unix() < until
}

func sum(key []byte, end, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(end + "\n" + text))
	return mac.Sum(nil)
}
