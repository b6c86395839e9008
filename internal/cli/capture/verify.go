package capture

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/signature"
)

// A Verification is the result for a request, as --output json prints it.
type Verification struct {
	Valid bool   `json:"valid"`
	ID    string `json:"id"`
	// Timestamp is zero if the header is missing or invalid.
	Timestamp  latch.Time  `json:"timestamp,omitzero"`
	Signatures []Signature `json:"signatures"`
	Problems   []string    `json:"problems"`
}

// A Signature is one signature of a request. Key is the line of the key that made it, and Kind
// that key's prefix. They are 0 and "" if no key made it.
type Signature struct {
	Scheme string `json:"scheme"`
	Good   bool   `json:"good"`
	Key    int    `json:"key,omitempty"`
	Kind   string `json:"kind,omitempty"`
}

// Verify verifies the request's signatures with the keys, and checks that its time is within
// the tolerance; 0 accepts any time. It returns an error if the body is incomplete.
func (r *Request) Verify(lines []signature.Line, at time.Time, tolerance time.Duration) (*Verification, error) {
	bodies, err := r.bodies(lines)
	if err != nil {
		return nil, err
	}
	found := &Verification{ID: r.Header.Get("Webhook-Id"), Signatures: []Signature{}, Problems: []string{}}
	problem := func(format string, args ...any) {
		found.Problems = append(found.Problems, fmt.Sprintf(format, args...))
	}
	if found.ID == "" {
		problem("it has no header webhook-id")
	}
	seconds, err := strconv.ParseInt(r.Header.Get("Webhook-Timestamp"), 10, 64)
	switch {
	case r.Header.Get("Webhook-Timestamp") == "":
		problem("it has no header webhook-timestamp")
	case err != nil || seconds < 0 || seconds > latestTimestamp:
		problem("its webhook-timestamp, %q, is no number of seconds since 1970", r.Header.Get("Webhook-Timestamp"))
	default:
		found.Timestamp = latch.NewTime(time.Unix(seconds, 0))
		if age := at.Sub(time.Unix(seconds, 0)); tolerance > 0 && age.Abs() > tolerance {
			problem("its webhook-timestamp, %s, is %s, more than the tolerance of %s", found.Timestamp.UTC().Format(time.RFC3339), ageOf(age), tolerance)
		}
	}
	signatures := strings.Join(r.Header.Values("Webhook-Signature"), " ")
	good := false
	for _, body := range bodies {
		if found.Signatures, good = checkSignatures(signature.Message{ID: found.ID, Timestamp: seconds, Body: body}, signatures, lines); good {
			break
		}
	}
	switch {
	case len(found.Signatures) == 0:
		problem("it has no header webhook-signature")
	case !good:
		problem("none of its signatures is by a key that was given, over this webhook-id, webhook-timestamp and body of %d bytes%s", len(bodies[0]), r.whyHidden())
	}
	found.Valid = len(found.Problems) == 0
	return found, nil
}

// checkSignatures verifies each signature, and reports whether any is valid.
func checkSignatures(message signature.Message, signatures string, lines []signature.Line) (all []Signature, good bool) {
	keys := make([]signature.Key, len(lines))
	for i, line := range lines {
		keys[i] = line.Key
	}
	all = []Signature{}
	for _, check := range message.Check(signatures, keys) {
		checked := Signature{Scheme: check.Scheme, Good: check.Key >= 0}
		if checked.Good {
			good, checked.Key, checked.Kind = true, lines[check.Key].Number, keys[check.Key].Prefix()
		}
		all = append(all, checked)
	}
	return all, good
}

// latestTimestamp is the last second of the year 9999.
const latestTimestamp = 253402300799

func ageOf(age time.Duration) string {
	if age < 0 {
		return (-age).Round(time.Second).String() + " ahead"
	}
	return age.Round(time.Second).String() + " ago"
}
