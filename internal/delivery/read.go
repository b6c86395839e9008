package delivery

import (
	"io"
	"net/http"

	"github.com/latch-run/latch/internal/excerpt"
)

// An answer is what came back, as far as it came. Nothing of it is masked yet.
type answer struct {
	status int
	header http.Header
	// body is the text: decompressed, in UTF-8 and without a byte order mark, as
	// far as what follows does not say otherwise.
	body []byte
	// cut reports that the body has more than MaximumResponseBytes, broken that
	// the connection ended before the body did.
	cut, broken bool
	// uncoded says why the body could not be decompressed; then body is empty.
	uncoded string
	// uncharted says why the body could not be converted to UTF-8; then it is as
	// it came. converted reports that it was in another charset.
	uncharted string
	converted bool
	known     *reading // once it was read
}

// receive reads a body within the limit, after decompression, as UTF-8. Its
// error is the connection's; what cannot be decoded is told by the answer.
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
