package delivery

import (
	"fmt"
	"net/http"
	"slices"

	"golang.org/x/net/http/httpguts"
)

// idempotencyKey is the header by which a receiver knows a request that it has
// had already (IETF draft "The Idempotency-Key HTTP Header Field"), and by
// which net/http knows one that it may send again when a kept connection turns
// out to be closed.
const idempotencyKey = "Idempotency-Key"

// writeHeaders sets the headers that every request has, and the user's own, which
// may replace it. The id is the same for all attempts; a request without one
// may be repeated all the same.
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

// sortedNames returns the keys of a map in their order.
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

// setHeader refuses what would break out of a header. The error never holds
// the value.
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

// checkHeaderSize bounds all headers together.
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
