package expr

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Place says where a template's values are inserted, which determines how they are escaped
// (contract, "Templates").
type Place int

const (
	// InText inserts values unchanged.
	InText Place = iota
	// InHeader inserts values unchanged; a control character other than tab is an error.
	InHeader
	// InURL percent-encodes values. They may be in the path, query or fragment. A value that is the
	// whole template is a complete URL and stays unchanged. A path segment that becomes "." or ".."
	// is an error.
	InURL
	// InForm percent-encodes values as application/x-www-form-urlencoded.
	InForm
	// InJSON encodes values as JSON: within a string as its content, elsewhere as a value with its
	// type. An expression in a JSON string is written without JSON's escapes; if it has them,
	// ${job[\"title\"]}, they are decoded first. The result is valid JSON.
	InJSON
	// InMarkup escapes values for XML and HTML, in text and in attribute values. A value that is
	// the whole template is a complete document and stays unchanged.
	InMarkup
)

// String returns the name of the place for error messages.
func (p Place) String() string {
	return [...]string{InText: "text", InHeader: "a header", InURL: "a URL", InForm: "a form", InJSON: "JSON", InMarkup: "markup"}[p]
}

// Template is a compiled text with ${…} expressions. It is immutable and safe for concurrent use.
type Template struct {
	source   string
	place    Place
	segments []segment
	uses     []string
	static   bool   // it has no expression
	text     string // what it renders then
	parts    int    // of its expressions, as Parts counts them
}

// CompileTemplate compiles a template for a place. Recently compiled templates are cached, so that
// compiling them again is cheap. The error is a [*CompileError], or several joined; their positions
// count in the whole template.
func CompileTemplate(source string, place Place) (*Template, error) {
	return compiledTemplates.orCompile(templateKey{place, source}, len(source), func() (*Template, error) { return compileTemplate(source, place) })
}

func compileTemplate(source string, place Place) (*Template, error) {
	switch {
	case len(source) > MaxTemplate:
		return nil, &CompileError{Source: source, Message: fmt.Sprintf("the template is over %d KiB", MaxTemplate>>10), cause: ErrTooLarge}
	case !utf8.ValidString(source):
		return nil, &CompileError{Source: source, Message: "the template is not UTF-8"}
	}
	segments, errs := scan(source, place == InJSON)
	if len(errs) == 0 {
		errs = checkPlace(source, segments, place)
	}
	switch len(errs) {
	case 0:
		switch place {
		case InMarkup:
			markCDATA(segments)
		case InJSON:
			markKeys(segments)
		}
		t := &Template{source: source, place: place, segments: segments, uses: usesOfSegments(segments), parts: partsOfSegments(segments)}
		t.text, t.static = staticText(segments)
		return t, nil
	case 1:
		return nil, errs[0]
	default:
		return nil, errors.Join(errs...)
	}
}

// checkPlace rejects a template that is invalid for its place whatever its values are.
func checkPlace(source string, segments []segment, place Place) []error {
	switch place {
	case InHeader:
		return checkHeader(source, segments)
	case InURL:
		return checkURL(source, segments)
	case InForm:
		return checkPercent(source, segments)
	case InJSON:
		return checkJSON(source, segments)
	default:
		return nil
	}
}

// staticText returns the text of segments without an expression.
func staticText(segments []segment) (text string, static bool) {
	var b strings.Builder
	for _, s := range segments {
		if s.expression != nil {
			return "", false
		}
		b.WriteString(s.literal)
	}
	return b.String(), true
}

func usesOfSegments(segments []segment) []string {
	var uses []string
	for _, s := range segments {
		if s.expression != nil {
			uses = append(uses, s.expression.uses...)
		}
	}
	return unique(uses)
}

func partsOfSegments(segments []segment) int {
	parts := 0
	for _, s := range segments {
		if s.expression != nil {
			parts += Parts(s.expression.source)
		}
	}
	return parts
}

// Expressions lists the template's expressions, in order.
func (t *Template) Expressions() []*Expression {
	var expressions []*Expression
	for _, s := range t.segments {
		if s.expression != nil {
			expressions = append(expressions, s.expression)
		}
	}
	return expressions
}

// Source returns the template as written.
func (t *Template) Source() string { return t.source }

// Uses lists the root variables that the template refers to, sorted.
func (t *Template) Uses() []string { return slices.Clone(t.uses) }

// Reads reports whether the template refers to any of these root variables.
func (t *Template) Reads(names ...string) bool { return reads(t.uses, names) }

func reads(uses, names []string) bool {
	return slices.ContainsFunc(uses, func(use string) bool { return slices.Contains(names, use) })
}

// Static reports whether the template has no expression. Render then returns its text, with $${
// resolved, whatever the variables.
func (t *Template) Static() bool { return t.static }

// single returns the expression that is the whole template, or nil.
func (t *Template) single() *Expression {
	if len(t.segments) == 1 {
		return t.segments[0].expression
	}
	return nil
}

// Render returns the text with each expression replaced by its value. The error is an [*EvalError].
func (t *Template) Render(vars Variables) (string, error) {
	return t.RenderEscaped(vars, nil)
}

// usualValues is the room reserved for the values of a template, in bytes.
const usualValues = 64

func (t *Template) render(s *scope) (string, error) {
	out := make([]byte, 0, len(t.source)+usualValues)
	var spans []span
	for _, part := range t.segments {
		if part.expression == nil {
			out = append(out, part.literal...)
		} else {
			start := len(out)
			var err error
			if out, err = t.insert(out, part, s); err != nil {
				return "", evalError(part.expression.source, err)
			}
			if t.place == InURL {
				spans = append(spans, span{start, len(out), part.expression})
			}
		}
		if len(out) > MaxOutput {
			return "", evalError(t.source, outputTooLarge(MaxOutput))
		}
	}
	text := string(out)
	if err := t.checkRendered(text, spans); err != nil {
		return "", err
	}
	return text, nil
}

// appendString appends the text of a template as a JSON string. keys lead to the string.
func (t *Template) appendString(out []byte, keys []string, s *scope) ([]byte, error) {
	out = append(out, '"')
	size, before := 0, ""
	for _, part := range t.segments {
		text := part.literal
		if part.expression != nil {
			var err error
			if text, err = part.expression.text(s); err != nil {
				return nil, err
			}
			text = s.escaped(keys, before, text)
		}
		before = part.literal
		if size += len(text); size > MaxOutput {
			return nil, evalError(t.source, outputTooLarge(MaxOutput))
		}
		out = appendEscaped(out, text)
	}
	return append(out, '"'), nil
}

// span is the position of an expression's value in the rendered text.
type span struct {
	start, end int
	expression *Expression
}

// checkRendered rejects a result that is invalid because of its values.
func (t *Template) checkRendered(text string, spans []span) error {
	switch {
	case t.place == InURL && len(t.segments) > 1: // checked before by checkURL
		return checkDots(text, spans)
	case t.place == InJSON:
		return t.checkRenderedJSON(text)
	default:
		return nil
	}
}

// insert appends an expression's value, escaped for its place.
func (t *Template) insert(out []byte, part segment, s *scope) ([]byte, error) {
	if t.place == InJSON && !part.inString {
		return s.appendEscapedJSON(out, part.keys, part.expression)
	}
	text, err := part.expression.text(s)
	if err != nil {
		return nil, err
	}
	switch t.place {
	case InHeader:
		if err := checkHeaderValue(text); err != nil {
			return nil, err
		}
	case InURL:
		if t.single() == nil {
			return appendURL(out, text), nil
		}
	case InForm:
		return appendForm(out, text), nil
	case InMarkup:
		if t.single() == nil {
			return appendMarkup(out, text, part.inCDATA), nil
		}
	case InJSON:
		return appendEscaped(out, s.escaped(part.keys, part.before, text)), nil
	}
	return append(out, text...), nil
}
