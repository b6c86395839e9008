package secret

import (
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/latch-run/latch/internal/signature"
)

// hidden stands for a value wherever a secret is printed.
const hidden = "***"

// Limits of one secret, in bytes and lines. A line goes into a header, which
// few servers take above 8 KiB; several lines are there for rotation.
const (
	MaximumLineBytes = 4 << 10
	maximumLines     = 16
	maximumFileBytes = maximumLines * (MaximumLineBytes + 2)
)

// A Secret is a name's value. Printed in any way it is ***.
type Secret struct {
	name string
	content
	hosts    []hostPattern
	required bool
}

// content is what a value was read as: lines, each with its signing key, or a
// PEM document, which is taken as a whole and neither signs nor is sent.
type content struct {
	lines    []string
	keys     []signature.Key
	document string
}

// parse reads a value: one line, or several for rotation, a trailing newline
// dropped; or PEM. The error never holds any of it.
func parse(value string) (content, error) {
	if isDocument(value) {
		if len(value) > maximumFileBytes {
			return content{}, fmt.Errorf("it has %d bytes, at most %d are taken", len(value), maximumFileBytes)
		}
		return content{document: value}, nil
	}
	var read content
	for line := range strings.SplitSeq(value, "\n") {
		if line = strings.TrimSuffix(line, "\r"); line != "" {
			read.lines = append(read.lines, line)
		}
	}
	switch {
	case len(read.lines) == 0:
		return content{}, fmt.Errorf("it is empty")
	case len(read.lines) > maximumLines:
		return content{}, fmt.Errorf("it has %d lines, at most %d are taken", len(read.lines), maximumLines)
	}
	for i, line := range read.lines {
		if len(line) > MaximumLineBytes {
			return content{}, fmt.Errorf("its line %d has %d bytes, at most %d are taken", i+1, len(line), MaximumLineBytes)
		}
		key, err := signature.ParseKey(line)
		if err != nil {
			return content{}, fmt.Errorf("its line %d %w", i+1, err)
		}
		if key.IsPublic() {
			return content{}, fmt.Errorf("its line %d begins with %s: that is a public key, which the receiver gets; the private one begins with %s",
				i+1, signature.PublicPrefix, signature.PrivatePrefix)
		}
		read.keys = append(read.keys, key)
	}
	return read, nil
}

// Name gives the name by which the secret was looked up.
func (s *Secret) Name() string { return s.name }

// Value gives the text to send: the first line. There is none where that line
// only signs, being whsec_<base64> or whsk_<base64>, and none of PEM.
func (s *Secret) Value() (text string, sendable bool) {
	if len(s.lines) == 0 || signature.OnlySigns(s.lines[0]) {
		return "", false
	}
	return s.lines[0], true
}

// Keys gives the signing keys, one for each line, in their order: the line's
// bytes, or what follows whsec_ or whsk_. PEM has none. The caller must not
// change them.
func (s *Secret) Keys() []signature.Key { return s.keys }

// Texts gives all that must be masked where it is echoed: every line, and of
// one that only signs the base64 and the decoded key too; of PEM its private
// keys.
func (s *Secret) Texts() []string {
	texts := privateKeys(s.document)
	for i, line := range s.lines {
		texts = append(append(texts, line), s.keys[i].Texts()...)
	}
	return texts
}

// String gives ***.
func (Secret) String() string { return hidden }

// GoString gives ***.
func (Secret) GoString() string { return hidden }

// Format writes ***, whatever the verb.
func (Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, hidden) }

// MarshalJSON gives "***".
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// MarshalText gives ***.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue gives ***.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }
