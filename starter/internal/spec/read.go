package spec

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// MaximumSize is the largest file that is read and the largest JSON that is
// made of one, in bytes: Temporal takes no larger input.
const MaximumSize = 2 << 20

// Read reads the file, or in where the name is "-", and gives it as JSON.
// A file called *.json is JSON, one called *.yaml or *.yml is YAML; all else
// is JSON where it begins with a brace and YAML where it does not.
func Read(name string, in io.Reader) ([]byte, error) {
	data, err := readBounded(name, in)
	if err != nil {
		return nil, err
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if isJSON(name, data) {
		return data, nil
	}
	return ToJSON(data)
}

func readBounded(name string, in io.Reader) ([]byte, error) {
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, MaximumSize+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MaximumSize {
		return nil, fmt.Errorf("larger than %d MiB, the most that Temporal takes as an input", MaximumSize>>20)
	}
	return data, nil
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
