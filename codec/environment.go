package codec

import (
	"fmt"

	environment "github.com/latch-run/latch/internal/settings"
)

// FromEnvironment makes the codec of LATCH_PAYLOAD_KEYS, or of the file that
// LATCH_PAYLOAD_KEYS_FILE names, up to 64 KiB; see [ParseKeys] for the form of
// both. Without either it has no keys. All that is wrong is told at once, and
// never a key.
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
