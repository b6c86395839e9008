package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/latch-run/latch/internal/signature"
	"github.com/latch-run/latch/internal/urlmask"
)

// bodies returns what the body may have been: a capture that was copied from a
// terminal has other ends of lines, or one line more, and where a value was
// hidden any of the keys may have stood. A signature tells which it was. The first
// is the one that the capture tells itself.
func (c *captured) bodies(keys []signature.Line) ([][]byte, error) {
	if c.rest == nil {
		return [][]byte{c.body}, nil
	}
	var all [][]byte
	add := func(rest []byte) {
		switch {
		case c.length < 0:
			all = append(all, rest)
		case len(rest) >= c.length:
			all = append(all, rest[:c.length])
		}
	}
	for _, rest := range endings(c.rest, c.length < 0) {
		add(rest)
		for _, key := range keys {
			for _, shown := range unhidden(rest, key) {
				add(shown)
			}
		}
	}
	if len(all) == 0 && keys == nil && c.hides() {
		return [][]byte{c.rest}, nil
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("its body has %d bytes, and its Content-Length says %d: the capture is cut or was changed%s", len(c.rest), c.length, c.whyHidden())
	}
	return all, nil
}

// endings are a text with the ends of lines that it may have had; where nothing
// tells its length, also without those at its end.
func endings(text []byte, open bool) [][]byte {
	all := [][]byte{text}
	lf := bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	all = append(all, lf, bytes.ReplaceAll(lf, []byte("\n"), []byte("\r\n")))
	if open {
		all = append(all, []byte{}) // a GET has none, and what stands there is an answer
		for _, each := range all[:2] {
			all = append(all, bytes.TrimSuffix(bytes.TrimSuffix(each, []byte("\n")), []byte("\r")), bytes.TrimRight(each, "\r\n"))
		}
	}
	return all
}

// hides reports whether a value may be hidden in the body.
func (c *captured) hides() bool { return bytes.Contains(c.rest, []byte(urlmask.Hidden)) }

// whyHidden is a hint for a body in which values are hidden that no key is.
func (c *captured) whyHidden() string {
	if !c.hides() {
		return ""
	}
	return "; it has *** where a value was hidden: webhook test --show-secrets prints the value"
}

// unhidden puts a key in the place of what is hidden, as bodies write it: as it
// is, in JSON, and in a form. Only a key that is text is sent.
func unhidden(text []byte, key signature.Line) [][]byte {
	if key.Key.Prefix() != "" || !bytes.Contains(text, []byte(urlmask.Hidden)) {
		return nil
	}
	var all [][]byte
	for _, written := range []string{key.Text, inJSON(key.Text, false), inJSON(key.Text, true), url.QueryEscape(key.Text), url.PathEscape(key.Text)} {
		for _, times := range []int{-1, 1} {
			all = append(all, bytes.Replace(text, []byte(urlmask.Hidden), []byte(written), times))
		}
	}
	return all
}

// inJSON is a text as it stands in a JSON string, maybe with <, > and & escaped.
func inJSON(text string, html bool) string {
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(html)
	_ = encoder.Encode(text) // a string always encodes
	quoted := strings.TrimSuffix(encoded.String(), "\n")
	return quoted[1 : len(quoted)-1]
}
