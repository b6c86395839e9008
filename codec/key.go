package codec

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const (
	// keyBytes is the length of an AES-256 key.
	keyBytes = 32
	// maximumIDBytes is less than the length of a key in base64, so that a key
	// given in place of an id is rejected.
	maximumIDBytes = 32
)

var idPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// A Key is an AES-256 key with the id that payloads refer to it by.
type Key struct {
	// ID has up to 32 letters, digits, ".", "_" and "-", and begins with a
	// letter or a digit. It is stored unencrypted with each payload.
	ID string
	// Secret is 32 random bytes.
	Secret []byte
}

// NewKey returns a new random key.
func NewKey(id string) (Key, error) {
	if err := checkID(id); err != nil {
		return Key{}, err
	}
	key := Key{ID: id, Secret: make([]byte, keyBytes)}
	_, _ = rand.Read(key.Secret) // it never fails
	return key, nil
}

// Setting returns the key in the format of LATCH_PAYLOAD_KEYS, including the
// secret.
func (k Key) Setting() string { return k.ID + "=" + base64.StdEncoding.EncodeToString(k.Secret) }

// String returns the id, never the secret.
func (k Key) String() string { return k.ID }

// GoString returns the id, never the secret.
func (k Key) GoString() string { return fmt.Sprintf("codec.Key{ID:%q}", k.ID) }

func checkID(id string) error {
	if len(id) > maximumIDBytes || !idPattern.MatchString(id) {
		return fmt.Errorf("its id is not up to %d letters, digits, \".\", \"_\" and \"-\"", maximumIDBytes)
	}
	return nil
}

func (k Key) check() error {
	if err := checkID(k.ID); err != nil {
		return err
	}
	if len(k.Secret) != keyBytes {
		return fmt.Errorf("%q has %d bytes, and AES-256 takes %d; make one with: starter codec keygen", k.ID, len(k.Secret), keyBytes)
	}
	return nil
}

// ParseKeys parses keys in the format of LATCH_PAYLOAD_KEYS: id=base64,
// separated by commas or line breaks, each split at the first "=". Lines that
// begin with # are ignored. Its error reports all problems at once, and never
// contains a key.
func ParseKeys(text string) ([]Key, error) {
	var keys []Key
	var problems []error
	number := 0
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for entry := range strings.SplitSeq(line, ",") {
			if entry = strings.TrimSpace(entry); entry == "" {
				continue
			}
			number++
			key, err := parseKey(entry)
			if err != nil {
				problems = append(problems, fmt.Errorf("key %d: %w", number, err))
				continue
			}
			keys = append(keys, key)
		}
	}
	return keys, errors.Join(append(problems, checkTogether(keys))...)
}

func parseKey(entry string) (Key, error) {
	id, value, found := strings.Cut(entry, "=")
	if !found {
		return Key{}, errors.New("has no \"=\"; write id=base64 of 32 bytes")
	}
	id, value = strings.TrimSpace(id), strings.TrimRight(strings.TrimSpace(value), "=")
	if err := checkID(id); err != nil { // not shown, because it may be a key
		return Key{}, fmt.Errorf("%w; write id=base64 of 32 bytes", err)
	}
	encoding := base64.RawStdEncoding
	if strings.ContainsAny(value, "-_") {
		encoding = base64.RawURLEncoding
	}
	secret, err := encoding.DecodeString(value)
	if err != nil {
		return Key{}, fmt.Errorf("%q is not base64; make one with: starter codec keygen", id)
	}
	key := Key{ID: id, Secret: secret}
	return key, key.check()
}

// checkTogether returns an error for an id that is used twice, and for a key
// that is given twice.
func checkTogether(keys []Key) error {
	var problems []error
	for i, key := range keys {
		if slices.ContainsFunc(keys[:i], func(before Key) bool { return before.ID == key.ID }) {
			problems = append(problems, fmt.Errorf("the id %q is used twice", key.ID))
		} else if slices.ContainsFunc(keys[:i], func(before Key) bool { return string(before.Secret) == string(key.Secret) }) {
			problems = append(problems, fmt.Errorf("%q is another one's key too", key.ID))
		}
	}
	return errors.Join(problems...)
}
