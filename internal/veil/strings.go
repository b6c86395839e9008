package veil

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// A str is a string of a JSON text, a value or a key, with where it stands.
type str struct {
	text     string
	from, to int
	// foreign says that others wrote it: an endpoint, or a task.
	foreign bool
}

// foreignKeys are those under which Latch shows what others wrote.
var foreignKeys = map[string]bool{"kvp": true, "data": true, "request": true, "response": true, "error": true, "reason": true, "tries": true}

// A level is an object or an array that is being read.
type level struct {
	object bool
	// key says that a key comes next, in an object.
	key     bool
	foreign bool
	// next says whether the value of the last key is foreign.
	next bool
}

// eachString visits all strings of a JSON text in their order. Its error says
// that the text is not JSON.
func eachString(body []byte, visit func(str)) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var levels []level
	for {
		before := int(decoder.InputOffset())
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var top level
		if len(levels) > 0 {
			top = levels[len(levels)-1]
		}
		switch token := token.(type) {
		case json.Delim:
			if token == '}' || token == ']' {
				levels = levels[:len(levels)-1]
				break
			}
			levels = append(levels, level{object: token == '{', key: token == '{', foreign: top.foreign || top.next})
			continue
		case string:
			to := int(decoder.InputOffset())
			visit(str{token, before + bytes.IndexByte(body[before:to], '"'), to, top.foreign || top.next && !top.key})
			if top.object && top.key {
				last := &levels[len(levels)-1]
				last.key, last.next = false, foreignKeys[token]
				continue
			}
		}
		if len(levels) > 0 && levels[len(levels)-1].object { // a value has ended
			levels[len(levels)-1].key, levels[len(levels)-1].next = true, false
		}
	}
}
