package secret

import "strings"

// pemBegin begins a block of PEM (RFC 7468, section 2).
const pemBegin = "-----BEGIN "

// isDocument tells PEM from lines: it has a block, maybe after explanatory
// text.
func isDocument(value string) bool {
	return strings.HasPrefix(value, pemBegin) || strings.Contains(value, "\n"+pemBegin)
}

// Document gives the whole of a secret that is PEM.
func (s *Secret) Document() (text string, isPEM bool) { return s.document, s.document != "" }

// privateKeys gives the private keys in PEM, each as its block stands there
// and as the base64 in it. What else PEM holds is no secret.
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
		}
		document = after
	}
}
