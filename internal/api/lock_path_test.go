package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api/apitest"
)

// Contract, "HTTP API": the routes of one lock accept a token in which a proxy has decoded all
// slashes or some of them.
func TestLockWhoseSlashesAreDecoded(t *testing.T) {
	t.Parallel()
	const token = "team/a/release/r-4 ü%:board:abc"
	record := latch.Record{DeliveryID: "dlv_1",
		Lock: &latch.RecordLock{Token: token, RemovedBy: "ann", RemovedAt: latch.NewTime(apitest.Fixed)}}
	for name, path := range map[string]string{
		"encoded": "team%2Fa%2Frelease%2Fr-4%20%C3%BC%25:board:abc",
		"decoded": "team/a/release/r-4%20%C3%BC%25:board:abc",
		"partly":  "team%2fa/release%2Fr-4%20%C3%BC%25:board:abc",
	} {
		f := apitest.Running("team/a/release/r-4 ü%", apitest.Always([]latch.Record{record}, nil), nil)
		handler := apitest.WithKeys(t, f)
		got := apitest.Call(handler, http.MethodGet, "/latch/v1/locks/"+path, "", "X-API-Key", "read")
		require.Equal(t, 200, got.Code, "%s: %s", name, got.Body)
		for _, method := range []string{http.MethodPost, http.MethodDelete} {
			got = apitest.Call(handler, method, "/latch/v1/locks/"+path+"/release", "", "X-API-Key", "lock")
			require.Equal(t, 200, got.Code, "%s: %s", name, got.Body)
			require.Contains(t, got.Body.String(), `"removed_by":"ann"`)
		}
		apitest.ProblemOf(t, apitest.Call(handler, http.MethodPost, "/latch/v1/locks/"+path+"/release", "", "X-API-Key", "read"), 403)
	}
}
