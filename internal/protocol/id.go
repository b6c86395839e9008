package protocol

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maximumID is how many bytes Temporal takes as an id.
const maximumID = 1000

// IsID reports whether Temporal accepts the text as the id of a workflow or a
// schedule. Nothing can exist under any other text.
func IsID(text string) bool {
	return text != "" && len(text) <= maximumID && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}
