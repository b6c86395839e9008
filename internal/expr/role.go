package expr

import (
	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/fields"
)

// uses maps the roles of expressions to their uses.
var uses = map[fields.Role]Use{
	fields.When: When, fields.Success: Success, fields.Result: Result, fields.StopRelease: StopRelease, fields.RollbackRelease: RollbackRelease,
}

// UseOf returns the use of an expression with the role.
func UseOf(role fields.Role) Use { return uses[role] }

// PlaceOf returns the place of a template's values. For a body it depends on the media type.
func PlaceOf(role fields.Role, mediaType string) Place {
	switch role {
	case fields.URLTemplate:
		return InURL
	case fields.HeaderTemplate:
		return InHeader
	case fields.BodyTemplate:
		return InBody(latch.BodyKindOf(mediaType))
	default:
		return InText
	}
}

// A Source is a compiled field of an input.
type Source interface {
	// Uses lists the variables that the field reads.
	Uses() []string
}

// CompileField compiles a field of an input: an expression, a template, or JSON with templates. Its
// error is that of [Compile], [CompileTemplate] or [CompileTree].
func CompileField(f *fields.Field) (Source, error) {
	if f.Role.IsExpression() {
		return Compile(f.Text(), UseOf(f.Role))
	}
	if text, is := f.Template(); is {
		return CompileTemplate(text, PlaceOf(f.Role, f.MediaType))
	}
	return compiledTree(f.Text())
}
