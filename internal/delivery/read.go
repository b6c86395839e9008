package delivery

import (
	"io"
	"net/http"

	"github.com/latch-run/latch/internal/excerpt"
)

// An answer is the part of the response that arrived, not masked yet.
type answer struct {
	status int
	header http.Header
	// body is the text: decompressed, in UTF-8 and without a byte order mark, unless a field
	// below says otherwise.
	body []byte
	// cut reports that the body exceeds MaximumResponseBytes. broken reports that the
	// connection ended before the body did.
	cut, broken bool
	// uncoded says why the body could not be decompressed. The body is then empty.
	uncoded string
	// uncharted says why the body could not be converted to UTF-8. The body is then unchanged.
	// converted reports that it was in another charset.
	uncharted string
	converted bool
	known     *reading // set when the body has been read
}

// receive reads a body within the limit, after decompression, as UTF-8. It returns the error of
// the connection; the answer itself says what could not be decoded.
func (a *answer) receive(response *http.Response) (err error) {
	codings, limit := codingsOf(a.header), MaximumResponseBytes
	if len(codings) > 0 {
		limit = maximumCodedBytes
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, int64(limit)+1))
	switch {
	case err != nil && len(codings) > 0:
		return err
	case len(codings) > 0 && len(body) > 0:
		if body, err = decompress(codings, body); err != nil {
			a.uncoded = err.Error()
			return nil
		}
	}
	a.cut = len(body) > MaximumResponseBytes
	a.body = body[:min(len(body), MaximumResponseBytes)]
	var unknown error
	if a.body, a.converted, unknown = toUTF8(a.header, a.body); unknown != nil {
		a.uncharted = unknown.Error()
	}
	if len(a.body) > MaximumResponseBytes {
		a.cut, a.body = true, []byte(excerpt.First(string(a.body), MaximumResponseBytes))
	}
	return err
}
