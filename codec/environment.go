package codec

import (
	"fmt"

	environment "github.com/latch-run/latch/internal/settings"
)

// FromEnvironment returns the codec for LATCH_PAYLOAD_KEYS, or for the file
// that LATCH_PAYLOAD_KEYS_FILE names, of at most 64 KiB; see [ParseKeys] for
// their format. Without either it has no keys. Its error reports all problems
// at once, and never contains a key.
func FromEnvironment() (*Codec, error) {
	given, err := environment.Read[environment.Payloads]()
	if err != nil {
		return nil, err
	}
	name, text, err := environment.Given{Variable: "LATCH_PAYLOAD_KEYS", Value: given.Keys,
		FileVariable: "LATCH_PAYLOAD_KEYS_FILE", File: given.KeysFile}.Text()
	if err != nil {
		return nil, err
	}
	keys, err := ParseKeys(text)
	switch {
	case err != nil:
		return nil, environment.Named(name, err)
	case len(keys) == 0 && (text != "" || given.KeysFile != ""):
		return nil, fmt.Errorf("%s: has no key; leave it out to encrypt nothing", name)
	}
	return New(keys...)
}
