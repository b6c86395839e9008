package signature

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
)

// These are the prefixes of keys in Standard Webhooks.
const (
	SymmetricPrefix = "whsec_"
	PrivatePrefix   = "whsk_"
	PublicPrefix    = "whpk_"
)

// A Key signs or verifies messages. It prints as *** in every format.
type Key struct {
	symmetric []byte
	private   ed25519.PrivateKey
	public    ed25519.PublicKey
	prefix    string
}

// symmetricBytes is the length of a new symmetric key. The specification asks for 24 to 64.
const symmetricBytes = 32

// ParseKey parses a key. It rejects a text that looks like a damaged key: one in quotation
// marks, with invisible characters at its ends, or with other text around a key of Standard
// Webhooks. The error completes a sentence such as "its line 1 …" and never contains any of the
// key.
func ParseKey(text string) (Key, error) {
	if text == "" {
		return Key{}, errors.New("is empty")
	}
	if err := checkEnds(text); err != nil {
		return Key{}, err
	}
	prefix := prefixOf(text)
	if prefix == "" {
		if err := checkFamily(text); err != nil {
			return Key{}, err
		}
		return symmetricKey([]byte(text), ""), nil
	}
	key, err := decodeKey(text[len(prefix):])
	if err != nil {
		return Key{}, fmt.Errorf("begins with %s but %w", prefix, err)
	}
	parsed, err := keyOf(prefix, key)
	if err != nil {
		return Key{}, fmt.Errorf("begins with %s but %w", prefix, err)
	}
	return parsed, nil
}

// A Line is a key in a text with several, with the number of its line, counted from 1.
type Line struct {
	Number int
	Text   string
	Key    Key
}

// ParseLines parses one key per line. Lines end with LF or CRLF, and empty ones are skipped.
// The error lists all problems with the numbers of the lines, and never contains any of a key.
func ParseLines(text string) ([]Line, error) {
	if trimmed := strings.TrimSpace(text); inQuotes(trimmed) && strings.Contains(trimmed, "\n") {
		return nil, errors.New("it stands in quotation marks, which would be part of it; take them away")
	}
	var lines []Line
	var problems []string
	number, before := 0, Line{}
	for line := range strings.SplitSeq(text, "\n") {
		number++
		if line = strings.TrimSuffix(line, "\r"); line == "" {
			continue
		}
		key, err := ParseKey(line)
		if err == nil && brokenKey(before.Text, line) {
			err = fmt.Errorf("looks like the rest of the key that line %d begins; write it in one line", before.Number)
		}
		if err != nil {
			problems = append(problems, fmt.Sprintf("its line %d %v", number, err))
		}
		before = Line{number, line, key}
		lines = append(lines, before)
	}
	switch {
	case len(lines) == 0:
		return nil, errors.New("it is empty")
	case len(problems) > 0:
		return nil, errors.New(strings.Join(problems, "; "))
	}
	return lines, nil
}

// prefixOf returns the family's prefix at the beginning of a text, exactly as written, or "".
func prefixOf(text string) string {
	for _, prefix := range []string{SymmetricPrefix, PrivatePrefix, PublicPrefix} {
		if strings.HasPrefix(text, prefix) {
			return prefix
		}
	}
	return ""
}

func keyOf(prefix string, key []byte) (Key, error) {
	switch {
	case prefix == SymmetricPrefix:
		return symmetricKey(key, prefix), nil
	case prefix == PublicPrefix && len(key) == ed25519.PublicKeySize:
		return Key{public: key, prefix: prefix}, nil
	case prefix == PublicPrefix:
		return Key{}, fmt.Errorf("the key that follows has %d bytes; an ed25519 public key has %d", len(key), ed25519.PublicKeySize)
	case len(key) != ed25519.SeedSize && len(key) != ed25519.PrivateKeySize:
		return Key{}, fmt.Errorf("the key that follows has %d bytes; an ed25519 private key has %d, or %d as a seed", len(key), ed25519.PrivateKeySize, ed25519.SeedSize)
	}
	private := ed25519.NewKeyFromSeed(key[:ed25519.SeedSize])
	if len(key) == ed25519.PrivateKeySize && !bytes.Equal(key, private) {
		return Key{}, errors.New("the second half of the key that follows is not the public key of its first")
	}
	return Key{private: private, public: private.Public().(ed25519.PublicKey), prefix: prefix}, nil
}

func symmetricKey(key []byte, prefix string) Key {
	return Key{symmetric: key, prefix: prefix}
}

// NewSymmetric returns the text of a new key of 32 random bytes, whsec_….
func NewSymmetric() string {
	key := make([]byte, symmetricBytes)
	rand.Read(key) // never fails
	return SymmetricPrefix + base64.StdEncoding.EncodeToString(key)
}

// NewPair returns the texts of the private and public key of a new ed25519 key pair, whsk_… and
// whpk_….
func NewPair() (private, public string) {
	publicKey, privateKey, _ := ed25519.GenerateKey(nil) // never fails
	return PrivatePrefix + base64.StdEncoding.EncodeToString(privateKey), PublicPrefix + base64.StdEncoding.EncodeToString(publicKey)
}

// IsPublic reports whether the key can only verify.
func (k Key) IsPublic() bool { return k.symmetric == nil && k.private == nil }

// Prefix returns whsec_, whsk_ or whpk_, or "" for a key that is plain text.
func (k Key) Prefix() string { return k.prefix }

// Texts returns the texts other than the key's own that must be kept secret: the base64, and
// the decoded bytes.
func (k Key) Texts() []string {
	switch {
	case k.private != nil:
		seed := k.private.Seed()
		return []string{base64.RawStdEncoding.EncodeToString(k.private), string(k.private), base64.RawStdEncoding.EncodeToString(seed), string(seed)}
	case k.prefix == SymmetricPrefix:
		return []string{base64.RawStdEncoding.EncodeToString(k.symmetric), string(k.symmetric)}
	default:
		return nil
	}
}

// String returns ***.
func (Key) String() string { return "***" }

// GoString returns ***.
func (Key) GoString() string { return "***" }

// Format writes ***, for every verb.
func (Key) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, "***") }
