package delivery

import (
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/mask"
	"github.com/latch-run/latch/internal/urlmask"
)

// maximumShownLocation bounds the location of a redirect in an error's text, in
// bytes.
const maximumShownLocation = maximumErrorBytes / 2

// redirects reports whether the status is a redirect.
func (a *answer) redirects() bool { return a.status >= 300 && a.status < 400 }

// leads returns the target of a redirect, as the end of a sentence. It returns "" for any other
// answer and for a redirect without a location. A relative address is resolved. The result
// contains no credential: anything that is masked elsewhere is omitted with everything after
// the host, and so are the fragment and the credentials that [urlmask.URL] finds.
func (a *answer) leads(c *call) string {
	if !a.redirects() {
		return ""
	}
	location := c.redaction.of(a).header.Get("Location")
	if location == "" || location == mask.Hidden {
		return ""
	}
	to, err := c.request.url.Parse(location)
	if err != nil {
		return ", which leads to no valid URL"
	}
	if c.masker.Finds(location) || c.masker.Finds(to.String()) {
		return ", which leads to " + to.Scheme + "://" + to.Host
	}
	to.Fragment, to.RawFragment = "", ""
	return ", which leads to " + excerpt.First(cleanText(urlmask.URL(to.String())), maximumShownLocation)
}
