package secret

import (
	"errors"
	"fmt"
	"strings"
)

// pemBegin and pemEnd begin the lines around a PEM block (RFC 7468, section 2);
// pemDashes ends them.
const (
	pemBegin  = "-----BEGIN "
	pemEnd    = "-----END "
	pemDashes = "-----"
	// pemEncoded is the beginning of base64-encoded PEM.
	pemEncoded = "LS0tLS1CRUdJTi"
)

// hasPEM reports whether a value is PEM, intact or damaged.
func hasPEM(value string) bool {
	return strings.Contains(withoutNULs(value), pemBegin) || strings.Contains(value, pemEncoded)
}

// withoutNULs converts ASCII text in UTF-16 to ASCII.
func withoutNULs(text string) string { return strings.ReplaceAll(text, "\x00", "") }

// parseDocument parses PEM, which may follow explanatory text. It rejects PEM
// whose line breaks are damaged, because as a text of lines it would be sent.
func parseDocument(value string) (content, error) {
	switch {
	case len(value) > maximumFileBytes:
		return content{}, fmt.Errorf("it has %d bytes; the limit is %d", len(value), maximumFileBytes)
	case strings.Contains(value, pemEncoded):
		return content{}, errors.New("it is PEM that was encoded once more, in base64; decode it")
	case strings.Contains(value, "\x00"):
		return content{}, errors.New("it is PEM in UTF-16; it has to be UTF-8")
	}
	begun, ended := 0, 0
	for line := range strings.Lines(value) {
		line = strings.TrimRight(line, " \t\r\n")
		switch {
		case isBoundary(line, pemBegin):
			begun++
		case isBoundary(line, pemEnd):
			ended++
		case strings.Contains(line, pemBegin), strings.Contains(line, pemEnd):
			return content{}, errors.New("it is PEM whose lines are not as they were: -----BEGIN …----- and -----END …----- each stand in a line of their own, without quotation marks, blanks or a byte order mark before them, and line breaks are not written as \\n")
		}
	}
	if begun != ended {
		return content{}, fmt.Errorf("it is PEM that is not whole: %d blocks begin and %d end", begun, ended)
	}
	return content{document: value}, nil
}

// isBoundary reports whether a line is nothing but the beginning or end of a
// block.
func isBoundary(line, with string) bool {
	label, found := strings.CutPrefix(line, with)
	label, whole := strings.CutSuffix(label, pemDashes)
	return found && whole && !strings.Contains(label, "-")
}

// Document returns the whole text of a secret that is PEM.
func (s *Secret) Document() (text string, isPEM bool) { return s.document, s.document != "" }

// shortestLine is the minimum length, in bytes, of a line of a private key that
// is masked by itself.
const shortestLine = 16

// privateKeys returns the private keys in PEM: each block as it is, its base64,
// and its lines. The other blocks are not secret.
func privateKeys(document string) (texts []string) {
	for {
		start := strings.Index(document, pemBegin)
		if start < 0 {
			return texts
		}
		document = document[start:]
		label, rest, _ := strings.Cut(document[len(pemBegin):], "-----")
		body, after, _ := strings.Cut(rest, "-----END ")
		if strings.HasSuffix(label, "PRIVATE KEY") {
			block := strings.TrimSpace(document[:len(document)-len(after)])
			texts = append(texts, block, strings.TrimSpace(body), strings.Join(strings.Fields(body), ""))
			for _, line := range strings.Fields(body) {
				if len(line) >= shortestLine {
					texts = append(texts, line)
				}
			}
		}
		document = after
	}
}
