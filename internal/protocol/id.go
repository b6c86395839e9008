package protocol

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maximumID is how many bytes Temporal takes as an id.
const maximumID = 1000

// IsID reports whether Temporal can be asked for what bears the id: a workflow, a
// schedule. What is none cannot be there.
func IsID(text string) bool {
	return text != "" && len(text) <= maximumID && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}
