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
	"sync"
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
	// idle are the symmetric key's HMACs that are not in use.
	idle *sync.Pool
}

// symmetricBytes is the length of a new symmetric key; the specification asks
// for 24 to 64.
const symmetricBytes = 32

// ParseKey reads a key. The error never holds any of it.
func ParseKey(text string) (Key, error) {
	for _, prefix := range []string{SymmetricPrefix, PrivatePrefix, PublicPrefix} {
		encoded, has := strings.CutPrefix(text, prefix)
		if !has {
			continue
		}
		key, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(encoded, "="))
		if err != nil {
			return Key{}, fmt.Errorf("begins with %s but no base64 follows", prefix)
		}
		parsed, err := keyOf(prefix, key)
		if err != nil {
			return Key{}, fmt.Errorf("begins with %s but %w", prefix, err)
		}
		return parsed, nil
	}
	if text == "" {
		return Key{}, errors.New("is empty")
	}
	return symmetricKey([]byte(text), ""), nil
}

func keyOf(prefix string, key []byte) (Key, error) {
	switch {
	case len(key) == 0:
		return Key{}, errors.New("no key follows")
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
	return Key{symmetric: key, prefix: prefix, idle: new(sync.Pool)}
}

// NewSymmetric makes a key of 32 random bytes and gives its text, whsec_….
func NewSymmetric() string {
	key := make([]byte, symmetricBytes)
	rand.Read(key) // never fails
	return SymmetricPrefix + base64.StdEncoding.EncodeToString(key)
}

// NewPair makes an ed25519 key pair and gives the texts of its private and
// public key, whsk_… and whpk_….
func NewPair() (private, public string) {
	publicKey, privateKey, _ := ed25519.GenerateKey(nil) // never fails
	return PrivatePrefix + base64.StdEncoding.EncodeToString(privateKey), PublicPrefix + base64.StdEncoding.EncodeToString(publicKey)
}

// OnlySigns tells of a key that is never sent, since its text is no more than
// a key: whsec_ and whsk_.
func OnlySigns(text string) bool {
	return strings.HasPrefix(text, SymmetricPrefix) || strings.HasPrefix(text, PrivatePrefix)
}

// IsPublic tells of a key that only checks.
func (k Key) IsPublic() bool { return k.symmetric == nil && k.private == nil }

// Prefix gives whsec_, whsk_ or whpk_, and "" for a key that is plain text.
func (k Key) Prefix() string { return k.prefix }

// Texts gives all that must be kept secret of the key's text but the text
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

// String gives ***.
func (Key) String() string { return "***" }

// GoString gives ***.
func (Key) GoString() string { return "***" }

// Format writes ***, whatever the verb.
func (Key) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, "***") }
