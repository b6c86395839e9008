package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// Two people may edit the same object. Reading it returns an ETag, which the
// client sends back as If-Match. If the object has changed since, the API
// rejects the second change and returns the current object.

// ETag returns the entity tag of what a caller is shown: a digest of its JSON,
// in which credentials are already hidden.
func ETag(shown any) string {
	encoded, err := json.Marshal(shown)
	if err != nil {
		return "" // shown values always encode
	}
	sum := sha256.Sum256(encoded)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

// CheckMatch rejects a change whose If-Match header (RFC 9110) does not match
// the current version. Without the header, everything matches.
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

// CheckGone rejects a change with an If-Match header to an object that no
// longer exists.
func CheckGone(ifMatch string) error {
	if ifMatch == "" {
		return nil
	}
	return NewProblem(http.StatusPreconditionFailed, "It was deleted since you read it. Without If-Match, PUT makes it again.")
}
