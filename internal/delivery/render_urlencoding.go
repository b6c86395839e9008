package delivery

import (
	"errors"
	"strings"
)

const upperHex = "0123456789ABCDEF"

// urlSpace is the white space that may surround a URL without being part of it, such as the
// line break at the end of a file.
const urlSpace = " \t\r\n"

// encodeURL percent-encodes, in UTF-8, every character of a URL's path and query that RFC 3986
// (appendix A, "pchar", "query") does not allow there, including a percent sign that does not
// begin an escape. Escapes and "+" stay as they are. The fragment, which is never sent, is
// dropped. Scheme and host are left to the caller.
func encodeURL(address string) (string, error) {
	address = strings.Trim(address, urlSpace)
	if strings.ContainsFunc(address, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", errors.New("it has a line break or another control character, which must be percent-encoded")
	}
	address, _, _ = strings.Cut(address, "#")
	scheme, rest, _ := strings.Cut(address, "://")
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		return address, nil
	}
	begin := len(scheme) + len("://") + end
	encoded := append(make([]byte, 0, len(address)+16), address[:begin]...)
	for i := begin; i < len(address); i++ {
		c := address[i]
		if allowedInURL(c) || c == '%' && isEscape(address[i:]) {
			encoded = append(encoded, c)
			continue
		}
		encoded = append(encoded, '%', upperHex[c>>4], upperHex[c&0xf])
	}
	return string(encoded), nil
}

// allowedInURL reports whether a path or a query may contain the byte unescaped, including the
// delimiters / and ?.
func allowedInURL(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~!$&'()*+,;=:@/?", c) >= 0
}

// isEscape reports whether the text begins with a percent sign and two
// hexadecimal digits.
func isEscape(text string) bool { return len(text) > 2 && isHex(text[1]) && isHex(text[2]) }

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' }
