package declared

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
)

// An object is a JSON object with its keys in their order, including duplicates, which strict
// decoding reports.
type object []member

type member struct {
	key   string
	value json.RawMessage
}

// split returns the members of a JSON object, after which nothing may follow.
func split(data []byte) (object, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, errors.New("a document is an object with kind and id")
	}
	var members object
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		name, _ := key.(string) // a key is a string
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		members = append(members, member{name, value})
	}
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	end := decoder.InputOffset()
	if _, err := decoder.Token(); err != io.EOF {
		return nil, fmt.Errorf("no valid JSON: something follows its end, after byte %d; several documents are a list, or YAML", end)
	}
	return members, nil
}

// encode returns the object as JSON.
func (o object) encode() []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, each := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(rawjson.Encode(each.key))
		b.WriteByte(':')
		b.Write(each.value)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// without returns the object without some keys, and the values of those keys. A duplicate among
// them is a problem.
func (o object) without(problems *latch.Problems, keys ...string) ([]byte, map[string]json.RawMessage) {
	taken := map[string]json.RawMessage{}
	var rest object
	for _, each := range o {
		if !slices.Contains(keys, each.key) {
			rest = append(rest, each)
			continue
		}
		if taken[each.key] != nil {
			problems.Addf(each.key, "is given twice")
		}
		taken[each.key] = each.value
	}
	return rest.encode(), taken
}

func (o object) keys() []string {
	var keys []string
	for _, each := range o {
		keys = append(keys, each.key)
	}
	return keys
}
