package secret

import "github.com/latch-run/latch"

// Placeholders returns a store that holds every name and no value: what it finds
// under a name is the name itself, in brackets. So a request can be shown by who
// may not know the values.
func Placeholders() *Store {
	store := newStore(false)
	store.placeholders = true
	return store
}

// Placeholder is what stands for the value of the named secret.
func Placeholder(name string) string { return "[secret " + name + "]" }

// placeholder returns a secret whose value is its name; nil for what is no name.
func placeholder(name string) *Secret {
	if !latch.IsSecretName(name) {
		return nil
	}
	read, err := parse(Placeholder(name))
	if err != nil {
		return nil // a name is never too long for a line
	}
	return &Secret{name: name, content: read}
}
