package excerpt

import "unicode/utf8"

// ellipsis replaces the rest of a text.
const ellipsis = "…"

// Of returns the first n bytes of a text, at whole characters. If it omits anything, it appends
// "…": the result has at most n+3 bytes.
func Of(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return First(text, n) + ellipsis
}

// Within is like [Of], but includes the "…" in the limit: the result has at most n bytes. n
// must be at least 3.
func Within(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return First(text, n-len(ellipsis)) + ellipsis
}

// First returns the first n bytes of a text, at whole characters. The result may be up to 3
// bytes shorter. Text that is not UTF-8 is cut at n.
func First(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for cut := n; cut > n-utf8.UTFMax && cut >= 0; cut-- {
		if utf8.RuneStart(text[cut]) {
			return text[:cut]
		}
	}
	return text[:n]
}
