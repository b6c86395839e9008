package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
)

// readCaptured reads the request from a file or from flags.
func (a *app) readCaptured(flags verifyFlags, args []string) (*captured, error) {
	byFlags := len(flags.headers) > 0 || flags.body != ""
	switch {
	case len(args) == 1 && byFlags:
		return nil, errors.New("give the request either as a file or by --header and --body, not both")
	case len(args) == 1:
		data, err := readFile(args[0], a.in)
		if err != nil {
			return nil, err
		}
		request, err := parseCaptured(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", args[0], err)
		}
		return request, nil
	case !byFlags:
		return nil, errors.New("give the request as a file, or by --header and --body")
	}
	request := &captured{header: http.Header{}}
	for _, header := range flags.headers {
		name, value, found := strings.Cut(header, ":")
		if !found {
			return nil, fmt.Errorf("--header: %q is not of the form name: value", header)
		}
		request.header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	var err error
	if flags.body != "" {
		request.body, err = readFile(flags.body, a.in)
	}
	return request, err
}

// parseCaptured reads a raw HTTP/1.1 request, its lines ended by CR LF or LF.
// The body is as long as Content-Length says, else all that is left.
func parseCaptured(data []byte) (*captured, error) {
	reader := textproto.NewReader(bufio.NewReader(bytes.NewReader(data)))
	line, err := reader.ReadLine()
	if err != nil || len(strings.Fields(line)) != 3 || !strings.Contains(line, "HTTP/") {
		return nil, errors.New("it does not begin with a request line such as POST /hook HTTP/1.1")
	}
	header, err := reader.ReadMIMEHeader()
	if err != nil {
		return nil, fmt.Errorf("its headers cannot be read, or no empty line ends them: %w", err)
	}
	request := &captured{header: http.Header(header)}
	if strings.EqualFold(request.header.Get("Transfer-Encoding"), "chunked") {
		return request, request.readChunks(data)
	}
	if request.body, err = io.ReadAll(reader.R); err != nil {
		return nil, err
	}
	told := request.header.Get("Content-Length")
	length, err := strconv.ParseUint(told, 10, 32)
	switch {
	case told == "":
	case err != nil:
		return nil, fmt.Errorf("its Content-Length, %q, is no number", told)
	case uint64(len(request.body)) < length:
		return nil, fmt.Errorf("its body has %d bytes, and its Content-Length says %d: the capture is cut or was changed", len(request.body), length)
	default:
		request.body = request.body[:length]
	}
	return request, nil
}

// readChunks reads a body that stands there in chunks.
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
