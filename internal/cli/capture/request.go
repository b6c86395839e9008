package capture

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Request is the part of a captured request that signatures cover.
type Request struct {
	Header http.Header
	// Body is the captured body.
	Body []byte
	// rest is everything after the headers. It is nil if the body was given separately, or in
	// chunks. length is the Content-Length, or -1 without that header.
	rest   []byte
	length int
}

// Parse reads a raw HTTP/1.1 request with CR LF or LF line endings, the output of webhook test
// (as text or JSON) or of curl -v, or a .http file. It skips text in front of the request.
func Parse(data []byte) (*Request, error) {
	request, err := parseHeaders(data)
	if err != nil || request.rest == nil {
		return request, err
	}
	candidates, err := request.bodies(nil)
	if err != nil {
		return nil, err
	}
	request.Body = candidates[0]
	return request, nil
}

// ParseHeaders is [Parse] without the body, which the caller has from another source.
func ParseHeaders(data []byte) (*Request, error) {
	request, err := parseHeaders(data)
	if err != nil {
		return nil, err
	}
	request.rest = nil
	return request, nil
}

// parseHeaders reads everything except the body, which it reads only if it is in chunks.
func parseHeaders(data []byte) (*Request, error) {
	text, err := wireOf(data)
	if err != nil {
		return nil, err
	}
	text, fromFile := requestIn(text)
	if text == nil {
		return nil, errors.New("it has no request line such as POST /hook HTTP/1.1, and no headers")
	}
	reader := textproto.NewReader(bufio.NewReader(bytes.NewReader(text)))
	if requestLine.Match(firstLine(text)) {
		_, _ = reader.ReadLine() // not signed
	}
	header, err := reader.ReadMIMEHeader()
	if err != nil && !(errors.Is(err, io.EOF) && len(header) > 0) {
		return nil, fmt.Errorf("its headers cannot be read, or no empty line ends them: %w", err)
	}
	request := &Request{Header: http.Header(header), length: -1}
	if strings.EqualFold(request.Header.Get("Transfer-Encoding"), "chunked") {
		return request, request.readChunks(text)
	}
	if request.rest, err = io.ReadAll(reader.R); err != nil {
		return nil, err
	}
	if fromFile {
		request.rest = untilSeparator(request.rest)
	}
	return request, request.readLength()
}

// wireOf returns the request in the JSON output of webhook test, and any other text unchanged.
func wireOf(data []byte) ([]byte, error) {
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		return data, nil
	}
	var trial struct{ Wire string }
	if !utf8.Valid(data) || json.Unmarshal(data, &trial) != nil || trial.Wire == "" {
		return nil, errors.New("it is neither a request nor what webhook test --output json prints")
	}
	return []byte(trial.Wire), nil
}

var (
	requestLine = regexp.MustCompile(`^[A-Z]+ \S+ HTTP/[0-9.]+\s*$`)
	// fileLine is the request line of a .http file. The version is optional.
	fileLine   = regexp.MustCompile(`^(GET|POST|PUT|PATCH|DELETE|HEAD) (https?://|/|\{\{)\S*(\s+HTTP/[0-9.]+)?\s*$`)
	headerLine = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*:\s`)
	comment    = regexp.MustCompile(`^(#|//|@)`)
)

// requestIn returns the request in a text, starting at its request line, or else at its first
// header. It reports whether the text is a .http file.
func requestIn(text []byte) (request []byte, fromFile bool) {
	text = toldByCurl(text)
	headers := -1
	for at := 0; at < len(text); {
		line := firstLine(text[at:])
		switch {
		case requestLine.Match(line):
			return text[at:], bytes.HasPrefix(bytes.TrimSpace(text), []byte("###"))
		case fileLine.Match(line):
			head, _, _ := bytes.Cut(bytes.TrimRight(line, " \t\r"), []byte(" HTTP/"))
			return append(append(head, " HTTP/1.1\n"...), withoutComments(text[min(at+len(line)+1, len(text)):])...), true
		case headers < 0 && headerLine.Match(line):
			headers = at
		}
		at += len(line) + 1
	}
	if headers < 0 {
		return nil, false
	}
	return text[headers:], false
}

func firstLine(text []byte) []byte {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return bytes.Clone(line)
}

// toldByCurl returns the lines that curl sent, from the output of curl -v, and any other text
// unchanged.
func toldByCurl(text []byte) []byte {
	var sent []string
	told := false
	for line := range strings.SplitSeq(string(text), "\n") {
		if after, is := strings.CutPrefix(line, ">"); is && (after == "" || strings.ContainsAny(after[:1], " \r")) {
			line = strings.TrimPrefix(after, " ")
			told = told || requestLine.MatchString(line)
			sent = append(sent, line)
		}
	}
	if !told {
		return text
	}
	return []byte(strings.Join(sent, "\n") + "\n")
}

// withoutComments removes the comments among the headers of a .http file.
func withoutComments(text []byte) []byte {
	var kept []byte
	for len(text) > 0 {
		line := firstLine(text)
		end := min(len(line)+1, len(text))
		if len(bytes.TrimSpace(line)) == 0 {
			return append(kept, text...)
		}
		if !comment.Match(line) {
			kept = append(kept, text[:end]...)
		}
		text = text[end:]
	}
	return append(kept, '\n') // without a body, no empty line ends the headers
}

// untilSeparator truncates a body at the next request of a .http file.
func untilSeparator(body []byte) []byte {
	if bytes.HasPrefix(body, []byte("###")) {
		return nil
	}
	if at := bytes.Index(body, []byte("\n###")); at >= 0 {
		return body[:at]
	}
	return body
}

// readLength reads Content-Length.
func (r *Request) readLength() error {
	told := r.Header.Get("Content-Length")
	if told == "" {
		return nil
	}
	length, err := strconv.ParseUint(told, 10, 31)
	if err != nil {
		return fmt.Errorf("its Content-Length, %q, is no number", told)
	}
	r.length = int(length)
	return nil
}

// readChunks reads a body in chunks.
func (r *Request) readChunks(data []byte) error {
	request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(data)))
	if err != nil {
		return err
	}
	if r.Body, err = io.ReadAll(request.Body); err != nil {
		return fmt.Errorf("its chunks cannot be read: %w", err)
	}
	return nil
}
