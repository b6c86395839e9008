package codec

import (
	"errors"
	"fmt"
	"io"
	"os"

	environment "github.com/latch-run/latch/internal/settings"
)

// maximumFile bounds LATCH_PAYLOAD_KEYS_FILE, in bytes.
const maximumFile = 64 << 10

// FromEnvironment makes the codec of LATCH_PAYLOAD_KEYS, or of the file that
// LATCH_PAYLOAD_KEYS_FILE names, up to 64 KiB; see [ParseKeys] for the form of
// both. Without either it has no keys. All that is wrong is told at once, and
// never a key.
func FromEnvironment() (*Codec, error) {
	given, err := environment.Read[environment.Payloads]()
	if err != nil {
		return nil, err
	}
	name, text := "LATCH_PAYLOAD_KEYS", given.Keys
	var problems []error
	if given.KeysFile != "" {
		if given.Keys != "" {
			problems = append(problems, errors.New("LATCH_PAYLOAD_KEYS and LATCH_PAYLOAD_KEYS_FILE: give one of them"))
		}
		name = "LATCH_PAYLOAD_KEYS_FILE"
		if text, err = readFile(given.KeysFile); err != nil {
			return nil, errors.Join(append(problems, fmt.Errorf("%s: %w", name, err))...)
		}
	}
	keys, err := ParseKeys(text)
	switch {
	case err != nil:
		problems = append(problems, environment.Named(name, err))
	case len(keys) == 0 && (text != "" || given.KeysFile != ""):
		problems = append(problems, fmt.Errorf("%s: has no key; leave it out to encrypt nothing", name))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return New(keys...)
}

func readFile(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maximumFile+1))
	if err == nil && len(text) > maximumFile {
		err = fmt.Errorf("%s has more than %d bytes", path, maximumFile)
	}
	return string(text), err
}
