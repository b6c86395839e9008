package delivery

import (
	"net/url"
	"slices"
	"strings"
)

// maximumShownLocation bounds what an error tells of where a redirect leads, in
// bytes.
const maximumShownLocation = maximumErrorBytes / 2

// redirects reports whether the status is a redirect's.
func (a *answer) redirects() bool { return a.status >= 300 && a.status < 400 }

// leads returns where a redirect leads, as the end of a sentence about it, ""
// for an answer that is none or does not say. A relative address is resolved.
// Nothing in it may be a credential: what is masked anywhere is left out with
// all that follows the host, the fragment is dropped, and so are user and
// password and the values of parameters whose names speak of a secret.
func (a *answer) leads(c *call) string {
	if !a.redirects() {
		return ""
	}
	location := c.redaction.of(a).header.Get("Location")
	if location == "" || location == hidden {
		return ""
	}
	to, err := c.request.url.Parse(location)
	if err != nil {
		return ", which leads to no valid URL"
	}
	if c.masker.finds(location) || c.masker.finds(to.String()) {
		return ", which leads to " + to.Scheme + "://" + to.Host
	}
	to.Fragment, to.RawFragment = "", ""
	if to.User != nil {
		to.User = url.User(hidden)
	}
	to.RawQuery = withoutCredentials(to.RawQuery)
	return ", which leads to " + cutText(cleanText(strings.Replace(to.String(), url.User(hidden).String()+"@", hidden+"@", 1)), maximumShownLocation)
}

// speakOfSecrets are what stands in the names of parameters that are
// credentials, or good for getting some.
var speakOfSecrets = []string{"token", "secret", "pass", "pwd", "key", "sig", "auth", "code", "session", "sid", "cred", "jwt", "assertion", "ticket", "saml", "state", "nonce"}

// withoutCredentials hides the values of a query's parameters that may be
// credentials. The order stays.
func withoutCredentials(query string) string {
	if query == "" {
		return ""
	}
	parameters := strings.Split(query, "&")
	for i, parameter := range parameters {
		name, value, _ := strings.Cut(parameter, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		name = strings.ToLower(name)
		if value != "" && slices.ContainsFunc(speakOfSecrets, func(word string) bool { return strings.Contains(name, word) }) {
			parameters[i] = strings.TrimSuffix(parameter, value) + hidden
		}
	}
	return strings.Join(parameters, "&")
}
