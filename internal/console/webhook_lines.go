package console

import (
	"regexp"
	"strings"

	"github.com/latch-run/latch/internal/console/piece"
)

// Browsers send CRLF for every line end of a text field, so a form does not
// preserve line ends. A text that is otherwise unchanged keeps its stored line
// ends; any other is saved with LF.

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// placeOfEvent matches the part of a field's name that says which event it
// belongs to.
var placeOfEvent = regexp.MustCompile(`^event-\d+-`)

// keepLineEnds restores the stored text of each field that differs from it only
// in line ends. An event may have moved to another position.
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

// showLines makes every field whose text has several lines a multi-line field,
// because a single-line field would lose the line ends.
func showLines(groups []piece.Group) {
	for i := range groups {
		for j := range groups[i].Fields {
			if field := &groups[i].Fields[j]; field.Kind == "" && strings.ContainsAny(field.Value, "\r\n") {
				field.Kind = piece.KindLines
			}
		}
	}
}
