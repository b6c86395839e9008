package expr

import (
	"fmt"
	"strings"
)

// isControl reports whether a character is not allowed in a header value (RFC
// 9110, section 5.5).
func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// checkHeader rejects control characters in the literal text of a header.
func checkHeader(source string, segments []segment) []error {
	for _, s := range segments {
		if i := strings.IndexFunc(s.literal, isControl); i >= 0 {
			at := strings.IndexFunc(source[s.offset:], isControl)
			return []error{errorAt(source, s.offset+at, fmt.Sprintf("a header cannot have the character %q", s.literal[i]))}
		}
	}
	return nil
}

func checkHeaderValue(text string) error {
	if i := strings.IndexFunc(text, isControl); i >= 0 {
		return fmt.Errorf("its value has the character %q, which a header cannot have", text[i])
	}
	return nil
}
