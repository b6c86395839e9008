package veil

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/locklink"
)

// hidden stands where a link's HMAC stood.
const hidden = "***"

// mask makes what hides the HMACs that were found.
func (s *search) mask() mask {
	var texts []string
	for signature := range s.found {
		texts = append(texts, spellings(signature)...)
	}
	return mask{known: delivery.NewMask(texts), any: len(s.odd) > 0}
}

// spellings are the cases in which a text stands in a header's name: net/http
// writes those anew.
func spellings(text string) []string {
	canonical := http.CanonicalHeaderKey(text)
	within, _ := strings.CutPrefix(http.CanonicalHeaderKey("x"+text), "X")
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

// A mask hides HMACs in single texts.
type mask struct {
	known delivery.Mask
	// any says that HMACs of any length are among them.
	any bool
}

func (m mask) hide(text string) string {
	text = withoutPlainLinks(text)
	if m.any || mayHold(text) {
		text = m.known.Text(text)
	}
	if !strings.Contains(text, locklink.Parameter+"=") {
		return text
	}
	return link.ReplaceAllStringFunc(text, func(found string) string { // one too short to be looked for
		return found[:strings.LastIndexByte(found, '=')+1] + hidden
	})
}

var run = regexp.MustCompile(`[A-Za-z0-9_-]+`)

// hideShapes hides what looks like an HMAC and stands by itself: its lock may be
// known elsewhere.
func hideShapes(text string) string {
	return run.ReplaceAllStringFunc(text, func(found string) string {
		if locklink.IsSignature(found) {
			return hidden
		}
		return found
	})
}
