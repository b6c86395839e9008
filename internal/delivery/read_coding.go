package delivery

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/latch-run/latch/internal/excerpt"
)

const (
	// acceptedCoding is the coding that requests ask for. An answer may use any of codings.
	acceptedCoding = "gzip"
	// maximumCodings bounds how often a body is compressed.
	maximumCodings = 4
	// maximumCodedBytes bounds the input and the output of each decompression, so that a body
	// that expands repeatedly, or that decompresses to nothing for ever, costs a bounded time.
	// A text of MaximumResponseBytes never needs that much.
	maximumCodedBytes = 1 << 20
	// maximumWindow bounds the memory of a decompression, in bytes (RFC 9659,
	// section 3).
	maximumWindow = 8 << 20
)

// codings maps names to decompressors (RFC 9110, section 8.4.1; RFC 7932; RFC 8878).
var codings = map[string]func(io.Reader) (io.Reader, error){
	"gzip":    func(coded io.Reader) (io.Reader, error) { return gzip.NewReader(coded) },
	"x-gzip":  func(coded io.Reader) (io.Reader, error) { return gzip.NewReader(coded) },
	"deflate": inflate,
	"br":      func(coded io.Reader) (io.Reader, error) { return brotli.NewReader(coded), nil },
	"zstd": func(coded io.Reader) (io.Reader, error) {
		return zstd.NewReader(coded, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maximumWindow))
	},
}

// inflate reads deflate in zlib's format, as defined, or without it, as some servers send it.
func inflate(coded io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(coded)
	head, err := buffered.Peek(2)
	if err == nil && head[0]&0x0f == 8 && (uint(head[0])<<8|uint(head[1]))%31 == 0 { // RFC 1950, section 2.2
		return zlib.NewReader(buffered)
	}
	return flate.NewReader(buffered), nil
}

// codingsOf returns the codings of a body in the order in which they were applied, without
// "identity".
func codingsOf(header http.Header) []string {
	if len(header["Content-Encoding"]) == 0 {
		return nil
	}
	var names []string
	for name := range strings.SplitSeq(strings.Join(header["Content-Encoding"], ","), ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" && name != "identity" {
			names = append(names, name)
		}
	}
	return names
}

// decompress undoes a body's codings. It returns at most one byte more than
// MaximumResponseBytes. The error names what could not be undone.
func decompress(names []string, body []byte) ([]byte, error) {
	if len(names) > maximumCodings {
		return nil, fmt.Errorf("its Content-Encoding names %d codings; at most %d are undone", len(names), maximumCodings)
	}
	for i, name := range slices.Backward(names) {
		decoder, known := codings[name]
		if !known {
			return nil, fmt.Errorf("its Content-Encoding %q is not known", excerpt.First(cleanText(name), 40))
		}
		limit := maximumCodedBytes
		if i == 0 {
			limit = MaximumResponseBytes
		}
		text, err := decompressOne(decoder, body, limit+1)
		if err == nil && i > 0 && len(text) > limit {
			err = fmt.Errorf("it grows beyond %d KiB", limit>>10)
		}
		if err != nil {
			return nil, fmt.Errorf("its Content-Encoding is %s, which cannot be undone: %w", name, err)
		}
		body = text
	}
	return body, nil
}

func decompressOne(decoder func(io.Reader) (io.Reader, error), body []byte, limit int) ([]byte, error) {
	reader, err := decoder(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if closer, ok := reader.(interface{ Close() }); ok { // of zstd
		defer closer.Close()
	}
	return io.ReadAll(io.LimitReader(reader, int64(limit)))
}
