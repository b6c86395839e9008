package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// MaximumSize is the maximum size of a file and of the JSON converted from it,
// in bytes. Temporal accepts no larger input.
const MaximumSize = 2 << 20

// Read reads the file, or in if the name is "-", and returns its content as
// JSON; see [Open].
func Read(name string, in io.Reader) ([]byte, error) {
	file, err := Open(name, in, false)
	if err != nil {
		return nil, err
	}
	return file.JSON()
}

// ErrTooLarge is the error of a file with more bytes than are read.
var ErrTooLarge = errors.New("too large")

// Bytes reads the file, or in if the name is "-". Its error is [ErrTooLarge] if
// there are more than most bytes.
func Bytes(name string, in io.Reader, most int64) ([]byte, error) {
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, most+1))
	if err == nil && int64(len(data)) > most {
		err = ErrTooLarge
	}
	return data, err
}

// textOf reads a file of text as [Bytes] does, without a byte order mark.
func textOf(name string, in io.Reader, most int64) ([]byte, error) {
	data, err := Bytes(name, in, most)
	switch {
	case errors.Is(err, ErrTooLarge) && most == MaximumSize:
		return nil, fmt.Errorf("larger than %d MiB, the most that Temporal takes as an input", most>>20)
	case errors.Is(err, ErrTooLarge):
		return nil, fmt.Errorf("larger than %d MiB; make several files of it", most>>20)
	}
	return bytes.TrimPrefix(data, []byte("\ufeff")), err
}

func isJSON(name string, data []byte) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".json":
		return true
	case ".yaml", ".yml":
		return false
	default:
		return bytes.HasPrefix(bytes.TrimSpace(data), []byte("{"))
	}
}
