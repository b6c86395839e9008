package secret

import (
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/latch-run/latch/internal/signature"
)

// hidden is printed in place of a value.
const hidden = "***"

// Limits of one secret. A line is sent in a header, and few servers accept
// headers over 8 KiB; several lines allow rotation.
const (
	MaximumLineBytes = 4 << 10
	maximumLines     = 16
	maximumFileBytes = maximumLines * (MaximumLineBytes + 2)
)

// A Secret is the value of a name. However it is printed, it prints as ***.
type Secret struct {
	name string
	content
	hosts    []hostPattern
	required bool
}

// content is a parsed value: lines, each with its signing key, or a PEM
// document, which is used as a whole and neither signs nor is sent.
type content struct {
	lines    []string
	keys     []signature.Key
	document string
	// kept is true if the first line is never sent, because it contains a key
	// that only signs, however that is spelled.
	kept bool
}

// parse parses a value: one line, or several for rotation, without a trailing
// newline; or PEM. It rejects a value that looks damaged. The error lists all
// problems and contains no part of the value.
func parse(value string) (content, error) {
	if hasPEM(value) {
		return parseDocument(value)
	}
	if err := checkSize(value); err != nil {
		return content{}, err
	}
	lines, err := signature.ParseLines(value)
	if err != nil {
		return content{}, err
	}
	read := content{kept: signature.InFamily(lines[0].Text)}
	for _, line := range lines {
		if line.Key.IsPublic() {
			return content{}, fmt.Errorf("its line %d begins with %s: that is a public key, which the receiver gets; the private one begins with %s",
				line.Number, signature.PublicPrefix, signature.PrivatePrefix)
		}
		read.lines, read.keys = append(read.lines, line.Text), append(read.keys, line.Key)
	}
	return read, nil
}

// checkSize bounds the lines of a value.
func checkSize(value string) error {
	number, count := 0, 0
	for line := range strings.Lines(value) {
		number++
		if line = strings.TrimRight(line, "\r\n"); len(line) > MaximumLineBytes {
			return fmt.Errorf("its line %d has %d bytes; the limit is %d", number, len(line), MaximumLineBytes)
		}
		if line != "" {
			count++
		}
	}
	if count > maximumLines {
		return fmt.Errorf("it has %d lines; the limit is %d", count, maximumLines)
	}
	return nil
}

// Name returns the name by which the secret was looked up.
func (s *Secret) Name() string { return s.name }

// Value returns the text to send: the first line. sendable is false for PEM,
// and for a line that contains a key that only signs, whsec_<base64> or
// whsk_<base64>. Every secret that leaves the worker comes from here.
func (s *Secret) Value() (text string, sendable bool) {
	if len(s.lines) == 0 || s.kept {
		return "", false
	}
	return s.lines[0], true
}

// Keys returns the signing keys, one for each line, in order: the bytes of the
// line, or those encoded after whsec_ or whsk_. PEM has none. The caller must
// not change them.
func (s *Secret) Keys() []signature.Key { return s.keys }

// Texts returns the texts to mask: every line and, for a line that only signs,
// also its base64 and the decoded key; for PEM, the private keys.
func (s *Secret) Texts() []string { return s.texts() }

func (c *content) texts() []string {
	texts := privateKeys(c.document)
	for i, line := range c.lines {
		texts = append(append(texts, line), c.keys[i].Texts()...)
	}
	return texts
}

// String returns ***.
func (Secret) String() string { return hidden }

// GoString returns ***.
func (Secret) GoString() string { return hidden }

// Format writes ***, whatever the verb.
func (Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, hidden) }

// MarshalJSON returns "***".
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// MarshalText returns ***.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue returns ***.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }
