package veil

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// A str is a string in a JSON text, a value or a key, with its position.
type str struct {
	text     string
	from, to int
	// foreign is true if it was written by an endpoint or a task.
	foreign bool
}

// foreignKeys are the keys under which Latch shows data written by others.
var foreignKeys = map[string]bool{"kvp": true, "data": true, "request": true, "response": true, "error": true, "reason": true, "tries": true}

// A level is an object or an array being read.
type level struct {
	object bool
	// key is true if the next token in an object is a key.
	key     bool
	foreign bool
	// next is true if the value of the last key is foreign.
	next bool
}

// eachString visits all strings of a JSON text in order. Its error says that
// the text is not JSON.
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
