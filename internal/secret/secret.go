package secret

import (
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// hidden stands for a value wherever a secret is printed.
const hidden = "***"

// signingPrefix marks a value that only signs (Standard Webhooks, "Signature
// scheme": symmetric secrets are base64, prefixed with whsec_).
const signingPrefix = "whsec_"

// Limits of one secret, in bytes and lines. A line goes into a header, which
// few servers take above 8 KiB; several lines are there for rotation.
const (
	MaximumLineBytes = 4 << 10
	maximumLines     = 16
	maximumFileBytes = maximumLines * (MaximumLineBytes + 2)
)

// A Secret is a name's value. Printed in any way it is ***.
type Secret struct {
	name     string
	lines    []string
	keys     [][]byte
	hosts    []hostPattern
	required bool
}

// parse reads a value: one line, or several for rotation, a trailing newline
// dropped. The error never holds any of it.
func parse(value string) (lines []string, keys [][]byte, err error) {
	for line := range strings.SplitSeq(value, "\n") {
		if line = strings.TrimSuffix(line, "\r"); line != "" {
			lines = append(lines, line)
		}
	}
	switch {
	case len(lines) == 0:
		return nil, nil, fmt.Errorf("it is empty")
	case len(lines) > maximumLines:
		return nil, nil, fmt.Errorf("it has %d lines, at most %d are taken", len(lines), maximumLines)
	}
	for i, line := range lines {
		if len(line) > MaximumLineBytes {
			return nil, nil, fmt.Errorf("its line %d has %d bytes, at most %d are taken", i+1, len(line), MaximumLineBytes)
		}
		key, err := signingKey(line)
		if err != nil {
			return nil, nil, fmt.Errorf("its line %d begins with %s but %w", i+1, signingPrefix, err)
		}
		keys = append(keys, key)
	}
	return lines, keys, nil
}

func signingKey(line string) ([]byte, error) {
	encoded, signsOnly := strings.CutPrefix(line, signingPrefix)
	if !signsOnly {
		return []byte(line), nil
	}
	key, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(encoded, "="))
	if err != nil {
		return nil, fmt.Errorf("no base64 follows")
	}
	if len(key) == 0 {
		return nil, fmt.Errorf("no key follows")
	}
	return key, nil
}

// Name gives the name by which the secret was looked up.
func (s *Secret) Name() string { return s.name }

// Value gives the text to send: the first line. There is none where that line
// is whsec_<base64>, which only signs.
func (s *Secret) Value() (text string, sendable bool) {
	if strings.HasPrefix(s.lines[0], signingPrefix) {
		return "", false
	}
	return s.lines[0], true
}

// Keys gives the signing keys, one for each line, in their order: the line's
// bytes, or what whsec_<base64> decodes to. The caller must not change them.
func (s *Secret) Keys() [][]byte { return s.keys }

// Texts gives all that must be masked where it is echoed: every line, and of
// whsec_<base64> the base64 and the decoded key too.
func (s *Secret) Texts() []string {
	var texts []string
	for i, line := range s.lines {
		texts = append(texts, line)
		if encoded, signsOnly := strings.CutPrefix(line, signingPrefix); signsOnly {
			texts = append(texts, strings.TrimRight(encoded, "="), string(s.keys[i]))
		}
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
