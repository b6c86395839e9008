package admission

import (
	"mime"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
)

// placeOf says how the values in a body given as text are escaped, by its
// content type, JSON unless given. What is neither JSON nor a form takes them as they are; which
// types are allowed is the shape's matter.
func placeOf(contentType string) expr.Place {
	if contentType == "" {
		contentType = latch.DefaultContentType
	}
	mediaType, _, err := mime.ParseMediaType(contentType)
	switch {
	case err != nil:
		return expr.InText
	case mediaType == "application/json",
		strings.HasPrefix(mediaType, "application/") && strings.HasSuffix(mediaType, "+json"):
		return expr.InJSON
	case mediaType == "application/x-www-form-urlencoded":
		return expr.InForm
	default:
		return expr.InText
	}
}
