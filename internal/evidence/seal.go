package evidence

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/latch-run/latch/internal/rawjson"
)

// PayloadType is the media type of a statement in its envelope (in-toto Attestation Framework,
// "Envelope").
const PayloadType = "application/vnd.in-toto+json"

// MediaType is that of an envelope.
const MediaType = "application/vnd.dsse+json"

// MaximumBytes bounds a file of evidence.
const MaximumBytes = 16 << 20

// A Key signs statements.
type Key struct{ private ed25519.PrivateKey }

// A PublicKey verifies what its [Key] has signed.
type PublicKey struct{ public ed25519.PublicKey }

// ParseKey reads an ed25519 private key in PEM (PKCS #8), as openssl genpkey writes it.
func ParseKey(text []byte) (Key, error) {
	const right = "a key is PEM that begins with -----BEGIN PRIVATE KEY-----, from: openssl genpkey -algorithm ed25519"
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" || len(bytes.TrimSpace(rest)) > 0 {
		return Key{}, errors.New(right)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, is := parsed.(ed25519.PrivateKey)
	if err != nil || !is {
		return Key{}, fmt.Errorf("it is no ed25519 key: %s", right)
	}
	return Key{private}, nil
}

// ParsePublicKey reads an ed25519 public key in PEM, as openssl pkey -pubout writes it.
func ParsePublicKey(text []byte) (PublicKey, error) {
	const right = "a public key is PEM that begins with -----BEGIN PUBLIC KEY-----, from: openssl pkey -in KEY -pubout"
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "PUBLIC KEY" || len(bytes.TrimSpace(rest)) > 0 {
		return PublicKey{}, errors.New(right)
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	public, is := parsed.(ed25519.PublicKey)
	if err != nil || !is {
		return PublicKey{}, fmt.Errorf("it is no ed25519 key: %s", right)
	}
	return PublicKey{public}, nil
}

// IsZero reports whether there is no key.
func (k Key) IsZero() bool { return len(k.private) == 0 }

// Public returns the key that verifies what k signs.
func (k Key) Public() PublicKey {
	public, _ := k.private.Public().(ed25519.PublicKey) // is one of this type
	return PublicKey{public}
}

// ID returns the id of the key in envelopes: the SHA-256 of the public key.
func (k PublicKey) ID() string {
	sum := sha256.Sum256(k.public)
	return hex.EncodeToString(sum[:])
}

// An envelope is a signed statement (DSSE, github.com/secure-systems-lab/dsse).
type envelope struct {
	PayloadType string `json:"payloadType"`
	// Payload is encoded in base64.
	Payload    []byte      `json:"payload"`
	Signatures []autograph `json:"signatures"`
}

// An autograph is one signature of an envelope.
type autograph struct {
	KeyID     string `json:"keyid"`
	Signature []byte `json:"sig"`
}

// signed returns what the signature of an envelope covers (DSSE, "Pre-Authentication Encoding").
func (e *envelope) signed() []byte {
	return fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(e.PayloadType), e.PayloadType, len(e.Payload), e.Payload)
}

// encode returns the envelope as JSON without blanks or a line's end.
func (e *envelope) encode() []byte { return rawjson.Encode(e) }

// Seal returns the statement in a signed envelope, as JSON without blanks.
func (k Key) Seal(s *Statement) []byte {
	e := envelope{PayloadType: PayloadType, Payload: rawjson.Encode(s)}
	e.Signatures = []autograph{{k.Public().ID(), ed25519.Sign(k.private, e.signed())}}
	return e.encode()
}

// Verify returns the statement in a file of evidence. Every byte of the file counts: it fails
// unless the file is just as [Key.Seal] has written it.
func (k PublicKey) Verify(file []byte) (*Statement, error) {
	var e envelope
	if err := json.Unmarshal(file, &e); err != nil {
		return nil, fmt.Errorf("it is no evidence: %w", err)
	}
	switch {
	case !bytes.Equal(e.encode(), file):
		return nil, errors.New("it is not as it was written: something was added, removed or written in another form")
	case e.PayloadType != PayloadType:
		return nil, fmt.Errorf("it contains %q, not a statement (%s)", e.PayloadType, PayloadType)
	case len(e.Signatures) != 1 || e.Signatures[0].KeyID != k.ID():
		return nil, fmt.Errorf("it was not signed with this key, whose id is %s", k.ID())
	case !ed25519.Verify(k.public, e.signed(), e.Signatures[0].Signature):
		return nil, errors.New("its signature is wrong: it was changed, or signed with another key")
	}
	return read(e.Payload)
}

// read decodes a statement whose signature is right.
func read(payload []byte) (*Statement, error) {
	var s Statement
	if err := json.Unmarshal(payload, &s); err != nil {
		return nil, fmt.Errorf("its statement: %w", err)
	}
	if s.Type != StatementType || s.PredicateType != PredicateType {
		return nil, fmt.Errorf("it states something of the type %q, not %s", s.PredicateType, PredicateType)
	}
	if len(s.Subject) != 1 {
		return nil, fmt.Errorf("its statement is about %d subjects, not one", len(s.Subject))
	}
	s.Signed = payload
	return &s, nil
}
