package settings

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// maximumFile bounds a file that holds a setting, in bytes.
const maximumFile = 64 << 10

// A Given is a setting that the environment holds itself, or by the name of a file, of
// at most 64 KiB, that holds it.
type Given struct {
	Variable, Value    string
	FileVariable, File string
}

// Text returns the setting with the variable that gave it. Its error names the
// variables: both are given, or the file cannot be read or is too large.
func (g Given) Text() (variable, text string, err error) {
	switch {
	case g.File == "":
		return g.Variable, g.Value, nil
	case g.Value != "":
		_, err = readWhole(g.File)
		return g.FileVariable, "", errors.Join(fmt.Errorf("%s and %s: give one of them", g.Variable, g.FileVariable), Named(g.FileVariable, err))
	}
	text, err = readWhole(g.File)
	return g.FileVariable, text, Named(g.FileVariable, err)
}

// LinkKey returns the key of LATCH_LINK_KEY or of the file that LATCH_LINK_KEY_FILE
// names, without the line's end that editors put there.
func LinkKey(key, file string) (string, error) {
	_, text, err := Given{Variable: "LATCH_LINK_KEY", Value: key, FileVariable: "LATCH_LINK_KEY_FILE", File: file}.Text()
	if file != "" {
		text = strings.TrimRight(text, "\r\n")
	}
	return text, err
}

// EvidenceKey returns the key of LATCH_EVIDENCE_KEY or of the file that LATCH_EVIDENCE_KEY_FILE
// names, with the variable that gave it.
func EvidenceKey(key, file string) (variable, text string, err error) {
	return Given{Variable: "LATCH_EVIDENCE_KEY", Value: key, FileVariable: "LATCH_EVIDENCE_KEY_FILE", File: file}.Text()
}

// readWhole reads a file that holds a setting.
func readWhole(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maximumFile+1))
	switch {
	case err != nil:
		return "", err
	case len(text) > maximumFile:
		return "", fmt.Errorf("%s has more than %d bytes", path, maximumFile)
	}
	return string(text), nil
}
