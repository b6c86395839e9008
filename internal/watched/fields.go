package watched

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/urlmask"
)

const (
	// roomForFields bounds the search attributes and the memo of one run together, in bytes.
	roomForFields = room(8 << 10)
	// maximumOmitted bounds how many omitted fields are named.
	maximumOmitted = 50
)

// A room is the remaining space for fields.
type room int

// take decodes fields that are plain JSON, the smallest first, while there is room, and names
// the others. It silently omits the fields that open Latch's own locks.
func (r *room) take(of string, fields map[string]*commonpb.Payload, omitted *[]string) latch.Object {
	taken := latch.Object{}
	names := slices.SortedFunc(maps.Keys(fields), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(fields[a].GetData()), len(fields[b].GetData())), cmp.Compare(a, b))
	})
	for _, name := range names {
		if name == latch.MemoLocks {
			continue
		}
		value, plain := plainJSON(fields[name])
		if size := room(len(name) + len(value)); plain && size <= *r {
			*r -= size
			taken[name] = withoutCredentials(name, value)
			continue
		}
		if len(*omitted) < maximumOmitted {
			*omitted = append(*omitted, of+"."+name)
		}
	}
	return taken
}

// plainJSON returns the compact JSON of an unencrypted payload. It returns false for one that
// is encrypted or encoded otherwise.
func plainJSON(payload *commonpb.Payload) (json.RawMessage, bool) {
	switch string(payload.GetMetadata()[converter.MetadataEncoding]) {
	case converter.MetadataEncodingNil:
		return json.RawMessage("null"), true
	case converter.MetadataEncodingJSON:
		var compact bytes.Buffer
		if json.Compact(&compact, payload.GetData()) != nil {
			return nil, false
		}
		return compact.Bytes(), true
	default:
		return nil, false
	}
}

// hidden replaces a value that looks like a credential.
var hidden = rawjson.Encode(urlmask.Hidden)

// withoutCredentials hides values with the names of credentials, at any depth, and the
// credentials of URLs.
func withoutCredentials(name string, value json.RawMessage) json.RawMessage {
	if urlmask.IsCredential(name) {
		return hidden
	}
	return urlmask.JSON(hideBelow(value))
}

func hideBelow(value json.RawMessage) json.RawMessage {
	switch value[0] {
	case '{':
		var object latch.Object
		if json.Unmarshal(value, &object) != nil {
			return hidden
		}
		for key, each := range object {
			if object[key] = hideBelow(each); urlmask.IsCredential(key) {
				object[key] = hidden
			}
		}
		return rawjson.Encode(object)
	case '[':
		var list []json.RawMessage
		if json.Unmarshal(value, &list) != nil {
			return hidden
		}
		for i, each := range list {
			list[i] = hideBelow(each)
		}
		return rawjson.Encode(list)
	default:
		return value
	}
}
