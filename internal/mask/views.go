package mask

import (
	"hash/maphash"
	"html"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maximumDepth is how many times a text may have been escaped for secrets in it
// to be found: JSON in JSON in a form.
const maximumDepth = 3

// A view is a text as decoded by some decoders. at[i] is the position of byte i
// in the original; nil means the view is the original.
type view struct {
	text string
	at   []int32
}

func (v view) origin(index int) int {
	if v.at == nil {
		return index
	}
	return int(v.at[index])
}

// A search visits a text and everything that up to maximumDepth decoders make
// of it. It holds at most one view for each level of depth.
type search struct {
	visit func(view)
	seed  maphash.Seed
	depth map[uint64]int // the minimum depth at which a text was seen
}

func eachView(text string, visit func(view)) {
	if !escapes(text) {
		visit(view{text: text})
		return
	}
	s := &search{visit: visit, seed: maphash.MakeSeed(), depth: map[uint64]int{}}
	s.descend(view{text: text}, 0)
}

// escapes reports whether a decoder could change the text.
func escapes(text string) bool {
	return strings.IndexByte(text, '\\') >= 0 || strings.IndexByte(text, '%') >= 0 || strings.IndexByte(text, '+') >= 0 || strings.IndexByte(text, '&') >= 0
}

func (s *search) descend(current view, depth int) {
	hash := maphash.String(s.seed, current.text)
	met, again := s.depth[hash]
	if again && met <= depth {
		return
	}
	s.depth[hash] = depth
	if !again {
		s.visit(current)
	}
	if depth == maximumDepth {
		return
	}
	for _, decode := range decoders {
		if strings.ContainsAny(current.text, decode.triggers) {
			s.descend(decodeView(current, decode.next), depth+1)
		}
	}
}

// A decoder decodes one escape at the start of a text. It returns the decoded
// text and the length of the escape, 0 if the text does not start with an escape.
type decoder struct {
	triggers string
	next     func(text string) (decoded string, size int)
}

var decoders = []decoder{{`\`, unescapeJSON}, {"%", unescapePercent}, {"%+", unescapeForm}, {"&", unescapeHTML}}

func decodeView(parent view, next func(string) (string, int)) view {
	child := view{at: make([]int32, 0, len(parent.text)+1)}
	var b strings.Builder
	b.Grow(len(parent.text))
	for i := 0; i < len(parent.text); {
		decoded, size := next(parent.text[i:])
		if size == 0 {
			decoded, size = parent.text[i:i+1], 1
		}
		b.WriteString(decoded)
		for range len(decoded) {
			child.at = append(child.at, int32(parent.origin(i)))
		}
		i += size
	}
	child.at = append(child.at, int32(parent.origin(len(parent.text))))
	child.text = b.String()
	return child
}

var simpleEscapes = map[byte]string{'"': `"`, '\\': `\`, '/': "/", '\'': "'", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t"}

// unescapeJSON decodes the escapes of JSON, and the \x41 of other languages.
func unescapeJSON(text string) (string, int) {
	if text[0] != '\\' || len(text) < 2 {
		return "", 0
	}
	if simple, ok := simpleEscapes[text[1]]; ok {
		return simple, 2
	}
	switch text[1] {
	case 'x':
		if code, ok := hexadecimal(text, 2, 2); ok {
			return string([]byte{byte(code)}), 4
		}
	case 'u':
		code, ok := hexadecimal(text, 2, 4)
		if !ok {
			return "", 0
		}
		if utf16.IsSurrogate(rune(code)) && len(text) > 7 && text[6] == '\\' && text[7] == 'u' {
			if low, ok := hexadecimal(text, 8, 4); ok {
				if both := utf16.DecodeRune(rune(code), rune(low)); both != utf8.RuneError {
					return string(both), 12
				}
			}
		}
		return string(rune(code)), 6
	}
	return "", 0
}

func unescapePercent(text string) (string, int) {
	if text[0] == '%' {
		if code, ok := hexadecimal(text, 1, 2); ok {
			return string([]byte{byte(code)}), 3
		}
	}
	return "", 0
}

func unescapeForm(text string) (string, int) {
	if text[0] == '+' {
		return " ", 1
	}
	return unescapePercent(text)
}

// longestEntity bounds the length of an HTML entity.
const longestEntity = 10

func unescapeHTML(text string) (string, int) {
	if text[0] != '&' {
		return "", 0
	}
	end := strings.IndexByte(text[:min(len(text), longestEntity)], ';')
	if end < 0 {
		return "", 0
	}
	if decoded := html.UnescapeString(text[:end+1]); decoded != text[:end+1] {
		return decoded, end + 1
	}
	return "", 0
}

func hexadecimal(text string, from, length int) (uint64, bool) {
	if len(text) < from+length {
		return 0, false
	}
	code, err := strconv.ParseUint(text[from:from+length], 16, 32)
	return code, err == nil
}

// Readings visits a text and everything that the decoders of JSON, URLs, forms
// and HTML make of it, up to three levels deep.
func Readings(text string, visit func(reading string)) {
	eachView(text, func(read view) { visit(read.text) })
}
