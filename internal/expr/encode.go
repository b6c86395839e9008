package expr

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// errNoValue is the error for an optional without a value.
var errNoValue = errors.New("the optional has no value; give it a default with .orValue(…)")

// asText returns a value as text. A string is returned unchanged, null is empty, a value that JSON
// represents as a string is that string, and any other value is compact JSON.
func asText(value ref.Val, limit int) (string, error) {
	switch v := value.(type) {
	case types.String:
		if len(v) > limit {
			return "", outputTooLarge(MaxOutput)
		}
		return strings.ToValidUTF8(string(v), "\uFFFD"), nil
	case types.Null:
		return "", nil
	case *types.Optional:
		if !v.HasValue() {
			return "", errNoValue
		}
		return asText(v.GetValue(), limit)
	}
	if s, ok := stringForm(value); ok {
		if len(s) > limit {
			return "", outputTooLarge(MaxOutput)
		}
		return s, nil
	}
	out, err := appendJSON(nil, value, limit)
	return string(out), err
}

// stringForm returns the text of values that JSON represents as strings.
func stringForm(value ref.Val) (string, bool) {
	switch v := value.(type) {
	case types.Bytes:
		return base64.StdEncoding.EncodeToString(v), true
	case types.Timestamp:
		return momentText(v.Time), true
	case types.Duration:
		return v.Duration.String(), true
	case version:
		return v.text, true
	case *types.Type:
		return v.TypeName(), true
	}
	return "", false
}

// appendJSON appends a value as compact JSON. It stops with an error that wraps ErrTooLarge as soon
// as out exceeds limit, so that a small value that expands to a large one costs little.
func appendJSON(out []byte, value ref.Val, limit int) ([]byte, error) {
	if len(out) > limit {
		return nil, outputTooLarge(limit)
	}
	switch v := value.(type) {
	case number:
		out = append(out, v.digits...)
	case types.String:
		out = appendString(out, string(v))
	case types.Null:
		out = append(out, "null"...)
	case types.Bool:
		out = strconv.AppendBool(out, bool(v))
	case types.Int:
		out = strconv.AppendInt(out, int64(v), 10)
	case types.Uint:
		out = strconv.AppendUint(out, uint64(v), 10)
	case types.Double:
		return appendDouble(out, float64(v))
	case *array:
		return appendNative(out, v.items, limit)
	case *object:
		return appendNative(out, v.fields, limit)
	case traits.Lister:
		return appendList(out, v, limit)
	case traits.Mapper:
		return appendMap(out, v, limit)
	case *types.Optional:
		if !v.HasValue() {
			return nil, errNoValue
		}
		return appendJSON(out, v.GetValue(), limit)
	default:
		s, ok := stringForm(value)
		if !ok {
			return nil, fmt.Errorf("a %s has no JSON", value.Type().TypeName())
		}
		out = appendString(out, s)
	}
	if len(out) > limit {
		return nil, outputTooLarge(limit)
	}
	return out, nil
}

// appendDouble prints a computed number in the shortest form that reads back the same, like
// encoding/json, but without its buffers, because a list may have many numbers.
func appendDouble(out []byte, f float64) ([]byte, error) {
	size := math.Abs(f)
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return nil, fmt.Errorf("the number %v has no JSON", f)
	case size == 0 || size >= 1e-6 && size < 1e21:
		return strconv.AppendFloat(out, f, 'f', -1, 64), nil
	}
	out = strconv.AppendFloat(out, f, 'e', -1, 64)
	if end := len(out); bytes.HasSuffix(out[:end-1], []byte("e-0")) {
		out = append(out[:end-2], out[end-1]) // e-7, not e-07
	}
	return out, nil
}

// appendNative appends decoded JSON unchanged, without converting it to CEL values.
func appendNative(out []byte, value any, limit int) ([]byte, error) {
	var err error
	switch v := value.(type) {
	case string:
		out = appendString(out, v)
	case []any:
		out = append(out, '[')
		for i, element := range v {
			if i > 0 {
				out = append(out, ',')
			}
			if out, err = appendNative(out, element, limit); err != nil {
				return nil, err
			}
		}
		out = append(out, ']')
	case map[string]any:
		var few [16]string
		keys := slices.AppendSeq(few[:0], maps.Keys(v))
		slices.Sort(keys)
		out = append(out, '{')
		for i, key := range keys {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(appendString(out, key), ':')
			if out, err = appendNative(out, v[key], limit); err != nil {
				return nil, err
			}
		}
		out = append(out, '}')
	default:
		return appendJSON(out, adapter{}.NativeToValue(v), limit)
	}
	if len(out) > limit {
		return nil, outputTooLarge(limit)
	}
	return out, nil
}

func appendList(out []byte, list traits.Lister, limit int) ([]byte, error) {
	out = append(out, '[')
	var err error
	for i := range sizeOf(list) {
		if i > 0 {
			out = append(out, ',')
		}
		if out, err = appendJSON(out, list.Get(types.Int(i)), limit); err != nil {
			return nil, err
		}
	}
	return append(out, ']'), nil
}

func appendMap(out []byte, m traits.Mapper, limit int) ([]byte, error) {
	fields := make(map[string]ref.Val, sizeOf(m))
	for _, key := range sortedKeys(m) {
		name, err := keyText(key)
		if err != nil {
			return nil, err
		}
		if _, twice := fields[name]; twice {
			return nil, fmt.Errorf("the map has two keys that are %q in JSON", name)
		}
		fields[name] = m.Get(key)
	}
	out = append(out, '{')
	for i, name := range slices.Sorted(maps.Keys(fields)) {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(appendString(out, name), ':')
		var err error
		if out, err = appendJSON(out, fields[name], limit); err != nil {
			return nil, err
		}
	}
	return append(out, '}'), nil
}

// keyText returns a map's key as a key in JSON: numbers and booleans as their text.
func keyText(key ref.Val) (string, error) {
	switch key.(type) {
	case types.String, types.Int, types.Uint, types.Bool:
		return asText(key, MaxOutput)
	}
	return "", fmt.Errorf("a map with keys of type %s has no JSON", key.Type().TypeName())
}

// appendString appends a JSON string with its quotes.
func appendString(out []byte, s string) []byte {
	return append(appendEscaped(append(out, '"'), s), '"')
}

// appendEscaped appends the content of a JSON string, without quotes.
func appendEscaped(out []byte, s string) []byte {
	const hex = "0123456789abcdef"
	start := 0
	for i := 0; i < len(s); {
		c, size := rune(s[i]), 1
		if c >= utf8.RuneSelf {
			c, size = utf8.DecodeRuneInString(s[i:])
		}
		var escape string
		switch {
		case c == '"' || c == '\\':
			escape = `\` + string(c)
		case c == '\n':
			escape = `\n`
		case c == '\r':
			escape = `\r`
		case c == '\t':
			escape = `\t`
		case c < ' ' || c == 0x7f:
			escape = `\u00` + string(hex[c>>4]) + string(hex[c&0xf])
		case c == '\u2028':
			escape = `\u2028`
		case c == '\u2029':
			escape = `\u2029`
		case c == utf8.RuneError && size == 1:
			escape = "\uFFFD"
		default:
			i += size
			continue
		}
		out = append(append(out, s[start:i]...), escape...)
		i += size
		start = i
	}
	return append(out, s[start:]...)
}
