package urlmask

import "strings"

// Hidden replaces a credential.
const Hidden = "***"

// URL hides the credentials in a URL, or in a template of a URL.
func URL(address string) string { return hide(address, spotsOf(address, 0)) }

// Text hides the credentials in every URL in a text.
func Text(text string) string { return hide(text, spotsIn(text)) }

// RequestLine hides the credentials in the first line of an HTTP request, whose
// URL is usually only a path.
func RequestLine(line string) string {
	method, rest, _ := strings.Cut(line, " ")
	at := strings.LastIndexByte(rest, ' ')
	if at < 0 {
		return line
	}
	return method + " " + URL(rest[:at]) + rest[at:]
}

// Values returns the credentials in a URL.
func Values(address string) []string {
	var values []string
	for _, spot := range spotsOf(address, 0) {
		values = append(values, address[spot.from:spot.to])
	}
	return values
}

func hide(text string, spots []spot) string {
	var b strings.Builder
	at := 0
	for _, spot := range spots {
		b.WriteString(text[at:spot.from])
		b.WriteString(Hidden)
		at = spot.to
	}
	return b.String() + text[at:]
}

// ends are the characters that end a URL in a text.
const ends = " \t\r\n\"'`<>\\"

// spotsIn returns the credentials in every URL in a text.
func spotsIn(text string) []spot {
	var found []spot
	flat := flatten(text)
	for at := 0; ; {
		colon := strings.Index(flat[at:], "://")
		if colon < 0 {
			return found
		}
		from := at + strings.LastIndexAny(flat[at:at+colon], ends+"=([{,") + 1
		to := at + colon + indexOr(flat[at+colon:], ends)
		found = append(found, spotsOf(text[from:to], from)...)
		at = to
	}
}
