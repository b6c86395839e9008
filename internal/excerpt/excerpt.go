package excerpt

import "unicode/utf8"

// ellipsis stands for what was cut off.
const ellipsis = "…"

// Of returns the first n bytes of a text, at whole characters, followed by "…"
// where something was cut off: so at most n+3 bytes.
func Of(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return First(text, n) + ellipsis
}

// Within is [Of] where the "…" counts: the result has at most n bytes. n is 3
// or more.
func Within(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return First(text, n-len(ellipsis)) + ellipsis
}

// First returns the first n bytes of a text, at whole characters: the result
// may be up to 3 bytes shorter. Text that is not UTF-8 is cut at n.
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
