package signature

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// People copy keys by hand, from dashboards, env files and editors. If such a copy adds or
// loses characters, the result is a different key, which signs wrongly or, worse, is no longer
// recognized as one that is never sent. So a text that looks damaged is rejected. The errors in
// this file contain none of it except invisible characters.

// checkEnds rejects characters that a key never begins or ends with.
func checkEnds(text string) error {
	switch {
	case strings.HasPrefix(text, "\xff\xfe"), strings.HasPrefix(text, "\xfe\xff"):
		return errors.New("is UTF-16; it has to be UTF-8")
	case strings.ContainsRune(text, 0):
		return errors.New("has NULs in it, as UTF-16 has; it has to be UTF-8")
	case strings.ContainsRune(text, '\r'):
		return errors.New("has a carriage return within; lines end with a line feed")
	}
	if first, _ := utf8.DecodeRuneInString(text); invisible(first) {
		return fmt.Errorf("begins with %s; take it away", nameOf(first))
	}
	if last, _ := utf8.DecodeLastRuneInString(text); invisible(last) {
		return fmt.Errorf("ends with %s; take it away", nameOf(last))
	}
	if inQuotes(text) {
		return errors.New("stands in quotation marks, which would be part of it; take them away")
	}
	return nil
}

// invisible reports whether a character is invisible: blanks, controls, marks of direction and
// of byte order, joiners, fillers.
func invisible(r rune) bool {
	return unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Z,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) || r == brailleBlank
}

const (
	brailleBlank  = '\u2800'
	byteOrderMark = '\ufeff'
)

func nameOf(invisible rune) string {
	switch invisible {
	case byteOrderMark:
		return "a byte order mark (U+FEFF)"
	case ' ':
		return "a blank"
	case '\t':
		return "a tab"
	default:
		return fmt.Sprintf("an invisible character (%U)", invisible)
	}
}

// closers maps opening quotation marks to the closing ones.
var closers = map[rune]string{'"': `"`, '\'': `'`, '`': "`'", '´': "´", '“': "”“", '”': "”", '„': "“”", '‘': "’‘", '’': "’", '‚': "‘’",
	'«': "»", '»': "«", '‹': "›", '›': "‹", '「': "」", '＂': "＂", '＇': "＇"}

// inQuotes reports whether quotation marks, possibly escaped, surround the text.
func inQuotes(text string) bool {
	text = strings.TrimLeft(text, `\`)
	first, size := utf8.DecodeRuneInString(text)
	last, _ := utf8.DecodeLastRuneInString(text[min(size, len(text)):])
	return closers[first] != "" && strings.ContainsRune(closers[first], last)
}

// checkFamily rejects a text that contains a key of the family without being one.
func checkFamily(text string) error {
	switch {
	case spellsKey(text):
		return fmt.Errorf("has a key of Standard Webhooks in it but does not begin with %s or %s, exactly so: nothing stands before it, and its case and underscore count",
			SymmetricPrefix, PrivatePrefix)
	case encodesKey(text):
		return errors.New("is a key of Standard Webhooks that was encoded once more; decode it")
	default:
		return nil
	}
}

// decodeKey decodes the base64 after a prefix: of the standard alphabet, complete, and padded
// correctly or not at all. Go's own decoder ignores line breaks.
func decodeKey(encoded string) ([]byte, error) {
	bare := strings.TrimRight(encoded, "=")
	foreign := strings.IndexFunc(bare, func(r rune) bool { return !strings.ContainsRune(base64Alphabet, r) })
	switch {
	case bare == "":
		return nil, errors.New("no key follows")
	case foreign >= 0 && strings.Trim(bare, base64Alphabet[:62]+"-_") == "":
		return nil, errors.New("base64 of URLs follows; write + for - and / for _")
	case foreign >= 0:
		return nil, fmt.Errorf("no base64 follows: its character %d is of another alphabet", foreign+1)
	case len(bare)%4 == 1, len(encoded) != len(bare) && len(encoded) != (len(bare)+3)/4*4:
		return nil, errors.New("no base64 follows: it is not whole")
	}
	key, err := base64.RawStdEncoding.Strict().DecodeString(bare)
	if err != nil {
		return nil, errors.New("no base64 follows: its last character is wrong, or lost")
	}
	return key, nil
}

const base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// brokenKey reports whether a line is the beginning of a key, and the next one its rest: base64
// that continues after an incomplete or too short key.
func brokenKey(line, next string) bool {
	prefix := prefixOf(line)
	if prefix == "" || prefix == PublicPrefix || strings.HasSuffix(line, "=") || prefixOf(next) != "" {
		return false
	}
	begun := line[len(prefix):]
	whole, err := decodeKey(begun + next)
	if err != nil || len(whole) < shortestKey {
		return false
	}
	_, isWhole := decodeKey(begun)
	return isWhole != nil || len(begun)*6/8 < shortestKey || strings.HasSuffix(next, "=")
}

// shortestKey is the smallest length of a symmetric key in the specification, in bytes.
const shortestKey = 24
