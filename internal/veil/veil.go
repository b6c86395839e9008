package veil

import (
	"bytes"
	"encoding/json"

	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/rawjson"
)

// JSON returns a JSON text without anything in its strings and keys that opens a
// lock; all else stays byte for byte. The key is that which signs links; without
// one, only links that can be told by their looks are hidden. What is not JSON is
// hidden as [Text] has it.
func JSON(body, key []byte) []byte {
	if nothingToHide(body, key) {
		return body
	}
	s := newSearch(key)
	if eachString(body, func(each str) { s.collect(each.text) }) != nil {
		return Text(body, key)
	}
	_ = eachString(body, func(each str) { s.find(each.text) }) // it was read before
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

// Text is [JSON] for a text of another kind, such as HTML. The tokens are locks
// whose HMACs may stand in it although they do not themselves.
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

// Value returns a value without what [JSON] hides in its JSON.
func Value[T any](value T, key []byte) (T, error) {
	var shown T
	encoded, err := json.Marshal(value)
	if err != nil {
		return shown, err
	}
	return shown, json.Unmarshal(JSON(encoded, key), &shown)
}

// nothingToHide reports, at a look, that there is no link, and that none could
// be told from its HMAC alone.
func nothingToHide(body, key []byte) bool {
	return len(key) == 0 && !bytes.Contains(body, []byte(locklink.Parameter))
}
