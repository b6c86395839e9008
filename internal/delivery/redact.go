package delivery

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/mask"
	"github.com/latch-run/latch/internal/rawjson"
)

// A redaction hides parts of answers before a record keeps them; nil hides
// nothing.
type redaction struct {
	// headers are names in lower case, cut at each *.
	headers [][]string
	// paths are JSON Pointers, cut into their parts.
	paths [][]string
}

// wildcard is the part of a pointer that stands for every member or element.
const wildcard = "*"

// checkRedaction tells all that is wrong with what the worker redacts.
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

// redactionOf returns what the worker and the webhook hide together.
func (s *Sender) redactionOf(own *latch.Redaction) *redaction {
	var made redaction
	made.add(s.redact)
	if own != nil {
		made.add(*own)
	}
	if len(made.headers) == 0 && len(made.paths) == 0 {
		return nil
	}
	return &redaction{made.headers, made.paths}
}

// pointerEscapes reads a part of a JSON Pointer (RFC 6901, section 4).
var pointerEscapes = strings.NewReplacer("~1", "/", "~0", "~")

func (r *redaction) add(more latch.Redaction) {
	for _, header := range more.Headers {
		r.headers = append(r.headers, strings.Split(strings.ToLower(header), wildcard))
	}
	for _, pointer := range more.JSON {
		parts := strings.Split(pointer, "/")[1:]
		for i := range parts {
			parts[i] = pointerEscapes.Replace(parts[i])
		}
		r.paths = append(r.paths, parts)
	}
}

// of returns an answer as it may be kept. What decides about the delivery itself
// is the answer as it came.
func (r *redaction) of(came *answer) *answer {
	if r == nil {
		return came
	}
	kept := *came
	kept.header = r.header(came.header)
	if len(r.paths) > 0 && len(came.body) > 0 {
		kept.cut, kept.broken = false, false
		kept.body, kept.known = r.body(came), nil
	}
	return &kept
}

func (r *redaction) header(came http.Header) http.Header {
	kept := came.Clone()
	for name := range kept {
		if slices.ContainsFunc(r.headers, func(pattern []string) bool { return matches(pattern, strings.ToLower(name)) }) {
			kept[name] = []string{mask.Hidden}
		}
	}
	return kept
}

// matches reports whether a text is the pattern's pieces in their order, with any
// characters between them.
func matches(pieces []string, text string) bool {
	last := len(pieces) - 1
	if last == 0 {
		return text == pieces[0]
	}
	text, begins := strings.CutPrefix(text, pieces[0])
	if !begins {
		return false
	}
	for _, piece := range pieces[1:last] {
		_, rest, found := strings.Cut(text, piece)
		if !found {
			return false
		}
		text = rest
	}
	return strings.HasSuffix(text, pieces[last])
}

// body returns the body as compact JSON: written anew, it holds nothing that was
// not looked at, such as a key that stands there twice. What cannot be looked
// through is hidden as a whole.
func (r *redaction) body(came *answer) []byte {
	decoder := json.NewDecoder(bytes.NewReader(came.body))
	decoder.UseNumber()
	var decoded any
	if came.broken || came.read().form < scalarForm || decoder.Decode(&decoded) != nil {
		return []byte(mask.Hidden)
	}
	root, _ := decoded.(map[string]any)
	decisions := decisionsOf(root)
	for _, path := range r.paths {
		decoded = redacted(decoded, path)
	}
	for key, value := range decisions {
		root[key] = value
	}
	return rawjson.Encode(decoded)
}

// decisionsOf returns what of an answer decides about a run: to hide it would
// make a pass of a fail.
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

// redacted hides what a path leads to.
func redacted(value any, path []string) any {
	if len(path) == 0 {
		return mask.Hidden
	}
	part, rest := path[0], path[1:]
	switch value := value.(type) {
	case map[string]any:
		for key, member := range value {
			if part == wildcard || part == key {
				value[key] = redacted(member, rest)
			}
		}
	case []any:
		for i, element := range value {
			if part == wildcard || part == strconv.Itoa(i) {
				value[i] = redacted(element, rest)
			}
		}
	}
	return value
}

// quotable returns the part of an answer's body that an error may quote from.
func (c *call) quotable(came *answer) string { return cleanText(string(c.redaction.of(came).body)) }
