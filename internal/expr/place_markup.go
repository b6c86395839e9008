package expr

import (
	"bytes"
	"encoding/xml"
	"strings"
)

// The delimiters of a CDATA section, in which text is not escaped.
const (
	beginsCDATA = "<![CDATA["
	endsCDATA   = "]]>"
)

// markCDATA records for each expression whether it is inside a CDATA section.
func markCDATA(segments []segment) {
	inside := false
	for i, s := range segments {
		if s.expression != nil {
			segments[i].inCDATA = inside
			continue
		}
		rest := s.literal
		for {
			delimiter := beginsCDATA
			if inside {
				delimiter = endsCDATA
			}
			_, after, found := strings.Cut(rest, delimiter)
			if !found {
				break
			}
			rest, inside = after, !inside
		}
	}
}

// appendMarkup escapes a value for XML and HTML, as text and as the value of an
// attribute. A character that XML does not allow becomes U+FFFD. Nothing can be
// escaped in a CDATA section, so there each "]]>" is split between two
// sections.
func appendMarkup(out []byte, text string, inCDATA bool) []byte {
	if inCDATA {
		text = strings.Map(xmlCharacter, text)
		return append(out, strings.ReplaceAll(text, endsCDATA, "]]"+endsCDATA+beginsCDATA+">")...)
	}
	var escaped bytes.Buffer
	_ = xml.EscapeText(&escaped, []byte(text)) // a bytes.Buffer never fails
	return append(out, escaped.Bytes()...)
}

// xmlCharacter returns the character, or U+FFFD if XML does not allow it (XML
// 1.0, production 2).
func xmlCharacter(r rune) rune {
	if r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 {
		return r
	}
	return '\ufffd'
}
