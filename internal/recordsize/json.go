package workflows

import (
	"encoding/json"
	"fmt"
	"strconv"
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

// encoded is for what is rare or small enough to be encoded.
func (o *objectSize) encoded(name string, value any) {
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("latch: %s of a record: %v", name, err)) // every part was decoded from JSON
	}
	o.member(name, len(encoded))
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

// textSize returns the size of a text with its quotes. encoding/json escapes what HTML or
// JavaScript would misread, too.
func textSize(text string) int {
	size := len(`""`) + len(text)
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c == '"', c == '\\', c == '\b', c == '\f', c == '\n', c == '\r', c == '\t':
				size += shortlyEscaped - 1
			case c < ' ', c == '<', c == '>', c == '&':
				size += escaped - 1
			}
			continue
		}
		r, width := utf8.DecodeRuneInString(text[i:])
		i += width
		if r == utf8.RuneError && width == 1 || r == '\u2028' || r == '\u2029' {
			size += escaped - width
		}
	}
	return size
}
