package protocol

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maximumID is the largest size of an id that Temporal accepts, in bytes.
const maximumID = 1000

// IsID reports whether Temporal accepts the text as the id of a workflow or a schedule.
func IsID(text string) bool {
	return text != "" && len(text) <= maximumID && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

// RunOfLock returns the workflow id in a lock's token, <workflow id>:<webhook id>:<random>, and
// whether the text is such a token. It reads from the right, because a workflow id may contain
// colons.
func RunOfLock(token string) (workflowID string, is bool) {
	if random := strings.LastIndexByte(token, ':'); random > 0 && random < len(token)-1 {
		if webhook := strings.LastIndexByte(token[:random], ':'); webhook > 0 && webhook < random-1 && IsID(token[:webhook]) {
			return token[:webhook], true
		}
	}
	return "", false
}
