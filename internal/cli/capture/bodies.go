package capture

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/signature"
	"github.com/latch-run/latch/internal/urlmask"
)

// bodies returns the bodies that may have been sent; a signature selects one. A capture copied
// from a terminal may have other line endings or an additional one, and any key may have been
// where a value is hidden. The first one is the captured body.
func (r *Request) bodies(keys []signature.Line) ([][]byte, error) {
	if r.rest == nil {
		return [][]byte{r.Body}, nil
	}
	var all [][]byte
	add := func(rest []byte) {
		switch {
		case r.length < 0:
			all = append(all, rest)
		case len(rest) >= r.length:
			all = append(all, rest[:r.length])
		}
	}
	for _, rest := range endings(r.rest, r.length < 0) {
		add(rest)
		for _, key := range keys {
			for _, shown := range unhidden(rest, key) {
				add(shown)
			}
		}
	}
	if len(all) == 0 && keys == nil && r.hides() {
		return [][]byte{r.rest}, nil
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("its body has %d bytes, and its Content-Length says %d: the capture is cut or was changed%s", len(r.rest), r.length, r.whyHidden())
	}
	return all, nil
}

// endings returns a text with the line endings that it may have had. If its length is unknown,
// those at its end may be missing.
func endings(text []byte, open bool) [][]byte {
	all := [][]byte{text}
	lf := bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	all = append(all, lf, bytes.ReplaceAll(lf, []byte("\n"), []byte("\r\n")))
	if open {
		all = append(all, []byte{}) // a GET has no body: the rest is an answer
		for _, each := range all[:2] {
			all = append(all, bytes.TrimSuffix(bytes.TrimSuffix(each, []byte("\n")), []byte("\r")), bytes.TrimRight(each, "\r\n"))
		}
	}
	return all
}

// hides reports whether a value may be hidden in the body.
func (r *Request) hides() bool { return bytes.Contains(r.rest, []byte(urlmask.Hidden)) }

// whyHidden returns a hint about hidden values for which no key was given.
func (r *Request) whyHidden() string {
	if !r.hides() {
		return ""
	}
	return "; it has *** where a value was hidden: webhook test --show-secrets prints the value"
}

// unhidden replaces hidden values with a key, in the encodings of bodies: plain, in JSON, and
// in a form. Only a key that is text is ever sent.
func unhidden(text []byte, key signature.Line) [][]byte {
	if key.Key.Prefix() != "" || !bytes.Contains(text, []byte(urlmask.Hidden)) {
		return nil
	}
	escaped, err := json.Marshal(key.Text) // with HTML's escapes
	if err != nil {
		return nil
	}
	var all [][]byte
	for _, written := range []string{key.Text, inString(rawjson.Encode(key.Text)), inString(escaped), url.QueryEscape(key.Text), url.PathEscape(key.Text)} {
		for _, times := range []int{-1, 1} {
			all = append(all, bytes.Replace(text, []byte(urlmask.Hidden), []byte(written), times))
		}
	}
	return all
}

// inString returns the content of a JSON string.
func inString(encoded []byte) string { return string(encoded[1 : len(encoded)-1]) }
