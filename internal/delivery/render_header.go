package delivery

import (
	"fmt"
	"net/http"
	"slices"

	"golang.org/x/net/http/httpguts"
)

// idempotencyKey is the header by which a receiver recognizes a repeated request (IETF draft
// "The Idempotency-Key HTTP Header Field"). It also lets net/http repeat a request when a kept
// connection turns out to be closed.
const idempotencyKey = "Idempotency-Key"

// writeHeaders sets the headers that every request has, and then the user's own, which may
// replace them. The id is the same for all attempts. A request without an id may be repeated
// too.
func writeHeaders(header http.Header, userAgent, id string, own map[string]string) error {
	header.Set("Accept", "application/json")
	header.Set("User-Agent", userAgent)
	header[idempotencyKey] = nil
	if id != "" {
		if err := setHeader(header, idempotencyKey, id); err != nil {
			return err
		}
	}
	for _, name := range sortedNames(own) {
		if err := setHeader(header, name, own[name]); err != nil {
			return err
		}
	}
	return nil
}

// sortedNames returns the keys of a map, sorted.
func sortedNames[V any](of map[string]V) []string {
	if len(of) == 0 {
		return nil
	}
	names := make([]string, 0, len(of))
	for name := range of {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// setHeader rejects a value that would break out of its header. The error never contains the
// value.
func setHeader(header http.Header, name, value string) error {
	if !httpguts.ValidHeaderFieldName(name) {
		return fmt.Errorf("%q is not the name of an HTTP header", name)
	}
	if !httpguts.ValidHeaderFieldValue(value) {
		return fmt.Errorf("the header %s cannot bear a line break or another control character", name)
	}
	header.Set(name, value)
	return nil
}

// checkHeaderSize limits the size of all headers together.
func checkHeaderSize(header http.Header) error {
	size := 0
	for name, values := range header {
		for _, value := range values {
			size += len(name) + len(value)
		}
	}
	if size > maximumHeaderBytes {
		return fmt.Errorf("its headers have %d bytes, more than the limit of %d KiB", size, maximumHeaderBytes>>10)
	}
	return nil
}
