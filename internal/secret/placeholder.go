package secret

import "github.com/latch-run/latch"

// Placeholders returns a store in which the value of every name is the name
// itself, in brackets. With it, a request can be shown to somebody who may not
// see the values.
func Placeholders() *Store {
	store := newStore(false)
	store.placeholders = true
	return store
}

// Placeholder returns the text shown in place of the named secret's value.
func Placeholder(name string) string { return "[secret " + name + "]" }

// placeholder returns a secret whose value is its name, or nil for an invalid
// name.
func placeholder(name string) *Secret {
	if !latch.IsSecretName(name) {
		return nil
	}
	read, err := parse(Placeholder(name))
	if err != nil {
		return nil // names are shorter than a line may be
	}
	return &Secret{name: name, content: read}
}
