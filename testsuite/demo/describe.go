package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/latch-run/latch/testsuite/receiver"
)

// telling lists the fields of Latch's default body that an account shows, in
// order. The others hardly differ between requests.
var telling = []string{"secret", "lock", "event", "delivery_id", "attempt", "instance", "parent_log"}

// describe describes a request on two lines; the second is its body.
func describe(request receiver.Request) string {
	line := strings.TrimSpace(fmt.Sprintf("%s %s %s", request.Method, request.URI, request.Header.Get("Content-Type")))
	if len(request.Body) == 0 {
		return line
	}
	if short, ok := shorten(request.Body); ok {
		return line + "\n" + short
	}
	return line + "\n" + string(request.Body)
}

// shorten returns the telling fields of a default body, or false for any other
// body.
func shorten(body []byte) (string, bool) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil || fields["delivery_id"] == nil {
		return "", false
	}
	var b bytes.Buffer
	for _, name := range telling {
		if value, ok := fields[name]; ok {
			fmt.Fprintf(&b, "%q: %s, ", name, value)
			delete(fields, name)
		}
	}
	return fmt.Sprintf("{%sand %d fields more}", &b, len(fields)), true
}
