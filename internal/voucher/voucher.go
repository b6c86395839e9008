package voucher

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
)

// A Key makes and verifies vouchers. The zero value can do neither.
type Key struct{ secret []byte }

// NewKey derives the key from the one that the API and the workers share, LATCH_LINK_KEY. It
// returns the zero value if that is empty.
func NewKey(shared []byte) Key {
	if len(shared) == 0 {
		return Key{}
	}
	mac := hmac.New(sha256.New, shared)
	mac.Write([]byte("latch voucher\n"))
	return Key{mac.Sum(nil)}
}

// IsZero reports whether the key can make and verify nothing.
func (k Key) IsZero() bool { return len(k.secret) == 0 }

// A Holder is the person whom a voucher is about.
type Holder struct {
	Name   string   `json:"name"`
	Groups []string `json:"groups,omitempty"`
	// IdentifiedBy says how the name is known: [latch.IdentifiedByKey] and the like.
	IdentifiedBy string `json:"identified_by"`
	// Issued is when the voucher was made, by the API's clock.
	Issued latch.Time `json:"issued"`
}

// ErrForged is the error for a voucher that the key has not made for this content.
var ErrForged = errors.New("it was not made for this by an API with the worker's LATCH_LINK_KEY")

// ForRemoval returns the voucher for a removal of a lock, or a vote about it. It covers all that
// the message says.
func (k Key) ForRemoval(holder Holder, removal latch.LockRelease) (string, error) {
	return k.sign("removal", holder, boundTo(removal))
}

// OfRemoval returns the holder of the voucher in a removal.
func (k Key) OfRemoval(removal latch.LockRelease) (Holder, error) {
	return k.verify("removal", removal.Voucher, boundTo(removal))
}

func boundTo(removal latch.LockRelease) latch.LockRelease {
	removal.Voucher = ""
	return removal
}

// ForExtension returns the voucher for a move of a lock's deadline. It covers all that the message
// says.
func (k Key) ForExtension(holder Holder, extension latch.LockExtension) (string, error) {
	extension.Voucher = ""
	return k.sign("extension", holder, extension)
}

// OfExtension returns the holder of the voucher in a move of a lock's deadline.
func (k Key) OfExtension(extension latch.LockExtension) (Holder, error) {
	given := extension.Voucher
	extension.Voucher = ""
	return k.verify("extension", given, extension)
}

// A skip is what the voucher of a skip is bound to. The delivery's id belongs to one hook of one run,
// which the message need not: a webhook and an event come again.
type skip struct {
	DeliveryID string     `json:"delivery_id"`
	Message    latch.Skip `json:"message"`
}

// ForSkip returns the voucher for a message that skips the hook with this delivery.
func (k Key) ForSkip(holder Holder, deliveryID string, message latch.Skip) (string, error) {
	message.Voucher = ""
	return k.sign("skip", holder, skip{deliveryID, message})
}

// OfSkip returns the holder of the voucher in a message that skips the hook with this delivery.
func (k Key) OfSkip(deliveryID string, message latch.Skip) (Holder, error) {
	said := message.Voucher
	message.Voucher = ""
	return k.verify("skip", said, skip{deliveryID, message})
}

// A start is what the voucher of a run's starter is bound to.
type start struct {
	WorkflowID string `json:"workflow_id"`
	Input      string `json:"input"`
}

// ForStart returns the voucher for the start of a run with this input.
func (k Key) ForStart(holder Holder, workflowID string, input json.RawMessage) (string, error) {
	digest, err := rawjson.Digest(input)
	if err != nil {
		return "", err
	}
	return k.sign("start", holder, start{workflowID, digest})
}

// startWithin bounds the time between a voucher and the start of its run.
const startWithin = 10 * time.Minute

// OfStart returns the holder of the voucher of a run that was started then.
func (k Key) OfStart(voucher, workflowID string, input json.RawMessage, started time.Time) (Holder, error) {
	digest, err := rawjson.Digest(input)
	if err != nil {
		return Holder{}, err
	}
	holder, err := k.verify("start", voucher, start{workflowID, digest})
	if err == nil && started.Sub(holder.Issued.Time).Abs() > startWithin {
		return Holder{}, fmt.Errorf("it was made at %s, and the run was started at %s", holder.Issued.Format(time.RFC3339),
			started.UTC().Format(time.RFC3339))
	}
	return holder, err
}

func (k Key) sign(purpose string, holder Holder, content any) (string, error) {
	if k.IsZero() {
		return "", errors.New("voucher: no key")
	}
	said, err := json.Marshal(holder)
	if err != nil {
		return "", fmt.Errorf("voucher: %w", err)
	}
	mac, err := k.mac(purpose, said, content)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(said) + "." + base64.RawURLEncoding.EncodeToString(mac), nil
}

func (k Key) verify(purpose, voucher string, content any) (Holder, error) {
	said, given, _ := strings.Cut(voucher, ".")
	claims, badClaims := base64.RawURLEncoding.Strict().DecodeString(said)
	signature, badSignature := base64.RawURLEncoding.Strict().DecodeString(given)
	mac, err := k.mac(purpose, claims, content)
	if err != nil {
		return Holder{}, err
	}
	var holder Holder
	if badClaims != nil || badSignature != nil || k.IsZero() || !hmac.Equal(signature, mac) || json.Unmarshal(claims, &holder) != nil {
		return Holder{}, ErrForged
	}
	return holder, nil
}

func (k Key) mac(purpose string, said []byte, content any) ([]byte, error) {
	digest, err := rawjson.Digest(content)
	if err != nil {
		return nil, fmt.Errorf("voucher: %w", err)
	}
	mac := hmac.New(sha256.New, k.secret)
	fmt.Fprintf(mac, "%s\n%s\n%s", purpose, digest, said)
	return mac.Sum(nil), nil
}
