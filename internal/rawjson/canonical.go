package rawjson

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Digest returns the SHA-256 of a value as canonical JSON, as "sha256:" and hexadecimal digits.
// Canonical JSON has the keys of its objects sorted by their bytes, no blanks, no escapes but
// those that JSON requires and \u2028 and \u2029, and numbers with the digits that they came with.
func Digest(value any) (string, error) {
	encoded, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("digest: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.UseNumber()
	var plain any
	if err := decoder.Decode(&plain); err != nil {
		return "", fmt.Errorf("digest: %w", err)
	}
	sum := sha256.Sum256(Encode(plain))
	return "sha256:" + hex.EncodeToString(sum[:]), nil
}
