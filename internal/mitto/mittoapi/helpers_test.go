package mittoapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/lockpage"
	"github.com/latch-run/latch/internal/mitto/mittoapi"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// A mittoBench is an API without keys over a fake registry.
type mittoBench struct {
	*testing.T
	http.Handler
	registry *apitest.Registry
	temporal *runstest.Temporal
}

func newMitto(t *testing.T) *mittoBench {
	t.Helper()
	b := &mittoBench{T: t, registry: &apitest.Registry{Ran: map[string]registry.Run{}}, temporal: apitest.Temporal()}
	b.Handler = apitest.New(t, b.temporal,
		api.Options{FQDN: "stage.zuarbase.net", Environment: "test",
			Routes: apitest.Routes(mittoapi.Options{Registry: b.registry}, lockpage.Options{})})
	return b
}

// do sends a request and returns the body of an answer with the status.
func (b *mittoBench) do(status int, method, path, body string, headers ...string) string {
	b.Helper()
	got := apitest.Call(b, method, path, body, headers...)
	require.Equal(b, status, got.Code, "%s %s: %s", method, path, got.Body)
	if status < 300 && status != 204 {
		require.Equal(b, "application/json", got.Header().Get("Content-Type"))
	}
	return strings.TrimSpace(got.Body.String())
}
