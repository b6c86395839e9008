package latch

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/http/httpguts"
)

// A Redaction says which parts of an endpoint's answer no record keeps (contract, "Webhook").
// Matching parts become *** before anything leaves the worker's memory. Result, decisions and
// templates see the redacted answer; only a webhook's success sees the original.
type Redaction struct {
	// Headers are names of headers, in any case of letters. * stands for any characters, as in
	// X-Internal-*.
	Headers []string `json:"headers,omitempty" latch:"plain"`
	// JSON are JSON Pointers (RFC 6901), because keys may contain dots. A part that is * stands
	// for every member or element, as in /customers/*/email. Their targets are hidden in body
	// and data, except for a decision: true, false, "pass" or "fail" in result, stop_release
	// and rollback_release. The body is then kept as compact JSON, or not at all if it is not
	// complete JSON.
	JSON []string `json:"json,omitempty" latch:"plain"`
}

// These are the bounds of a redaction.
const (
	maximumRedactions     = 100
	maximumRedactionBytes = 512
)

// jsonPointer matches RFC 6901's pointers, except the empty one.
var jsonPointer = regexp.MustCompile(`^(/([^/~]|~[01])*)+$`)

// Validate returns all problems of the redaction. It accepts nil.
func (r *Redaction) Validate() Problems {
	var problems Problems
	r.validate(&problems, "")
	return problems
}

func (r *Redaction) validate(problems *Problems, path string) {
	if r == nil {
		return
	}
	if path != "" && len(r.Headers) == 0 && len(r.JSON) == 0 {
		problems.Addf(path, "give headers, json or both")
	}
	r.validateList(problems, field(path, "headers"), r.Headers, func(at, name string) {
		if !httpguts.ValidHeaderFieldName(name) {
			problems.Addf(at, "%q is not the name of an HTTP header; * stands for any characters, as in X-Internal-*", name)
		}
	})
	r.validateList(problems, field(path, "json"), r.JSON, func(at, pointer string) {
		switch {
		case !utf8.ValidString(pointer):
			problems.Addf(at, "%q is not UTF-8", pointer)
		case !jsonPointer.MatchString(pointer):
			problems.Addf(at, "%q is not a JSON Pointer (RFC 6901) such as %s; a part that is * stands for every member or element", pointer, pointerFor(pointer))
		}
	})
}

func (r *Redaction) validateList(problems *Problems, path string, entries []string, check func(at, entry string)) {
	if len(entries) > maximumRedactions {
		problems.Addf(path, "there are %d; the limit is %d", len(entries), maximumRedactions)
		return
	}
	for i, entry := range entries {
		at := element(path, i)
		if len(entry) > maximumRedactionBytes {
			problems.Addf(at, "has %d bytes; the limit is %d", len(entry), maximumRedactionBytes)
			continue
		}
		check(at, entry)
	}
}

// pointerFor returns the pointer that a path in another notation may mean.
func pointerFor(path string) string {
	plain := strings.TrimPrefix(strings.TrimPrefix(path, "$"), ".")
	pointer := "/" + strings.NewReplacer("[*]", "/*", "[", "/", "]", "", ".", "/").Replace(plain)
	if plain == "" || !utf8.ValidString(pointer) || !jsonPointer.MatchString(pointer) {
		return "/customer/email"
	}
	return pointer
}
