package mitto

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hjson/hjson-go/v4"
)

// maximumOpened bounds the recursion of the HJSON reader. Brackets within
// comments and strings count too.
const maximumOpened = 10_000

// toHJSON converts JSON to HJSON. It keeps the order of keys and the digits of
// numbers.
func toHJSON(value json.RawMessage) (string, error) {
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.UseNumber()
	ordered, err := inOrder(decoder)
	if err != nil {
		return "", err
	}
	written, err := hjson.Marshal(ordered)
	return string(written), err
}

// inOrder decodes one value, with objects as ordered maps.
func inOrder(decoder *json.Decoder) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	var made any = token
	switch token {
	case json.Delim('{'):
		object := hjson.NewOrderedMap()
		for decoder.More() {
			key, err := decoder.Token()
			if err != nil {
				return nil, err
			}
			value, err := inOrder(decoder)
			if err != nil {
				return nil, err
			}
			object.Set(fmt.Sprint(key), value)
		}
		made = object
	case json.Delim('['):
		array := []any{}
		for decoder.More() {
			value, err := inOrder(decoder)
			if err != nil {
				return nil, err
			}
			array = append(array, value)
		}
		made = array
	default:
		return made, nil
	}
	_, err = decoder.Token() // the end
	return made, err
}

// fromHJSON converts HJSON to JSON. Valid JSON, which is also HJSON, is
// returned unchanged.
func fromHJSON(source string) (json.RawMessage, error) {
	if json.Valid([]byte(source)) {
		return json.RawMessage(source), nil
	}
	if opened := strings.Count(source, "{") + strings.Count(source, "["); opened > maximumOpened {
		return nil, fmt.Errorf("it has %d objects and arrays; the limit is %d", opened, maximumOpened)
	}
	var value any
	if err := hjson.UnmarshalWithOptions([]byte(source), &value, hjson.DecoderOptions{UseJSONNumber: true}); err != nil {
		return nil, err
	}
	return json.Marshal(value)
}
