package spec

import (
	"bytes"
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

func readBounded(name string, in io.Reader, most int64) ([]byte, error) {
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, most+1))
	if err != nil {
		return nil, err
	}
	switch size := int64(len(data)); {
	case size > most && most == MaximumSize:
		return nil, fmt.Errorf("larger than %d MiB, the most that Temporal takes as an input", most>>20)
	case size > most:
		return nil, fmt.Errorf("larger than %d MiB; make several files of it", most>>20)
	}
	return bytes.TrimPrefix(data, []byte("\ufeff")), nil
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
