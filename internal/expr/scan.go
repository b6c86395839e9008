package expr

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// segment is a part of a template: literal text, or one expression.
type segment struct {
	literal    string
	expression *Expression
	offset     int  // of its start in the source, in bytes
	inString   bool // in a JSON template: it is inside a JSON string
	inCDATA    bool // in markup: it is inside a CDATA section

	// In a JSON template: the keys that lead to it, and the text before it in its string.
	keys   []string
	before string
}

// scanner splits a template into literals and expressions.
type scanner struct {
	source string
	json   bool // keep track of JSON strings
	// parse compiles an expression.
	parse func(text string) (*Expression, error)
	parts int

	inString, escaped bool // where in JSON the scanner is
	segments          []segment
	literal           strings.Builder
	literalStart      int
}

// maxErrors bounds the errors reported for one template or tree.
const maxErrors = 20

// scan splits a template and compiles its expressions. errs holds all problems with it.
func scan(source string, json bool) (segments []segment, errs []error) {
	s := &scanner{source: source, json: json, parse: func(text string) (*Expression, error) { return Compile(text, inTemplate) }}
	return s.scan()
}

// scan splits the template. `$${` is matched from the left, so `$$${` is a `$` and a literal `${`.
func (s *scanner) scan() (segments []segment, errs []error) {
	source := s.source
	for i := 0; i < len(source); {
		switch {
		case strings.HasPrefix(source[i:], "$${"):
			s.text(i, "${")
			i += len("$${")
		case strings.HasPrefix(source[i:], "${"):
			end, err := s.expression(i)
			if err != nil {
				errs = append(errs, err)
			}
			if end < 0 || len(errs) >= maxErrors {
				return nil, errs
			}
			i = end
		default:
			next := i + 1
			if dollar := strings.IndexByte(source[next:], '$'); dollar >= 0 {
				next += dollar
			} else {
				next = len(source)
			}
			s.text(i, source[i:next])
			i = next
		}
	}
	s.flush()
	return s.segments, errs
}

// text adds literal text that starts at an offset of the source.
func (s *scanner) text(at int, text string) {
	if s.literal.Len() == 0 {
		s.literalStart = at
	}
	s.literal.WriteString(text)
	for i := range len(text) {
		switch {
		case s.escaped:
			s.escaped = false
		case s.inString && text[i] == '\\':
			s.escaped = true
		case text[i] == '"':
			s.inString = !s.inString
		}
	}
}

func (s *scanner) flush() {
	if s.literal.Len() > 0 {
		s.segments = append(s.segments, segment{literal: s.literal.String(), offset: s.literalStart})
		s.literal.Reset()
	}
}

// expression reads the `${…}` that starts at an offset and returns its end, or -1 if it has none.
func (s *scanner) expression(at int) (end int, err error) {
	s.flush()
	start := at + len("${")
	text, length, offsets, ok := s.body(start)
	if !ok {
		return -1, errorAt(s.source, at, "this ${ has no closing }; write $${ for a literal ${")
	}
	end = start + length + len("}")
	if s.json && s.escaped {
		return end, errorAt(s.source, at, "an expression cannot follow a backslash in a JSON string")
	}
	if s.parts += Parts(text); s.parts > MaxParts {
		return -1, tooManyParts(s.source, s.parts)
	}
	compiled, err := s.parse(text)
	if err != nil {
		return end, s.relocate(err.(*CompileError), start, offsets)
	}
	s.segments = append(s.segments, segment{expression: compiled, offset: at, inString: s.json && s.inString})
	return end, nil
}

// body reads an expression up to its closing brace. Inside a JSON string, the expression may be
// written with JSON's escapes: ${job[\"title\"]}. It is if it has a backslash outside of its own
// strings, because CEL has none there. The expression is then unescaped first, and offsets maps
// each of its bytes to its offset in the source, counted from start.
func (s *scanner) body(start int) (text string, length int, offsets []int, ok bool) {
	rest := s.source[start:]
	end, backslash := closingBrace(rest)
	if !backslash || !s.json || !s.inString {
		if end < 0 {
			return "", 0, nil, false
		}
		return rest[:end], end, nil, true
	}
	for window := 256; ; window *= 4 { // bounds the work if one string has many expressions
		window = min(window, len(rest))
		text, offsets = unescapeJSON(rest[:window])
		if end, _ = closingBrace(text); end >= 0 {
			return text[:end], offsets[end], offsets, true
		}
		if offsets[len(offsets)-1] < window || window == len(rest) { // the end of the string was found
			return "", 0, nil, false
		}
	}
}

// tooManyParts is the error for a source with too much to compile; parts is the count so far.
func tooManyParts(source string, parts int) *CompileError {
	return &CompileError{Source: source, Message: fmt.Sprintf("its expressions have %d names, literals and operators or more; the limit is %d", parts, MaxParts), cause: ErrTooLarge}
}

// relocate converts the position of an error in an expression to one in the template.
func (s *scanner) relocate(err *CompileError, start int, offsets []int) error {
	at := 0
	if err.Line > 0 {
		at = offsetOf(err.Source, err.Line, err.Column)
	}
	if offsets != nil {
		at = offsets[min(at, len(offsets)-1)]
	}
	moved := errorAt(s.source, start+at, err.Message)
	moved.cause = err.cause
	return moved
}

// closingBrace returns the offset of the brace that ends an expression, or -1. It ignores braces in
// strings and comments. At the first backslash outside of a string it stops and returns backslash
// true.
func closingBrace(s string) (end int, backslash bool) {
	depth := 0
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '\\':
			return -1, true
		case c == '"' || c == '\'':
			i = stringEnd(s, i)
			continue
		case c == '/' && strings.HasPrefix(s[i:], "//"):
			newline := strings.IndexByte(s[i:], '\n')
			if newline < 0 {
				return -1, false
			}
			i += newline
		case c == '{':
			depth++
		case c == '}':
			if depth == 0 {
				return i, false
			}
			depth--
		}
		i++
	}
	return -1, false
}

// stringEnd returns the offset after the CEL string whose quote is at start: single or double,
// tripled or not, raw or not. An unterminated string ends with its line, or with the text if it is
// tripled; the compiler reports the error.
func stringEnd(s string, start int) int {
	quote := s[start : start+1]
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(s[start:], triple) {
		quote = triple
	}
	raw := isRaw(s[:start])
	for i := start + len(quote); i < len(s); {
		switch {
		case strings.HasPrefix(s[i:], quote):
			return i + len(quote)
		case s[i] == '\\' && !raw:
			i += 2
		case s[i] == '\n' && len(quote) == 1:
			return i
		default:
			i++
		}
	}
	return len(s)
}

// isRaw reports whether the text before a quote makes it a raw string: r, or r and b.
func isRaw(before string) bool {
	prefix := len(before)
	for prefix > 0 && isIdentifier(before[prefix-1]) {
		prefix--
	}
	switch strings.ToLower(before[prefix:]) {
	case "r", "rb", "br":
		return true
	}
	return false
}

func isIdentifier(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// unescapeJSON decodes the content of a JSON string up to its closing quote. offsets holds the
// offset in s of each byte of text, and of the end.
func unescapeJSON(s string) (text string, offsets []int) {
	var out []byte
	i := 0
	for i < len(s) && s[i] != '"' {
		r, size := utf8.DecodeRuneInString(s[i:])
		if s[i] == '\\' {
			r, size = unescapeOne(s[i:])
		}
		before := len(out)
		out = utf8.AppendRune(out, r)
		for range len(out) - before {
			offsets = append(offsets, i)
		}
		i += size
	}
	return string(out), append(offsets, i)
}

// unescapeOne decodes one escape of a JSON string. A backslash without a valid escape stands for
// itself.
func unescapeOne(s string) (r rune, size int) {
	if len(s) < 2 {
		return '\\', 1
	}
	switch s[1] {
	case '"', '\\', '/':
		return rune(s[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		first, ok := hex4(s)
		if !ok {
			return '\\', 1
		}
		if second, ok := hex4(s[6:]); ok && utf16.IsSurrogate(first) {
			if pair := utf16.DecodeRune(first, second); pair != utf8.RuneError {
				return pair, 12
			}
		}
		return first, 6
	}
	return '\\', 1
}

func hex4(s string) (rune, bool) {
	if len(s) < 6 || s[:2] != `\u` {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 32)
	return rune(n), err == nil
}

// errorAt returns a CompileError at an offset of a template.
func errorAt(source string, offset int, message string) *CompileError {
	before := source[:min(offset, len(source))]
	line := 1 + strings.Count(before, "\n")
	column := 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	return &CompileError{Source: source, Line: line, Column: column, Message: message}
}

// offsetOf returns the offset of a line and column, which count from 1.
func offsetOf(source string, line, column int) int {
	offset := 0
	for ; line > 1; line-- {
		newline := strings.IndexByte(source[offset:], '\n')
		if newline < 0 {
			return len(source)
		}
		offset += newline + 1
	}
	for ; column > 1 && offset < len(source); column-- {
		_, size := utf8.DecodeRuneInString(source[offset:])
		offset += size
	}
	return offset
}
