package veil

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"regexp"
	"strings"

	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/mask"
)

// A search first collects the HMACs of all links and tokens in a text, and then
// finds the ones that occur in it, which are few.
type search struct {
	key []byte
	// usual maps the HMACs of the usual length, in lower case, to their
	// spelling; odd are those of other lengths, which occur only in links of
	// other origin.
	usual map[string]string
	odd   []string
	found map[string]bool
}

func newSearch(key []byte) *search {
	return &search{key: key, usual: map[string]string{}, found: map[string]bool{}}
}

// signatureLength is the length of an HMAC in base64.
var signatureLength = base64.RawURLEncoding.EncodedLen(32)

// Bounds of HMACs of other lengths that are searched for everywhere. Others are
// hidden only in links.
const (
	shortestOdd = 12
	maximumOdd  = 100
)

// longestToken bounds a token, in bytes: its parts have at most 1000 each.
const longestToken = 2100

// link matches the address of a lock's page, with the token and the HMAC.
var link = regexp.MustCompile(`/locks/([^\s"'<>?#]+)\?(?:[^\s"'<>#]*?&)?` + locklink.Parameter + `=([A-Za-z0-9_-]+)`)

// collect records the HMACs of all links in a text, and of the lock if the text
// is its token.
func (s *search) collect(text string) {
	s.knows(text)
	s.links(text)
	if mayHold(text) {
		mask.Readings(text, s.links)
	}
}

// links records the HMACs of the links in a text without decoding it.
func (s *search) links(text string) {
	if !strings.Contains(text, locklink.Parameter+"=") {
		return
	}
	for _, parts := range link.FindAllStringSubmatch(text, -1) {
		s.add(parts[2])
		if token, err := url.PathUnescape(parts[1]); err == nil {
			s.knows(token)
		}
	}
}

// knows records the HMAC for a text that may be a lock's token.
func (s *search) knows(token string) {
	if len(s.key) > 0 && len(token) <= longestToken && strings.Count(token, ":") >= 2 && run.FindString(token[strings.LastIndexByte(token, ':')+1:]) != "" {
		s.add(locklink.Sign(s.key, token))
	}
}

func (s *search) add(signature string) {
	switch {
	case len(signature) == signatureLength:
		s.usual[strings.ToLower(signature)] = signature
	case len(signature) >= shortestOdd && len(s.odd) < maximumOdd:
		s.odd = append(s.odd, signature)
	}
}

// find records which of the HMACs occur in a text, however it is escaped,
// except in plain links.
func (s *search) find(text string) {
	text = withoutPlainLinks(text)
	for _, signature := range s.odd {
		if strings.Contains(text, signature) {
			s.found[signature] = true
		}
	}
	if len(s.usual) > 0 && mayHold(text) {
		mask.Readings(text, s.findIn)
	}
}

// packed matches runs of base64 or hexadecimal that are long enough to contain
// an HMAC.
var packed = regexp.MustCompile(`[A-Za-z0-9+/_-]{58,}`)

// findIn searches one reading of a text.
func (s *search) findIn(reading string) {
	s.windows(reading)
	for _, each := range packed.FindAllString(reading, -1) {
		if decoded, err := hex.DecodeString(each); err == nil {
			s.windows(string(decoded))
		}
		each = strings.NewReplacer("-", "+", "_", "/").Replace(each)
		decoded, _ := base64.RawStdEncoding.DecodeString(each) // as much as decodes
		s.windows(string(decoded))
	}
}

// windows checks every position of a text at which an HMAC may begin.
func (s *search) windows(text string) {
	for _, at := range run.FindAllStringIndex(text, -1) {
		letters := strings.ToLower(text[at[0]:at[1]])
		for i := 0; i+signatureLength <= len(letters); i++ {
			if signature, known := s.usual[letters[i:i+signatureLength]]; known {
				s.found[signature] = true
			}
		}
	}
}

// mayHold reports whether a text may contain an HMAC: whether it has a long
// enough run of characters of HMACs and their escapes.
func mayHold(text string) bool {
	length := 0
	for i := range len(text) {
		if !inEscape[text[i]] {
			length = 0
		} else if length++; length >= signatureLength {
			return true
		}
	}
	return false
}

// inEscape are the bytes of HMACs and of their escapes in JSON, URLs and HTML.
var inEscape = func() (set [256]bool) {
	for _, c := range []byte(`ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_%\&#;{}+`) {
		set[c] = true
	}
	return set
}()
