package delivery

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/mask"
)

// maximumJSONDepth bounds the nesting of an answer's JSON.
const maximumJSONDepth = 100

// A form is the kind of text that an answer is.
type form int

const (
	emptyForm form = iota
	textForm       // not JSON
	scalarForm
	arrayForm
	objectForm
)

// A reading is the result of parsing an answer's body.
type reading struct {
	// form is the kind of the body. An object or an array may still have a fault.
	form form
	// object is the body if it is an object, not masked yet. It must not be changed.
	object latch.Object
	// fault says why and where the body cannot be read. It is "" if the body is valid, or is
	// text that does not claim to be JSON (contract, "Responses").
	fault string
}

// isJSON reports whether the body is a JSON value of any form, without ambiguity.
func (r reading) isJSON() bool { return r.form >= scalarForm && r.fault == "" }

// isObject reports whether the body is a JSON object, without ambiguity.
func (r reading) isObject() bool { return r.form == objectForm && r.fault == "" }

// read parses the body, once.
func (a *answer) read() reading {
	if a.known == nil {
		known := a.readBody()
		a.known = &known
	}
	return *a.known
}

func (a *answer) readBody() reading {
	switch {
	case a.uncoded != "":
		return reading{form: textForm, fault: "the answer cannot be read: " + a.uncoded}
	case len(bytes.TrimFunc(a.body, isBlank)) == 0:
		return reading{form: emptyForm}
	}
	claims := saysJSON(a.header) || beginsLikeJSON(a.body)
	object, err := a.decode()
	if err == nil {
		if err = checkMembers(a.body); errors.Is(err, errTwoValues) {
			return reading{formOf(a.body), object, "the answer has no single meaning: " + err.Error()}
		}
	}
	switch {
	case err == nil:
		return reading{form: formOf(a.body), object: object}
	case claims:
		return reading{form: textForm, fault: "the answer is not valid JSON: " + err.Error()}
	default:
		return reading{form: textForm}
	}
}

// isBlank reports whether a byte may precede JSON, including in slightly malformed texts.
func isBlank(r rune) bool { return unicode.IsSpace(r) || r == 0 || r == '\ufeff' }

// beginsLikeJSON reports whether a text begins as an object or an array does.
func beginsLikeJSON(text []byte) bool {
	text = bytes.TrimLeftFunc(text, isBlank)
	return len(text) > 0 && (text[0] == '{' || text[0] == '[')
}

// formOf returns the form of a text that is valid JSON.
func formOf(text []byte) form {
	switch text = bytes.TrimLeft(text, jsonSpace); {
	case bytes.HasPrefix(text, []byte("{")):
		return objectForm
	case bytes.HasPrefix(text, []byte("[")):
		return arrayForm
	default:
		return scalarForm
	}
}

// decode returns the body if it is an object, or nil for other JSON. Its error says why and
// where the body is not valid JSON.
func (a *answer) decode() (object latch.Object, err error) {
	if a.cut {
		return nil, fmt.Errorf("it has more than %d KiB, of which only the beginning was read", MaximumResponseBytes>>10)
	}
	if a.uncharted != "" {
		return nil, errors.New(a.uncharted)
	}
	if at := a.firstGarbled(); at >= 0 {
		return nil, fmt.Errorf("bytes that are not text in its charset%s", position(a.body, at))
	}
	if formOf(a.body) == objectForm {
		err = json.Unmarshal(a.body, &object)
	} else {
		err = json.Unmarshal(a.body, new(json.RawMessage))
	}
	if syntax, is := errors.AsType[*json.SyntaxError](err); is {
		return nil, fmt.Errorf("%w%s", syntax, position(a.body, int(syntax.Offset)-1))
	}
	return object, err
}

// firstGarbled returns the position of the first bytes that are invalid in the body's charset,
// or -1.
func (a *answer) firstGarbled() int {
	if a.converted {
		return bytes.IndexRune(a.body, utf8.RuneError)
	}
	if utf8.Valid(a.body) {
		return -1
	}
	for at := 0; at < len(a.body); {
		r, size := utf8.DecodeRune(a.body[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return -1
}

var errTwoValues = errors.New("twice in one object, with another value")

// checkMembers checks valid JSON for a key that has two values in one object, and for nesting
// beyond maximumJSONDepth.
func checkMembers(text []byte) error {
	if bytes.IndexByte(text, ':') == bytes.LastIndexByte(text, ':') && bytes.Count(text, []byte("[")) <= maximumJSONDepth {
		return nil // a single key, if any
	}
	w := &walker{text: text, decoder: json.NewDecoder(bytes.NewReader(text))}
	w.decoder.UseNumber()
	return w.value(0)
}

// A walker traverses valid JSON.
type walker struct {
	text    []byte
	decoder *json.Decoder
}

func (w *walker) value(depth int) error {
	token, err := w.decoder.Token()
	if err != nil {
		return err
	}
	if _, nests := token.(json.Delim); nests && depth == maximumJSONDepth {
		return fmt.Errorf("it nests deeper than %d levels%s", maximumJSONDepth, position(w.text, int(w.decoder.InputOffset())-1))
	}
	switch token {
	case json.Delim('{'):
		err = w.object(depth)
	case json.Delim('['):
		for err == nil && w.decoder.More() {
			err = w.value(depth + 1)
		}
	default:
		return nil
	}
	if err == nil {
		_, err = w.decoder.Token() // its end
	}
	return err
}

func (w *walker) object(depth int) error {
	values := map[string][]byte{}
	for w.decoder.More() {
		token, err := w.decoder.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string)
		from := w.decoder.InputOffset()
		if err := w.value(depth + 1); err != nil {
			return err
		}
		value := bytes.TrimLeft(w.text[from:w.decoder.InputOffset()], jsonSpace+":")
		if before, twice := values[key]; twice && !sameJSON(before, value) {
			at := int(w.decoder.InputOffset()) - len(value)
			return fmt.Errorf("the key %q is given %w%s", excerpt.First(key, 40), errTwoValues, position(w.text, at))
		}
		values[key] = value
	}
	return nil
}

// sameJSON reports whether two values have the same text apart from white space.
func sameJSON(a, b []byte) bool {
	var left, right bytes.Buffer
	return json.Compact(&left, a) == nil && json.Compact(&right, b) == nil && bytes.Equal(left.Bytes(), right.Bytes())
}

// position returns the line and column of a byte in a text. Columns count characters.
func position(text []byte, at int) string {
	before := string(text[:max(0, min(at, len(text)))])
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Sprintf(" at line %d, column %d", line, column)
}

// shape says what an answer is instead of a JSON object. It returns "" for an object.
func (a *answer) shape() string {
	switch known := a.read(); {
	case known.form == objectForm:
		return ""
	case known.form == emptyForm:
		return "is empty"
	case known.form == arrayForm:
		return "is a JSON array, not an object"
	case known.form == scalarForm:
		return "is a JSON value, not an object"
	case a.header.Get("Content-Type") == "":
		return "is not JSON"
	default:
		return fmt.Sprintf("is not JSON (%s)", excerpt.First(cleanText(a.header.Get("Content-Type")), 60))
	}
}

// faults returns what a decision must know about the answer in addition to its object, masked
// and bounded.
func (a *answer) faults(m *mask.Masker) (unreadable, noObject string) {
	said := func(text string) string { return excerpt.First(m.Text(cleanText(text)), maximumFault) }
	return said(a.read().fault), said(a.shape())
}

// maximumFault bounds the text about an answer that cannot be read, in bytes.
const maximumFault = 400
