package veil

import (
	"net/textproto"
	"regexp"
	"strings"

	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/mask"
)

// hider returns a hider for the HMACs that were found.
func (s *search) hider() hider {
	var texts []string
	for signature := range s.found {
		texts = append(texts, spellings(signature)...)
	}
	return hider{known: mask.New(texts), any: len(s.odd) > 0}
}

// spellings returns a text in the cases that it may have in a header's name,
// which net/http rewrites.
func spellings(text string) []string {
	canonical := textproto.CanonicalMIMEHeaderKey(text)
	within, _ := strings.CutPrefix(textproto.CanonicalMIMEHeaderKey("x"+text), "X")
	return []string{text, canonical, within, strings.ToLower(text), strings.ToUpper(text)}
}

// plainLink matches a link whose query is only the HMAC, which can be removed.
var plainLink = regexp.MustCompile(`(/locks/[^\s"'<>?#\\]+)\?` + locklink.Parameter + `=[A-Za-z0-9_-]+([^A-Za-z0-9_&%-]|$)`)

// withoutPlainLinks removes the HMACs from such links.
func withoutPlainLinks(text string) string {
	if !strings.Contains(text, "?"+locklink.Parameter+"=") {
		return text
	}
	return plainLink.ReplaceAllString(text, "$1$2")
}

// A hider hides HMACs in strings.
type hider struct {
	known *mask.Masker
	// any is true if HMACs of unusual lengths are among them.
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
	return link.ReplaceAllStringFunc(text, func(found string) string { // an HMAC too short to be searched for
		return found[:strings.LastIndexByte(found, '=')+1] + mask.Hidden
	})
}

var run = regexp.MustCompile(`[A-Za-z0-9_-]+`)

// hideShapes hides strings that look like HMACs, because their locks may be
// known elsewhere.
func hideShapes(text string) string {
	return run.ReplaceAllStringFunc(text, func(found string) string {
		if locklink.IsSignature(found) {
			return mask.Hidden
		}
		return found
	})
}
