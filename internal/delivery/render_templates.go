package delivery

import (
	"fmt"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/fields"
)

// A reader of variables reports whether it uses any of the named ones.
type reader interface{ Reads(names ...string) bool }

// templates are the templates of a webhook or a task that are not rendered yet. A rendered
// value replaces its template in the field, so that the code that writes the request reads
// plain fields.
type templates struct {
	left []*fields.Field
	// variables returns the variables of a template.
	variables func(reader) expr.Variables
	// escape escapes the values in a body for its receiver. If nil, they are not escaped.
	escape expr.Escape
}

// templatesIn keeps the templates among the fields that [fields.Detach] has copied for the
// request.
func templatesIn(found []*fields.Field, variables func(reader) expr.Variables, escape expr.Escape) templates {
	left := slices.DeleteFunc(found, func(f *fields.Field) bool { return !f.Role.IsTemplate() })
	return templates{variables: variables, escape: escape, left: left}
}

// fillIn renders the templates of the role. Its error names the first one that fails.
func (t *templates) fillIn(role fields.Role) error {
	return t.fillInThose(func(f *fields.Field) bool { return f.Role == role })
}

// fillInRest renders all remaining templates.
func (t *templates) fillInRest() error {
	return t.fillInThose(func(*fields.Field) bool { return true })
}

func (t *templates) fillInThose(isMeant func(*fields.Field) bool) error {
	var later []*fields.Field
	for _, f := range t.left {
		if !isMeant(f) {
			later = append(later, f)
			continue
		}
		text, err := t.render(f)
		if err != nil {
			return fmt.Errorf("its %s could not be rendered: %w", strings.Replace(f.Path, "headers.", "header ", 1), err)
		}
		f.Set(text)
	}
	t.left = later
	return nil
}

// render renders one template: either text, or JSON whose strings are templates. The JSON
// becomes a form if the body's media type is one.
func (t *templates) render(f *fields.Field) (string, error) {
	var escape expr.Escape
	if f.Role == fields.BodyTemplate {
		escape = t.escape
	}
	compiled, err := expr.CompileField(f)
	if err != nil {
		return "", err
	}
	tree, is := compiled.(*expr.Tree)
	if !is {
		template := compiled.(*expr.Template)
		return template.RenderEscaped(t.variables(template), escape)
	}
	rendered, err := tree.RenderEscaped(t.variables(tree), escape)
	if err == nil && f.Role == fields.BodyTemplate && latch.BodyKindOf(f.MediaType) == latch.BodyForm {
		rendered, err = encodeForm(rendered)
	}
	return string(rendered), err
}
