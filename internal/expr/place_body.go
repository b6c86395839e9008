package expr

import "github.com/latch-run/latch"

// InBody returns the place of the values in a body that is given as text. What
// is neither JSON nor a form nor markup takes them as they are; which types a
// body may have is the shape's matter.
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
