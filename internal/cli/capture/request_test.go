package capture_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/cli/capture"
)

// Parse never panics, and a body is at most twice as long as its input.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab", "GET / HTTP/1.1\nA: b\n\n",
		"POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n1\r\na\r\n0\r\n\r\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if request, err := capture.Parse(data); err == nil {
			require.LessOrEqual(t, len(request.Body), 2*len(data)) // LF may have been CR LF
		}
	})
}
