package expr

import (
	"bytes"
	"encoding/xml"
	"strings"
)

// The ends of a section of XML whose text is taken as it is.
const (
	beginsCDATA = "<![CDATA["
	endsCDATA   = "]]>"
)

// markCDATA notes of each expression whether the text before it has opened a
// CDATA section.
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

// appendMarkup escapes a value for XML and HTML, as text and as the value of
// an attribute. A character that XML does not have becomes U+FFFD. In a CDATA
// section, where nothing can be escaped, the section is ended and begun anew
// within each "]]>".
func appendMarkup(out []byte, text string, inCDATA bool) []byte {
	if inCDATA {
		text = strings.Map(xmlCharacter, text)
		return append(out, strings.ReplaceAll(text, endsCDATA, "]]"+endsCDATA+beginsCDATA+">")...)
	}
	var escaped bytes.Buffer
	_ = xml.EscapeText(&escaped, []byte(text)) // a bytes.Buffer takes everything
	return append(out, escaped.Bytes()...)
}

// xmlCharacter returns the character, or U+FFFD for one that XML does not have
// (XML 1.0, production 2).
func xmlCharacter(r rune) rune {
	if r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 {
		return r
	}
	return '\ufffd'
}
