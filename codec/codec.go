package codec

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"slices"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

const (
	// Encoding is the value of the metadata "encoding" of an encrypted payload.
	Encoding = "binary/encrypted"
	// MetadataKeyID is the metadata key for the id of the encryption key.
	MetadataKeyID = "encryption-key-id"
)

// A Codec encrypts and decrypts payloads. It implements converter.PayloadCodec
// and is safe for concurrent use. A codec without keys does not encrypt, and
// returns an error for encrypted payloads.
type Codec struct {
	// first encrypts; nil if there are no keys.
	first *sealer
	all   map[string]*sealer
}

// A sealer is a key with its prepared cipher.
type sealer struct {
	id   []byte
	aead cipher.AEAD
}

// New returns a codec. The first key encrypts, all keys decrypt. Its error
// reports all problems with the keys at once.
func New(keys ...Key) (*Codec, error) {
	problems := []error{checkTogether(keys)}
	c := &Codec{all: map[string]*sealer{}}
	for i, key := range keys {
		ready, err := newSealer(key)
		if err != nil {
			problems = append(problems, fmt.Errorf("key %d: %w", i+1, err))
			continue
		}
		c.all[key.ID] = ready
		if c.first == nil {
			c.first = ready
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return c, nil
}

func newSealer(key Key) (*sealer, error) {
	if err := key.check(); err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key.Secret)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &sealer{id: []byte(key.ID), aead: aead}, nil
}

// Encrypts reports whether the codec has keys.
func (c *Codec) Encrypts() bool { return c.first != nil }

// Encode encrypts payloads with the first key. Without keys it returns them
// unchanged.
func (c *Codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	if !c.Encrypts() {
		return payloads, nil
	}
	encoded := make([]*commonpb.Payload, len(payloads))
	for i, payload := range payloads {
		plain, err := proto.Marshal(payload)
		if err != nil {
			return nil, fmt.Errorf("encrypt payload: %w", err)
		}
		encoded[i] = &commonpb.Payload{
			Metadata: map[string][]byte{converter.MetadataEncoding: []byte(Encoding), MetadataKeyID: c.first.id},
			Data:     c.first.aead.Seal(nil, nil, plain, nil),
		}
	}
	return encoded, nil
}

// Decode decrypts the payloads that are encrypted, and returns the others
// unchanged. It returns an [*UnknownKeyError] if it does not have the key, and
// an error if a payload was altered or was encrypted with another key of the
// same id.
func (c *Codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	decoded := make([]*commonpb.Payload, len(payloads))
	for i, payload := range payloads {
		if string(payload.GetMetadata()[converter.MetadataEncoding]) != Encoding {
			decoded[i] = payload
			continue
		}
		var err error
		if decoded[i], err = c.decrypt(payload); err != nil {
			return nil, err
		}
	}
	return decoded, nil
}

func (c *Codec) decrypt(payload *commonpb.Payload) (*commonpb.Payload, error) {
	id := string(payload.GetMetadata()[MetadataKeyID])
	key, known := c.all[id]
	if !known {
		return nil, &UnknownKeyError{ID: id, known: c.ids()}
	}
	plain, err := key.aead.Open(nil, nil, payload.GetData(), nil)
	if err != nil {
		return nil, fmt.Errorf("decrypt payload by key %q: it was damaged, or this is another key than the one it was encrypted by", id)
	}
	decrypted := &commonpb.Payload{}
	if err := proto.Unmarshal(plain, decrypted); err != nil {
		return nil, fmt.Errorf("decrypt payload by key %q: the plaintext is not a payload: %w", id, err)
	}
	return decrypted, nil
}

func (c *Codec) ids() []string {
	var ids []string
	for id := range c.all {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// An UnknownKeyError says that a payload was encrypted with a key that the
// codec does not have.
type UnknownKeyError struct {
	// ID is the key's id according to the payload.
	ID    string
	known []string
}

// Error names the key, the codec's own keys, and the setting.
func (e *UnknownKeyError) Error() string {
	has := "the codec has no keys"
	if len(e.known) > 0 {
		has = "the codec has only " + strings.Join(e.known, ", ")
	}
	return fmt.Sprintf("decrypt payload: it was encrypted with the key %.64q, but %s; add the key to LATCH_PAYLOAD_KEYS", e.ID, has)
}
