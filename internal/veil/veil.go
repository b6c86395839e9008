package veil

import (
	"bytes"
	"encoding/json"

	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/rawjson"
)

// JSON hides what opens a lock in the strings and keys of a JSON text;
// everything else stays byte for byte. key is the key that signs links; without
// it, only links that are recognizable by their form are hidden. A text that is
// not JSON is treated as by [Text].
func JSON(body, key []byte) []byte {
	if nothingToHide(body, key) {
		return body
	}
	s := newSearch(key)
	if eachString(body, func(each str) { s.collect(each.text) }) != nil {
		return Text(body, key)
	}
	_ = eachString(body, func(each str) { s.find(each.text) }) // valid, because it was read before
	hides := s.hider()
	var out bytes.Buffer
	at := 0
	_ = eachString(body, func(each str) {
		text := hides.hide(each.text)
		if each.foreign && len(key) > 0 {
			text = hideShapes(text)
		}
		if text == each.text {
			return
		}
		out.Write(body[at:each.from])
		out.Write(rawjson.Encode(text))
		at = each.to
	})
	out.Write(body[at:])
	return out.Bytes()
}

// Text is [JSON] for other texts, such as HTML. tokens are tokens of locks
// whose HMACs may occur in the text although the tokens do not.
func Text(body, key []byte, tokens ...string) []byte {
	if nothingToHide(body, key) {
		return body
	}
	s, text := newSearch(key), string(body)
	s.collect(text)
	for _, token := range tokens {
		s.knows(token)
	}
	s.find(text)
	return []byte(s.hider().hide(text))
}

// Value returns a value without what [JSON] would hide in its encoding.
func Value[T any](value T, key []byte) (T, error) {
	var shown T
	encoded, err := json.Marshal(value)
	if err != nil {
		return shown, err
	}
	return shown, json.Unmarshal(JSON(encoded, key), &shown)
}

// nothingToHide is a fast check for texts without links, if no HMAC could be
// recognized on its own.
func nothingToHide(body, key []byte) bool {
	return len(key) == 0 && !bytes.Contains(body, []byte(locklink.Parameter))
}
