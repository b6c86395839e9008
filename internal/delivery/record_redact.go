package delivery

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/mask"
	"github.com/latch-run/latch/internal/rawjson"
)

// checkRedaction returns all problems of the worker's redaction.
func checkRedaction(r latch.Redaction) error {
	var problems []error
	for _, problem := range r.Validate() {
		variable := "LATCH_REDACT_JSON"
		if strings.HasPrefix(problem.Path, "headers") {
			variable = "LATCH_REDACT_HEADERS"
		}
		problems = append(problems, fmt.Errorf("%s: %s", variable, problem.Message))
	}
	return errors.Join(problems...)
}

// A redaction lists the parts of an answer that no record keeps. If nil, it hides nothing.
type redaction struct{ mask.Redaction }

// redactionOf combines the worker's and the webhook's redaction.
func (s *Sender) redactionOf(own *latch.Redaction) *redaction {
	if own == nil {
		own = &latch.Redaction{}
	}
	var made mask.Redaction
	made.Add(s.redact.Headers, s.redact.JSON)
	made.Add(own.Headers, own.JSON)
	if made.Empty() {
		return nil
	}
	return &redaction{made}
}

// of returns an answer as it may be kept. The unredacted answer decides about the delivery
// itself.
func (r *redaction) of(came *answer) *answer {
	if r == nil {
		return came
	}
	kept := *came
	kept.header = came.header.Clone()
	r.Headers(kept.header)
	if r.HidesJSON() && len(came.body) > 0 {
		kept.cut, kept.broken = false, false
		kept.body, kept.known = r.body(came), nil
	}
	return &kept
}

// body returns the redacted body as compact JSON. Encoding it again drops what decoding
// ignored, such as the first of two equal keys. A body that cannot be decoded is hidden as a
// whole.
func (r *redaction) body(came *answer) []byte {
	decoder := json.NewDecoder(bytes.NewReader(came.body))
	decoder.UseNumber()
	var decoded any
	if came.broken || came.read().form < scalarForm || decoder.Decode(&decoded) != nil {
		return []byte(mask.Hidden)
	}
	root, _ := decoded.(map[string]any)
	decisions := decisionsOf(root)
	decoded = r.Value(decoded)
	for key, value := range decisions {
		root[key] = value
	}
	return rawjson.Encode(decoded)
}

// decisionsOf returns the members of an answer that decide about a run. Hiding them would turn
// a fail into a pass.
func decisionsOf(root map[string]any) map[string]any {
	decisions := map[string]any{}
	for _, key := range latch.DecisiveKeys {
		value, given := root[key]
		if given && (latch.Object{key: rawjson.Encode(value)}).Understood(key) == nil {
			decisions[key] = value
		}
	}
	return decisions
}

// quotable returns the part of an answer's body that an error may quote.
func (c *call) quotable(came *answer) string { return cleanText(string(c.redaction.of(came).body)) }
