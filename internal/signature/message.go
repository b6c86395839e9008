package signature

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
)

// These are the schemes of signatures.
const (
	Symmetric  = "v1"
	Asymmetric = "v1a"
)

// MaximumSignatures bounds how many signatures of a header are verified.
const MaximumSignatures = 64

// A Message is the signed content: webhook-id, webhook-timestamp and the body, as they are
// sent.
type Message struct {
	ID        string
	Timestamp int64 // Unix seconds
	Body      []byte
}

// head returns the signed text in front of the body: the parts, each with a full stop.
func (m Message) head() []byte {
	head := make([]byte, 0, len(m.ID)+22)
	head = append(append(head, m.ID...), '.')
	return append(strconv.AppendInt(head, m.Timestamp, 10), '.')
}

// signed returns the signed text.
func (m Message) signed() []byte { return append(m.head(), m.Body...) }

// Sign returns the signature by each key, in the format of the header webhook-signature:
// "v1,<base64>" or "v1a,<base64>", separated by spaces. Public keys make no signature.
func (m Message) Sign(keys []Key) string {
	var few [usualSignatures]byte
	signatures := few[:0]
	for _, key := range keys {
		switch {
		case key.private != nil:
			signatures = appendSignature(signatures, Asymmetric, ed25519.Sign(key.private, m.signed()))
		case key.symmetric != nil:
			signatures = appendSignature(signatures, Symmetric, key.authenticate(m))
		}
	}
	return string(signatures)
}

// usualSignatures is a capacity in bytes that suffices for the signatures by two keys.
const usualSignatures = 192

// appendSignature appends a signature in the format of the header.
func appendSignature(signatures []byte, scheme string, value []byte) []byte {
	if len(signatures) > 0 {
		signatures = append(signatures, ' ')
	}
	signatures = append(append(signatures, scheme...), ',')
	return base64.StdEncoding.AppendEncode(signatures, value)
}

// authenticate returns the message's HMAC by a symmetric key.
func (k Key) authenticate(m Message) []byte {
	mac := hmac.New(sha256.New, k.symmetric)
	mac.Write(m.head())
	mac.Write(m.Body)
	return mac.Sum(nil)
}

// A Check is the verification of one signature in a header.
type Check struct {
	// Scheme is v1 or v1a. Other schemes are unknown.
	Scheme string
	// Key is the index of the first key that made the signature, or -1.
	Key int
}

// Check verifies every signature in a header webhook-signature, in their order, at most
// [MaximumSignatures]. One valid signature makes a message authentic.
func (m Message) Check(header string, keys []Key) []Check {
	checks := []Check{}
	for each := range strings.FieldsSeq(header) {
		if len(checks) == MaximumSignatures {
			break
		}
		scheme, encoded, _ := strings.Cut(each, ",")
		check := Check{Scheme: scheme, Key: -1}
		if value, err := base64.StdEncoding.DecodeString(encoded); err == nil {
			for i, key := range keys {
				if key.checks(scheme, m, value) {
					check.Key = i
					break
				}
			}
		}
		checks = append(checks, check)
	}
	return checks
}

// checks reports whether this key made the signature.
func (k Key) checks(scheme string, m Message, signature []byte) bool {
	switch {
	case scheme == Symmetric && k.symmetric != nil:
		return hmac.Equal(k.authenticate(m), signature)
	case scheme == Asymmetric && k.public != nil:
		return ed25519.Verify(k.public, m.signed(), signature)
	default:
		return false
	}
}
