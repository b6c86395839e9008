package delivery

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"

	"github.com/latch-run/latch/internal/excerpt"
)

// byteOrderMarks maps the byte order marks to encodings, longer marks first; nil is UTF-8. They
// override a charset (Encoding Standard, section 6.1).
var byteOrderMarks = []struct {
	mark     string
	encoding encoding.Encoding
}{
	{"\xef\xbb\xbf", nil},
	{"\xff\xfe\x00\x00", utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)},
	{"\x00\x00\xfe\xff", utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)},
	{"\xff\xfe", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
	{"\xfe\xff", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)},
}

// withoutMark removes a byte order mark and returns the encoding that it stands for. marked is
// false if there is no mark.
func withoutMark(body []byte) (text []byte, says encoding.Encoding, marked bool) {
	if len(body) == 0 || body[0] != 0 && body[0] < 0xef {
		return body, nil, false
	}
	for _, known := range byteOrderMarks {
		if text, marked = bytes.CutPrefix(body, []byte(known.mark)); marked {
			return text, known.encoding, true
		}
	}
	return body, nil, false
}

// toUTF8 returns a body in UTF-8, without a byte order mark. It converts the body according to
// its mark, the charset of its Content-Type, or its zero bytes. Otherwise it assumes UTF-8 and
// converts nothing. Bytes that are invalid in another charset become U+FFFD. It returns an
// error for an unknown charset.
func toUTF8(header http.Header, body []byte) (text []byte, converted bool, err error) {
	text, from, marked := withoutMark(body)
	if !marked {
		from, err = encodingOf(charsetOf(header), text)
	}
	if err != nil || from == nil {
		return text, false, err
	}
	decoded, err := from.NewDecoder().Bytes(text)
	if err != nil { // not x/text's decoder, which replaces what it cannot read
		return text, false, fmt.Errorf("it cannot be converted to UTF-8: %w", err)
	}
	decoded, _, _ = withoutMark(decoded)
	return decoded, true, nil
}

// charsetOf returns the charset of a Content-Type in lower case, or "". It also finds the
// charset in slightly malformed header fields.
func charsetOf(header http.Header) string {
	contentType := header.Get("Content-Type")
	if !strings.ContainsRune(contentType, ';') {
		return ""
	}
	_, parameters, err := mime.ParseMediaType(contentType)
	label := parameters["charset"]
	if err != nil {
		for parameter := range strings.SplitSeq(contentType, ";") {
			if name, value, _ := strings.Cut(parameter, "="); strings.EqualFold(strings.TrimSpace(name), "charset") {
				label = value
				break
			}
		}
	}
	return strings.ToLower(strings.Trim(label, " \t\"'"))
}

// encodingOf finds an encoding by its label; nil is UTF-8. Text without a label is UTF-16 if
// its zero bytes show that (RFC 4627, section 3).
func encodingOf(label string, text []byte) (encoding.Encoding, error) {
	switch label {
	case "utf-8", "utf8", "us-ascii", "ascii":
		return nil, nil
	case "", "utf-16", "utf16":
		if order, wide := orderOf(text); wide || label != "" {
			return unicode.UTF16(order, unicode.IgnoreBOM), nil
		}
		return nil, nil
	case "utf-32be":
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM), nil
	case "utf-32le":
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM), nil
	case "utf-32":
		return utf32.UTF32(utf32.BigEndian, utf32.UseBOM), nil
	}
	if known, err := htmlindex.Get(label); err == nil && known != encoding.Replacement {
		return known, nil
	}
	if known, err := ianaindex.IANA.Encoding(label); err == nil && known != nil {
		return known, nil
	}
	return nil, fmt.Errorf("its charset %q is not known", excerpt.First(cleanText(label), 40))
}

// orderOf returns the byte order of UTF-16 text, and whether the text begins with two ASCII
// characters in that order. If neither order fits, it returns big-endian.
func orderOf(text []byte) (order unicode.Endianness, wide bool) {
	if len(text) >= 4 && text[0] != 0 && text[1] == 0 && text[2] != 0 && text[3] == 0 {
		return unicode.LittleEndian, true
	}
	zeros := len(text) >= 4 && text[0] == 0 && text[1] != 0 && text[2] == 0 && text[3] != 0
	return unicode.BigEndian, zeros
}

// jsonTypes are the media types of JSON other than those that end with +json.
var jsonTypes = []string{"application/json", "text/json", "application/x-json", "text/x-json"}

// saysJSON reports whether a Content-Type is JSON.
func saysJSON(header http.Header) bool {
	for _, contentType := range header["Content-Type"] {
		for part := range strings.SplitSeq(contentType, ",") {
			mediaType, _, _ := strings.Cut(part, ";")
			mediaType = strings.ToLower(strings.TrimSpace(mediaType))
			if slices.Contains(jsonTypes, mediaType) || strings.HasSuffix(mediaType, "+json") {
				return true
			}
		}
	}
	return false
}
