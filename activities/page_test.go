package activities

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// A release and a registered job have a page in the console, if the API's address is known.
func TestRunsNameTheirPage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		url      string
		kind     latch.Kind
		workflow string
		want     string
	}{
		{"https://latch.example.com", latch.ReleaseKind, "release-shop 4.2/(a)",
			"https://latch.example.com/console/releases/release-shop%204.2%2F%28a%29"},
		{"https://example.com/latch/", latch.JobKind, "job-load", "https://example.com/latch/console/jobs/load"},
		{"https://latch.example.com", latch.JobKind, "by-hand", ""},
		{"https://latch.example.com", latch.EmissionKind, "emit-1", ""},
		{"", latch.ReleaseKind, "release-1", ""},
	} {
		got := New(Options{APIURL: test.url}).pageOf(protocol.AdmitRequest{Kind: test.kind}, test.workflow)
		require.Equal(t, test.want, got, "%s %s", test.kind, test.workflow)
	}
}
