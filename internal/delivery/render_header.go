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
func writeHeaders(header *headerWriter, userAgent, id string, own map[string]string) error {
	header.put("Accept", "application/json")
	header.put("User-Agent", userAgent)
	header.written[idempotencyKey] = nil
	if id != "" {
		if err := header.set(idempotencyKey, id); err != nil {
			return err
		}
	}
	for _, name := range sortedNames(own) {
		if err := header.set(name, own[name]); err != nil {
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

// usualHeaders is how many headers most requests have.
const usualHeaders = 12

// A headerWriter writes the headers of one request. Their values share one array, because an
// array for each value would be a third of what a request allocates.
type headerWriter struct {
	written http.Header
	values  []string
}

func newHeaderWriter() headerWriter {
	return headerWriter{make(http.Header, usualHeaders), make([]string, 0, usualHeaders)}
}

// put sets a header to a value that no user gave.
func (h *headerWriter) put(name, value string) {
	at := len(h.values)
	h.values = append(h.values, value)
	h.written[http.CanonicalHeaderKey(name)] = h.values[at : at+1 : at+1]
}

// set sets a header, unless its value would break out of it. The error never contains the value.
func (h *headerWriter) set(name, value string) error {
	if err := checkHeader(name, value); err != nil {
		return err
	}
	h.put(name, value)
	return nil
}

// checkHeader rejects a value that would break out of its header.
func checkHeader(name, value string) error {
	if !httpguts.ValidHeaderFieldName(name) {
		return fmt.Errorf("%q is not the name of an HTTP header", name)
	}
	if !httpguts.ValidHeaderFieldValue(value) {
		return fmt.Errorf("the header %s cannot bear a line break or another control character", name)
	}
	return nil
}

// checkSize limits the size of all headers together.
func (h *headerWriter) checkSize() error {
	size := 0
	for name, values := range h.written {
		for _, value := range values {
			size += len(name) + len(value)
		}
	}
	if size > maximumHeaderBytes {
		return fmt.Errorf("its headers have %d bytes, more than the limit of %d KiB", size, maximumHeaderBytes>>10)
	}
	return nil
}
