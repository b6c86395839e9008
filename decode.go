package latch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/fields"
	"github.com/latch-run/latch/internal/typo"
)

// maximumDepth bounds the nesting of an input, and thereby the time to read it.
const maximumDepth = 100

// DecodeStrict decodes JSON into a pointer to a struct with json tags, with the rules of this
// package's inputs, for formats outside this package. It returns all problems.
func DecodeStrict(data []byte, into any) Problems { return decodeStrict(data, into) }

// decodeStrict decodes JSON into a pointer and returns all problems: text that is not JSON,
// unknown and duplicate keys, values of the wrong type, bad durations. It sets the valid parts.
func decodeStrict(data []byte, into any) Problems {
	var problems Problems
	trimmed := bytes.TrimSpace(data)
	if len(trimmed) == 0 {
		problems.Addf("", "required: a JSON object")
		return problems
	}
	if err := checkJSON(trimmed); err != nil {
		problems.Addf("", "no valid JSON: %v", err)
		return problems
	}
	decodeInto(&problems, "", trimmed, reflect.ValueOf(into).Elem())
	return problems
}

// checkJSON returns a problem with its position unless the text is a single JSON value.
func checkJSON(data []byte) error {
	if depthExceeds(data, maximumDepth) {
		return fmt.Errorf("it nests deeper than %d levels", maximumDepth)
	}
	if json.Valid(data) {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(data)) // it says what is wrong, and where
	var value json.RawMessage
	if err := decoder.Decode(&value); err != nil {
		var syntax *json.SyntaxError
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF):
			return fmt.Errorf("it ends too early, after %d bytes", len(data))
		case errors.As(err, &syntax):
			return fmt.Errorf("%w, at byte %d", err, syntax.Offset)
		}
		return err
	}
	end := decoder.InputOffset()
	if _, err := decoder.Token(); err != io.EOF {
		return fmt.Errorf("something follows its end, after byte %d", end)
	}
	return nil
}

// depthExceeds reports whether objects and arrays nest deeper than the limit. It only counts
// brackets outside of strings, and accepts any text.
func depthExceeds(data []byte, limit int) bool {
	depth := 0
	for _, c := range outsideStrings(data) {
		switch c {
		case '{', '[':
			if depth++; depth > limit {
				return true
			}
		case '}', ']':
			depth--
		}
	}
	return false
}

// outsideStrings returns the bytes of a JSON text that belong to no string, with their positions.
func outsideStrings(data []byte) iter.Seq2[int, byte] {
	return func(yield func(int, byte) bool) {
		inString := false
		for i := 0; i < len(data); i++ {
			switch c := data[i]; {
			case inString && c == '\\':
				i++
			case c == '"':
				inString = !inString
			case !inString && !yield(i, c):
				return
			}
		}
	}
}

// parts splits an array into its elements, and an object into its keys and values in turn. The
// value is known to be JSON, so that nothing but the ends of its parts has to be found. The parts
// share the memory of the data.
func parts(data json.RawMessage) []json.RawMessage {
	var found []json.RawMessage
	depth, begin := 0, 0
	for i, c := range outsideStrings(data) {
		switch c {
		case '{', '[':
			if depth++; depth == 1 {
				begin = i + 1
			}
			continue
		case '}', ']':
			depth--
		}
		if ends := depth == 0 || depth == 1 && (c == ',' || c == ':'); !ends {
			continue
		}
		if part := bytes.TrimSpace(data[begin:i]); len(part) > 0 {
			found = append(found, part)
		}
		begin = i + 1
	}
	return found
}

var (
	rawType         = reflect.TypeFor[json.RawMessage]()
	durationType    = reflect.TypeFor[Duration]()
	timeType        = reflect.TypeFor[Time]()
	scheduleType    = reflect.TypeFor[Schedule]()
	leaderType      = reflect.TypeFor[leader]()
	eventType       = reflect.TypeFor[Event]()
	sequenceJobType = reflect.TypeFor[SequenceJob]()
	targetType      = reflect.TypeFor[Target]()

	retryScheduleType = reflect.TypeFor[RetrySchedule]()
	statusType        = reflect.TypeFor[StatusCode]()
)

// decodeInto decodes one value, which is known to be JSON, into target.
func decodeInto(problems *Problems, path string, data json.RawMessage, target reflect.Value) {
	data = bytes.TrimSpace(data)
	switch target.Type() {
	case rawType:
		target.SetBytes(slices.Clone(data))
		return
	case durationType:
		decodeDuration(problems, path, data, target)
		return
	case timeType:
		decodeTime(problems, path, data, target)
		return
	case scheduleType:
		if string(data) != "null" {
			decodeSchedule(problems, path, data, target)
		}
		return
	case leaderType:
		if string(data) != "null" {
			decodeLeader(problems, path, data, target)
		}
		return
	case eventType:
		if isString(data) {
			problems.Addf(path, `must be an object, not %s; write {"event": %s}`, abbreviate(data), abbreviate(data))
			return
		}
	case targetType:
		if isString(data) {
			decodeInto(problems, path, data, target.FieldByName("Name"))
			return
		}
	case sequenceJobType:
		decodeSequenceJob(problems, path, data, target)
		return
	}
	if string(data) == "null" {
		return // as if the key were absent
	}
	switch target.Type() {
	case retryScheduleType:
		decodeRetrySchedule(problems, path, data, target)
		return
	case statusType:
		decodeStatus(problems, path, data, target)
		return
	}
	switch target.Kind() {
	case reflect.Pointer:
		target.Set(reflect.New(target.Type().Elem()))
		decodeInto(problems, path, data, target.Elem())
	case reflect.Struct:
		decodeStruct(problems, path, data, target)
	case reflect.Slice:
		decodeSlice(problems, path, data, target)
	case reflect.Map:
		decodeMap(problems, path, data, target)
	default:
		decodeScalar(problems, path, data, target)
	}
}

func decodeDuration(problems *Problems, path string, data json.RawMessage, target reflect.Value) {
	if string(data) == "null" {
		return
	}
	var text string
	if json.Unmarshal(data, &text) == nil {
		if parsed, err := time.ParseDuration(text); err == nil {
			target.SetInt(int64(parsed))
			return
		}
	}
	problems.Addf(path, `must be a Go duration such as "90s" or "4h", not %s`, abbreviate(data))
}

func decodeSequenceJob(problems *Problems, path string, data json.RawMessage, target reflect.Value) {
	var item SequenceJob
	switch data[0] {
	case '{':
		item.Job = new(Job)
		decodeInto(problems, path, data, reflect.ValueOf(item.Job).Elem())
	case '"':
		decodeInto(problems, path, data, reflect.ValueOf(&item.Registered).Elem())
	default:
		if !decodeID(data, reflect.ValueOf(&item.Registered).Elem()) {
			problems.Addf(path, "must be a job or the id of a registered one, not %s", abbreviate(data))
		}
	}
	target.Set(reflect.ValueOf(item))
}

func decodeStruct(problems *Problems, path string, data json.RawMessage, target reflect.Value) {
	members, ok := objectMembers(problems, path, data)
	if !ok {
		return
	}
	keys := jsonFields(target.Type())
	for _, member := range members {
		index := slices.IndexFunc(keys, func(f jsonField) bool { return f.name == member.key })
		if index < 0 {
			if len(*problems) >= maximumListed {
				return
			}
			problems.Addf(field(path, member.key), "unknown key%s", suggest(member.key, keys))
			continue
		}
		at, into := field(path, member.key), target.FieldByIndex(keys[index].index)
		if keys[index].id && decodeID(member.value, into) {
			continue
		}
		decodeInto(problems, at, member.value, into)
	}
}

// decodeID accepts a JSON number as the id of its digits.
func decodeID(data json.RawMessage, target reflect.Value) bool {
	data = bytes.TrimSpace(data)
	if len(data) == 0 || data[0] != '-' && (data[0] < '0' || data[0] > '9') {
		return false
	}
	target.SetString(string(data))
	return true
}

func decodeSlice(problems *Problems, path string, data json.RawMessage, target reflect.Value) {
	if data[0] != '[' {
		problems.Addf(path, "must be an array, not %s", abbreviate(data))
		return
	}
	elements := parts(data)
	slice := reflect.MakeSlice(target.Type(), len(elements), len(elements))
	for i, value := range elements {
		if string(value) == "null" && target.Type().Elem() != rawType {
			problems.Addf(element(path, i), "must not be null")
			continue
		}
		decodeInto(problems, element(path, i), value, slice.Index(i))
	}
	target.Set(slice)
}

func decodeMap(problems *Problems, path string, data json.RawMessage, target reflect.Value) {
	members, ok := objectMembers(problems, path, data)
	if !ok {
		return
	}
	decoded := reflect.MakeMapWithSize(target.Type(), len(members))
	for _, member := range members {
		if string(member.value) == "null" && target.Type().Elem() != rawType {
			continue // as if the key were absent
		}
		value := reflect.New(target.Type().Elem()).Elem()
		decodeInto(problems, field(path, member.key), member.value, value)
		decoded.SetMapIndex(reflect.ValueOf(member.key), value)
	}
	target.Set(decoded)
}

// scalars names the expected type in messages.
var scalars = map[reflect.Kind]string{
	reflect.String:  "a string",
	reflect.Bool:    "true or false",
	reflect.Int:     "a whole number",
	reflect.Float64: "a number",
}

func decodeScalar(problems *Problems, path string, data json.RawMessage, target reflect.Value) {
	wanted := scalars[target.Kind()]
	if target.Kind() == reflect.Int {
		// 3.0 and 3e0 are whole numbers too.
		const exact = 1 << 53
		if number, err := strconv.ParseFloat(string(data), 64); err == nil && number == math.Trunc(number) && math.Abs(number) < exact {
			target.SetInt(int64(number))
			return
		}
		problems.Addf(path, "must be %s, not %s", wanted, abbreviate(data))
		return
	}
	if target.Kind() == reflect.String {
		if text, plain := plainText(data); plain {
			target.SetString(text)
			return
		}
	}
	if err := json.Unmarshal(data, target.Addr().Interface()); err != nil {
		problems.Addf(path, "must be %s, not %s", wanted, abbreviate(data))
	}
}

// plainText returns the text of a JSON string that stands there as it is, as nearly all do. It is
// much cheaper than to have it decoded.
func plainText(data json.RawMessage) (string, bool) {
	if !isString(data) || bytes.IndexByte(data, '\\') >= 0 || !utf8.Valid(data) {
		return "", false
	}
	return string(data[1 : len(data)-1]), true
}

// A member is one key of an object with its value.
type member struct {
	key   string
	value json.RawMessage
}

// objectMembers returns an object's members in their order. It adds a problem for a value that
// is not an object, and for duplicate keys.
func objectMembers(problems *Problems, path string, data json.RawMessage) ([]member, bool) {
	if data = bytes.TrimSpace(data); data[0] != '{' {
		problems.Addf(path, "must be an object, not %s", abbreviate(data))
		return nil, false
	}
	both := parts(data)
	members := make([]member, 0, len(both)/2)
	seen := make(map[string]bool, len(both)/2)
	for pair := range slices.Chunk(both, 2) {
		key, plain := plainText(pair[0])
		if !plain {
			if err := json.Unmarshal(pair[0], &key); err != nil {
				problems.Addf(path, "no valid JSON: %v", err)
				return nil, false
			}
		}
		if seen[key] {
			problems.Addf(field(path, key), "is given twice")
			continue
		}
		seen[key] = true
		members = append(members, member{key, pair[1]})
	}
	return members, true
}

type jsonField struct {
	name  string
	index []int
	id    bool
}

// knownFields caches the results of [jsonFields] by type: a slice of jsonField.
var knownFields sync.Map

// jsonFields returns the keys of a struct. The slice must not be changed.
func jsonFields(structure reflect.Type) []jsonField {
	if known, is := knownFields.Load(structure); is {
		return known.([]jsonField)
	}
	keys := make([]jsonField, 0, structure.NumField())
	for _, each := range reflect.VisibleFields(structure) {
		if each.Anonymous {
			continue // its fields are promoted too
		}
		tag, _ := fields.TagOf(each)
		keys = append(keys, jsonField{name: fields.Key(each), index: each.Index, id: tag.ID})
	}
	knownFields.Store(structure, keys)
	return keys
}

// maximumListed bounds the work on input with errors everywhere. Nobody reads more problems
// than these.
const maximumListed = 1000

// suggest names the key that was probably meant, or else all known keys.
func suggest(key string, keys []jsonField) string {
	names := make([]string, len(keys))
	for i, f := range keys {
		names[i] = f.name
	}
	if hint := typo.Hint(key, names); hint != "" {
		return hint
	}
	return "; the keys here are " + strings.Join(names, ", ")
}

// abbreviate shortens a value for a message. It does not mask secrets, because only the author
// of the input reads the message.
func abbreviate(value json.RawMessage) string {
	return excerpt.Of(strings.ToValidUTF8(string(bytes.TrimSpace(value)), "\uFFFD"), 60)
}

// Unmarshal decodes JSON that was admitted earlier into one of this package's types. Like the
// strict decoders it accepts a number as an id, but it ignores unknown keys, so that it can
// read input that another version admitted. It returns an error if the text is not a JSON
// object.
func Unmarshal(data []byte, into any) error {
	trimmed := bytes.TrimSpace(data)
	if err := checkJSON(trimmed); err != nil {
		return err
	}
	if trimmed[0] != '{' {
		return fmt.Errorf("must be an object, not %s", abbreviate(trimmed))
	}
	var ignored Problems
	decodeInto(&ignored, "", trimmed, reflect.ValueOf(into).Elem())
	return nil
}
