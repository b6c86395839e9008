package cli

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

	"github.com/latch-run/latch/internal/cli/output"
)

// A captured request is the part of a request that signatures cover.
type captured struct {
	header http.Header
	// body is the body as it was captured; see bodies.
	body []byte
	// rest is all that follows the headers. It is nil where the body was given by itself,
	// or in chunks. length is the Content-Length, -1 without that header.
	rest   []byte
	length int
}

// readCaptured reads the request from a file, from flags, or its headers from a
// file and its body by --body.
func readCaptured(out *output.Printer, flags verifyFlags, args []string) (*captured, error) {
	request := &captured{header: http.Header{}}
	var err error
	switch {
	case len(args) == 1 && len(flags.headers) > 0:
		return nil, errors.New("give the request either as a file or by --header, not both")
	case len(args) == 1 && args[0] == "-" && flags.body == "-":
		return nil, errors.New("standard input is either REQUEST or --body, not both")
	case len(args) == 1:
		if request, err = captureFrom(out, args[0], flags.body != ""); err != nil {
			return nil, err
		}
	case len(flags.headers) == 0 && flags.body == "":
		return nil, errors.New("give the request as a file, or by --header and --body")
	}
	for _, header := range flags.headers {
		name, value, found := strings.Cut(header, ":")
		if !found {
			return nil, fmt.Errorf("--header: %q is not of the form name: value", header)
		}
		request.header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	if flags.body != "" {
		request.body, err = readFile(flags.body, out.In)
	}
	return request, err
}

// captureFrom reads a file, without its body where headersOnly is true.
func captureFrom(out *output.Printer, name string, headersOnly bool) (*captured, error) {
	data, err := readFile(name, out.In)
	if err != nil {
		return nil, err
	}
	parse := parseCaptured
	if headersOnly {
		parse = parseHeaders
	}
	request, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if headersOnly {
		request.rest = nil
	}
	return request, nil
}

// parseCaptured reads a raw HTTP/1.1 request with lines ended by CR LF or LF: as webhook
// test prints it (as text or JSON), as curl -v prints it, or as it stands in a .http
// file. What precedes the request is skipped.
func parseCaptured(data []byte) (*captured, error) {
	request, err := parseHeaders(data)
	if err != nil || request.rest == nil {
		return request, err
	}
	candidates, err := request.bodies(nil)
	if err != nil {
		return nil, err
	}
	request.body = candidates[0]
	return request, nil
}

// parseHeaders is parseCaptured without the body, unless that is in chunks.
func parseHeaders(data []byte) (*captured, error) {
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
		_, _ = reader.ReadLine() // it is not signed
	}
	header, err := reader.ReadMIMEHeader()
	if err != nil && !(errors.Is(err, io.EOF) && len(header) > 0) {
		return nil, fmt.Errorf("its headers cannot be read, or no empty line ends them: %w", err)
	}
	request := &captured{header: http.Header(header), length: -1}
	if strings.EqualFold(request.header.Get("Transfer-Encoding"), "chunked") {
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

// wireOf returns the request in the JSON that webhook test prints, and any other text as
// it is.
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
	// fileLine is the request line of a .http file, in which the version is optional.
	fileLine   = regexp.MustCompile(`^(GET|POST|PUT|PATCH|DELETE|HEAD) (https?://|/|\{\{)\S*(\s+HTTP/[0-9.]+)?\s*$`)
	headerLine = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*:\s`)
	comment    = regexp.MustCompile(`^(#|//|@)`)
)

// requestIn returns the request in a text, from its request line on, or else from its
// first header. It reports whether the text is a .http file.
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

// toldByCurl returns the lines that curl sent from what curl -v prints, and any other
// text as it is.
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

// untilSeparator cuts a body where the next request of a .http file begins.
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
func (c *captured) readLength() error {
	told := c.header.Get("Content-Length")
	if told == "" {
		return nil
	}
	length, err := strconv.ParseUint(told, 10, 31)
	if err != nil {
		return fmt.Errorf("its Content-Length, %q, is no number", told)
	}
	c.length = int(length)
	return nil
}

// readChunks reads a body in chunks.
func (c *captured) readChunks(data []byte) error {
	request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(data)))
	if err != nil {
		return err
	}
	if c.body, err = io.ReadAll(request.Body); err != nil {
		return fmt.Errorf("its chunks cannot be read: %w", err)
	}
	return nil
}
