package expr

import (
	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/fields"
)

// uses are the expressions among the roles.
var uses = map[fields.Role]Use{
	fields.When: When, fields.Success: Success, fields.Result: Result, fields.StopRelease: StopRelease, fields.RollbackRelease: RollbackRelease,
}

// UseOf returns what an expression of the role is for.
func UseOf(role fields.Role) Use { return uses[role] }

// PlaceOf returns where the values of a template stand, which the media type says of a body.
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

// A Source is an input's field, compiled.
type Source interface {
	// Uses lists the variables that the field looks at.
	Uses() []string
}

// CompileField compiles an input's field: an expression, a template, or JSON with templates. Its error is
// that of [Compile], [CompileTemplate] or [CompileTree].
func CompileField(f *fields.Field) (Source, error) {
	if f.Role.IsExpression() {
		return Compile(f.Text(), UseOf(f.Role))
	}
	if text, is := f.Template(); is {
		return CompileTemplate(text, PlaceOf(f.Role, f.MediaType))
	}
	return compiledTree(f.Text())
}
