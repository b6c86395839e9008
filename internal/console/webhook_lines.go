package console

import (
	"regexp"
	"strings"

	"github.com/latch-run/latch/internal/console/piece"
)

// A browser shows every line end of a text as one, and sends CRLF for each. So a
// form says nothing of line ends: of a text that is otherwise as it was, they stay
// as they were, and any other is kept with LF.

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// placeOfEvent is the part of a field's name that says of which event it is.
var placeOfEvent = regexp.MustCompile(`^event-\d+-`)

// keepLineEnds gives each text that differs from that of the stored webhook by line
// ends alone the stored ones. An event may have another place there.
func (d *hookDraft) keepLineEnds(stored *hookDraft) {
	kept := map[[2]string]string{}
	for name, values := range stored.Values {
		if text := values[0]; strings.Contains(text, "\r") {
			kept[[2]string{placeOfEvent.ReplaceAllString(name, "event--"), lineEnds.Replace(text)}] = text
		}
	}
	for name := range d.Values {
		if text, found := kept[[2]string{placeOfEvent.ReplaceAllString(name, "event--"), d.Get(name)}]; found {
			d.Set(name, text)
		}
	}
}

// showLines gives each text of several lines a field of several, since one of a
// single line would lose the line ends.
func showLines(groups []piece.Group) {
	for i := range groups {
		for j := range groups[i].Fields {
			if field := &groups[i].Fields[j]; field.Kind == "" && strings.ContainsAny(field.Value, "\r\n") {
				field.Kind = piece.KindLines
			}
		}
	}
}
