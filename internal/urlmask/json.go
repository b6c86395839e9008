package urlmask

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/latch-run/latch/internal/rawjson"
)

// JSON hides, in a JSON value, the credentials of URLs in its strings, and the
// values of headers and variables whose names say that they are credentials. A
// value without credentials is returned unchanged.
func JSON(value json.RawMessage) json.RawMessage {
	return rewrite(value, func(text string, at place) string { return hide(text, at.spots(text)) })
}

// Member is [JSON] for a member of an object, with the keys that lead to it.
func Member(value json.RawMessage, keys ...string) json.RawMessage {
	at := place{}
	for _, key := range keys {
		at = at.below(key)
	}
	return rewriteAt(at, value, func(text string, at place) string { return hide(text, at.spots(text)) })
}

// Restore returns what a client sent with each credential shown as *** replaced
// by the one kept at the same place: for a parameter, that of a URL with the
// same scheme and host; for a header or variable, that with the same name. A
// credential is thus never sent to another host.
func Restore(sent, kept json.RawMessage) json.RawMessage {
	if !bytes.Contains(sent, []byte(Hidden)) {
		return sent
	}
	known := map[string]string{}
	rewrite(kept, func(text string, at place) string {
		known[at.path] = text
		return text
	})
	return rewrite(sent, func(text string, at place) string {
		before, found := known[at.path]
		if !found {
			return text
		}
		return restore(text, before, at)
	})
}

func restore(text, before string, at place) string {
	values := map[string][]string{}
	for _, spot := range at.spots(before) {
		values[spot.where] = append(values[spot.where], before[spot.from:spot.to])
	}
	var b strings.Builder
	from := 0
	for _, spot := range at.spots(text) {
		left := values[spot.where]
		if len(left) == 0 {
			continue
		}
		values[spot.where] = left[1:]
		if text[spot.from:spot.to] == Hidden {
			b.WriteString(text[from:spot.from] + left[0])
			from = spot.to
		}
	}
	return b.String() + text[from:]
}

// IsHidden reports whether a JSON value contains a credential shown as ***,
// which is unknown then.
func IsHidden(value json.RawMessage) bool {
	hidden := false
	rewrite(value, func(text string, at place) string {
		for _, spot := range at.spots(text) {
			hidden = hidden || text[spot.from:spot.to] == Hidden
		}
		return text
	})
	return hidden
}

// A place is the position of a string in a JSON value.
type place struct {
	path string
	// isURL is true if the string is a URL, isCredential if it is a credential.
	// Otherwise the string may contain URLs.
	isURL, isCredential bool
}

func (p place) spots(text string) []spot {
	switch {
	case p.isURL:
		return spotsOf(text, 0)
	case p.isCredential && text != "" && !onlyNames(text):
		return []spot{{0, len(text), ""}}
	case p.isCredential:
		return nil
	default:
		return spotsIn(text)
	}
}

// below returns the place of a member of the object at this place.
func (p place) below(key string) place {
	parent := p.path[strings.LastIndexByte(p.path, '\n')+1:]
	named := parent == "headers" || parent == "env" || parent == "cmd_env"
	return place{path: p.path + "\n" + key, isURL: strings.HasSuffix(strings.ToLower(key), "url"), isCredential: named && IsCredential(key)}
}

// rewrite calls change with every string of a JSON value, and returns the value
// with the results. If they do not differ, it returns the value unchanged.
func rewrite(value json.RawMessage, change func(text string, at place) string) json.RawMessage {
	return rewriteAt(place{}, value, change)
}

func rewriteAt(root place, value json.RawMessage, change func(text string, at place) string) json.RawMessage {
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.UseNumber()
	var decoded any
	if decoder.Decode(&decoded) != nil {
		return value
	}
	changed := false
	var walk func(value any, at place) any
	walk = func(value any, at place) any {
		switch value := value.(type) {
		case string:
			made := change(value, at)
			changed = changed || made != value
			return made
		case []any:
			for i, element := range value {
				value[i] = walk(element, place{path: at.path + "\n" + strconv.Itoa(i), isURL: at.isURL, isCredential: at.isCredential})
			}
		case map[string]any:
			for key, member := range value {
				value[key] = walk(member, at.below(key))
			}
		}
		return value
	}
	made := walk(decoded, root)
	if !changed {
		return value
	}
	return rawjson.Encode(made)
}
