package expr

import "github.com/latch-run/latch"

// InBody returns the place of values in a body given as text. A body that is
// not JSON, a form or markup takes them unchanged. Which media types a body may
// have is checked elsewhere.
func InBody(kind latch.BodyKind) Place {
	switch kind {
	case latch.BodyJSON:
		return InJSON
	case latch.BodyForm:
		return InForm
	case latch.BodyMarkup:
		return InMarkup
	default:
		return InText
	}
}
