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

// Prefixes of keys as Standard Webhooks writes them.
const (
	SymmetricPrefix = "whsec_"
	PrivatePrefix   = "whsk_"
	PublicPrefix    = "whpk_"
)

// A Key signs or checks messages. Printed in any way it is ***.
type Key struct {
	symmetric []byte
	private   ed25519.PrivateKey
	public    ed25519.PublicKey
	prefix    string
}

// symmetricBytes is the length of a new symmetric key; the specification asks
// for 24 to 64.
const symmetricBytes = 32

// ParseKey reads a key. A text that looks like a marred key is refused: one in
// quotation marks, with invisible characters at its ends, or with a key of
// Standard Webhooks in it that is not all of it. The error completes a sentence
// such as "its line 1 …" and never holds any of the key.
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

// A Line is a key as it stands in a text of several, its number counted from 1.
type Line struct {
	Number int
	Text   string
	Key    Key
}

// ParseLines reads a key a line. Lines end with LF or CRLF; empty ones are left
// out. The error says all that is wrong, by the numbers of the lines, and never
// holds any of a key.
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

// prefixOf returns the prefix of the family that a text begins with, exactly
// as it is written, or "".
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

// NewSymmetric makes a key of 32 random bytes and returns its text, whsec_….
func NewSymmetric() string {
	key := make([]byte, symmetricBytes)
	rand.Read(key) // never fails
	return SymmetricPrefix + base64.StdEncoding.EncodeToString(key)
}

// NewPair makes an ed25519 key pair and returns the texts of its private and
// public key, whsk_… and whpk_….
func NewPair() (private, public string) {
	publicKey, privateKey, _ := ed25519.GenerateKey(nil) // never fails
	return PrivatePrefix + base64.StdEncoding.EncodeToString(privateKey), PublicPrefix + base64.StdEncoding.EncodeToString(publicKey)
}

// IsPublic reports whether the key can verify only.
func (k Key) IsPublic() bool { return k.symmetric == nil && k.private == nil }

// Prefix returns whsec_, whsk_ or whpk_, and "" for a key that is plain text.
func (k Key) Prefix() string { return k.prefix }

// Texts returns all that must be kept secret of the key's text but the text
// itself: the base64, and the bytes that it stands for.
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

// Format writes ***, whatever the verb.
func (Key) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, "***") }
