package recordsize

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/latch-run/latch"
)

// An objectSize adds up how many bytes [json.Marshal] makes of an object, member by member. It
// is at first the opening brace; each member comes with the comma or the brace that follows.
type objectSize int

func newObjectSize() objectSize { return 1 }

func (o objectSize) size() int { return max(int(o), len("{}")) }

func (o *objectSize) member(name string, size int) {
	*o += objectSize(textSize(name) + len(":") + size + len(","))
}

func (o *objectSize) text(name, value string) { o.member(name, textSize(value)) }

func (o *objectSize) optionalText(name, value string) {
	if value != "" {
		o.text(name, value)
	}
}

func (o *objectSize) number(name string, value int64) {
	var digits [20]byte
	o.member(name, len(strconv.AppendInt(digits[:0], value, 10)))
}

func (o *objectSize) optionalNumber(name string, value int64) {
	if value != 0 {
		o.number(name, value)
	}
}

func (o *objectSize) flag(name string, value bool) {
	if value {
		o.member(name, len("true"))
	}
}

// time is for a time of the years 0 to 9999, as all are that JSON has.
func (o *objectSize) time(name string) {
	o.member(name, len(`"2006-01-02T15:04:05.000Z"`))
}

func (o *objectSize) optionalTime(name string, value latch.Time) {
	if !value.IsZero() {
		o.time(name)
	}
}

// optionalDecimal is for a number that encoding/json writes without an exponent, as it does from
// 1e-6 to 1e21.
func (o *objectSize) optionalDecimal(name string, value float64) {
	if value == 0 {
		return
	}
	if value < 1e-6 || value >= 1e21 {
		o.encoded(name, value)
		return
	}
	var digits [32]byte
	o.member(name, len(strconv.AppendFloat(digits[:0], value, 'f', -1, 64)))
}

// encoded is for what is rare or small enough to be encoded.
func (o *objectSize) encoded(name string, value any) { o.member(name, encodedSize(value)) }

func encodedSize(value any) int {
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("latch: part of a record: %v", err)) // every part was decoded from JSON
	}
	return len(encoded)
}

// rawSize returns the size of JSON. encoding/json compacts it, and escapes what HTML or JavaScript
// would misread.
func rawSize(value json.RawMessage) int {
	if value == nil {
		return len("null")
	}
	stays := func(c byte) bool { return c > ' ' && c < utf8.RuneSelf && c != '<' && c != '>' && c != '&' }
	for _, c := range value {
		if !stays(c) {
			return encodedSize(value)
		}
	}
	return len(value)
}

// listSize returns the size of a list that is not empty.
func listSize[T any](list []T, size func(*T) int) int {
	total := len("[")
	for i := range list {
		total += size(&list[i]) + len(",")
	}
	return total
}

// escaped is the length of an escape such as \u003c, and of \n for what has a short one.
const (
	escaped        = len(`\u003c`)
	shortlyEscaped = len(`\n`)
)

// sizes are those of the ASCII characters in a text. encoding/json escapes what HTML would
// misread, too.
var sizes = func() (sizes [utf8.RuneSelf]uint8) {
	for c := range sizes {
		switch {
		case strings.ContainsRune("\"\\\b\f\n\r\t", rune(c)):
			sizes[c] = uint8(shortlyEscaped)
		case c < ' ', strings.ContainsRune("<>&", rune(c)):
			sizes[c] = uint8(escaped)
		default:
			sizes[c] = 1
		}
	}
	return sizes
}()

// textSize returns the size of a text with its quotes. Of what is not ASCII, encoding/json
// escapes what is no character, and what JavaScript takes for the end of a line.
func textSize(text string) int {
	size := len(`""`)
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			size += int(sizes[c])
			i++
			continue
		}
		r, width := utf8.DecodeRuneInString(text[i:])
		i += width
		if r == utf8.RuneError && width == 1 || r == '\u2028' || r == '\u2029' {
			width = escaped
		}
		size += width
	}
	return size
}
