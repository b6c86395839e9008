package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// Two people may edit the same thing. Whoever reads it gets an ETag with it, and
// sends that back as If-Match: where it was changed since, the second is refused,
// with what it has become.

// ETag returns the entity tag of what a caller is shown: a digest of its JSON,
// from which credentials are hidden already.
func ETag(shown any) string {
	encoded, err := json.Marshal(shown)
	if err != nil {
		return "" // what is shown encodes
	}
	sum := sha256.Sum256(encoded)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

// CheckMatch refuses a change by the header If-Match (RFC 9110), where that names
// other versions than the current one. Without the header everything matches.
func CheckMatch(ifMatch string, current any) error {
	if ifMatch == "" || ifMatch == "*" {
		return nil
	}
	tags := strings.Split(ifMatch, ",")
	if tag := ETag(current); slices.ContainsFunc(tags, func(each string) bool { return strings.TrimSpace(each) == tag }) {
		return nil
	}
	p := NewProblem(http.StatusPreconditionFailed, "It was changed since you read it. \"current\" is what it has become.")
	p.Current, _ = json.Marshal(current) // it has just been encoded
	return p
}

// CheckGone refuses a change by the header If-Match of what is no longer there.
func CheckGone(ifMatch string) error {
	if ifMatch == "" {
		return nil
	}
	return NewProblem(http.StatusPreconditionFailed, "It was deleted since you read it. Without If-Match, PUT makes it again.")
}
