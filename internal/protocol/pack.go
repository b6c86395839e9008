package protocol

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"
)

// packedFrom is the size, in bytes as JSON, above which the shots of a volley are compressed. A
// hundred shots have most of their content in common. Fewer stay readable in Temporal UI.
const packedFrom = 2 << 10

// packers are reused, because each takes a megabyte.
var packers = sync.Pool{New: func() any {
	writer, _ := flate.NewWriter(nil, flate.BestSpeed) // fails only for an unknown level
	return writer
}}

// Pack returns a volley's answer with these shots, compressed if it is large.
func Pack(shots []Shot) (VolleyAnswer, error) {
	encoded := make([][]byte, len(shots))
	for i := range shots {
		if shots[i].encoded == nil {
			shots[i].Encode()
		}
		encoded[i] = shots[i].encoded
	}
	plain := slices.Concat([]byte{'['}, bytes.Join(encoded, []byte{','}), []byte{']'})
	if len(plain) < packedFrom {
		return VolleyAnswer{Shots: shots, Bytes: len(plain)}, nil
	}
	var packed bytes.Buffer
	writer := packers.Get().(*flate.Writer)
	defer func() {
		writer.Reset(io.Discard)
		packers.Put(writer)
	}()
	writer.Reset(&packed)
	if _, err := writer.Write(plain); err != nil {
		return VolleyAnswer{}, fmt.Errorf("pack shots: %w", err)
	}
	if err := writer.Close(); err != nil {
		return VolleyAnswer{}, fmt.Errorf("pack shots: %w", err)
	}
	return VolleyAnswer{Packed: packed.Bytes(), Bytes: packed.Len()}, nil
}

// Unpack returns the shots of an answer. It refuses more than a volley can have.
func (a VolleyAnswer) Unpack() ([]Shot, error) {
	if len(a.Packed) == 0 {
		return a.Shots, nil
	}
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(a.Packed)), 2*MaximumVolleyBytes))
	if err != nil {
		return nil, fmt.Errorf("unpack shots: %w", err)
	}
	var shots []Shot
	if err := json.Unmarshal(plain, &shots); err != nil {
		return nil, fmt.Errorf("unpack shots: %w", err)
	}
	return shots, nil
}
