package veil

import (
	"net/textproto"
	"regexp"
	"strings"

	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/mask"
)

// hider returns what hides the HMACs that were found.
func (s *search) hider() hider {
	var texts []string
	for signature := range s.found {
		texts = append(texts, spellings(signature)...)
	}
	return hider{known: mask.New(texts), any: len(s.odd) > 0}
}

// spellings are the cases in which a text stands in a header's name: net/http
// writes those anew.
func spellings(text string) []string {
	canonical := textproto.CanonicalMIMEHeaderKey(text)
	within, _ := strings.CutPrefix(textproto.CanonicalMIMEHeaderKey("x"+text), "X")
	return []string{text, canonical, within, strings.ToLower(text), strings.ToUpper(text)}
}

// plainLink is a link with the HMAC alone, which the address can do without.
var plainLink = regexp.MustCompile(`(/locks/[^\s"'<>?#\\]+)\?` + locklink.Parameter + `=[A-Za-z0-9_-]+([^A-Za-z0-9_&%-]|$)`)

// withoutPlainLinks returns a text with such links without their HMACs.
func withoutPlainLinks(text string) string {
	if !strings.Contains(text, "?"+locklink.Parameter+"=") {
		return text
	}
	return plainLink.ReplaceAllString(text, "$1$2")
}

// A hider hides HMACs in single texts.
type hider struct {
	known *mask.Masker
	// any says that HMACs of any length are among them.
	any bool
}

func (m hider) hide(text string) string {
	text = withoutPlainLinks(text)
	if m.any || mayHold(text) {
		text = m.known.Text(text)
	}
	if !strings.Contains(text, locklink.Parameter+"=") {
		return text
	}
	return link.ReplaceAllStringFunc(text, func(found string) string { // one too short to be looked for
		return found[:strings.LastIndexByte(found, '=')+1] + mask.Hidden
	})
}

var run = regexp.MustCompile(`[A-Za-z0-9_-]+`)

// hideShapes hides what looks like an HMAC and stands by itself: its lock may be
// known elsewhere.
func hideShapes(text string) string {
	return run.ReplaceAllStringFunc(text, func(found string) string {
		if locklink.IsSignature(found) {
			return mask.Hidden
		}
		return found
	})
}
