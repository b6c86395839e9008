package output

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/latch-run/latch/internal/excerpt"
)

// Printable makes text from other systems safe for a terminal: control characters other than
// line breaks become U+FFFD.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) {
			return utf8.RuneError
		}
		return r
	}, text)
}

// OneLine is [Printable] in one line, cut to 200 bytes.
func OneLine(text string) string {
	return excerpt.Of(strings.Join(strings.Fields(Printable(text)), " "), 200)
}

// Shell quotes an argument for a shell if necessary.
func Shell(argument string) string {
	const safe = "%+,-./:=@_"
	special := func(r rune) bool {
		return (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)) && !strings.ContainsRune(safe, r)
	}
	if argument != "" && !strings.ContainsFunc(argument, special) {
		return argument
	}
	return "'" + strings.ReplaceAll(argument, "'", `'\''`) + "'"
}

// OrDash returns the text, or a dash if it is empty.
func OrDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// Colon returns ": " and the text, or "" if it is empty.
func Colon(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}
