package delivery

import (
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/mask"
	"github.com/latch-run/latch/internal/urlmask"
)

// maximumShownLocation bounds the location of a redirect in an error's text, in
// bytes.
const maximumShownLocation = maximumErrorBytes / 2

// redirects reports whether the status is a redirect's.
func (a *answer) redirects() bool { return a.status >= 300 && a.status < 400 }

// leads returns where a redirect leads, as the end of a sentence about it, ""
// for any other answer, and for one without a location. A relative address is resolved.
// Nothing in it may be a credential: what is masked anywhere is left out with
// all that follows the host, the fragment is dropped, and so are the
// credentials that [urlmask.URL] finds.
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
