package console_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"

	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/console"
	"github.com/latch-run/latch/internal/lockpage"
	"github.com/latch-run/latch/internal/mitto/mittoapi"
)

// away is a Temporal that cannot be reached: each call of it fails.
type away struct{ client.Client }

var errAway = serviceerror.NewUnavailable("connection refused")

func (away) WorkflowService() workflowservice.WorkflowServiceClient {
	return workflowservice.NewWorkflowServiceClient(awayConn{})
}

func (away) ListWorkflow(context.Context,
	*workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return nil, errAway
}

func (away) DescribeWorkflowExecution(context.Context, string, string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	return nil, errAway
}

func (away) QueryWorkflow(context.Context, string, string, string, ...any) (converter.EncodedValue, error) {
	return nil, errAway
}

func (away) UpdateWorkflow(context.Context, client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	return nil, errAway
}

type awayConn struct{}

func (awayConn) Invoke(context.Context, string, any, any, ...grpc.CallOption) error { return errAway }

func (awayConn) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errAway
}

// serveAway serves the console over a Temporal that cannot be reached, and
// without keys.
func serveAway(t *testing.T) string {
	t.Helper()
	handler, err := api.New(api.Options{Client: away{}, Routes: []api.Routes{mittoapi.Routes(mittoapi.Options{}),
		lockpage.Routes(lockpage.Options{Inbox: true}), console.Routes(console.Options{Stop: t.Context()})}})
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// addressOf is a page's path with something for its variables.
func addressOf(path string) string {
	return strings.NewReplacer("deliveries/{id}",
		"deliveries/dlv_0123456789?workflow_id=release-shop&run_id=00000000-0000-4000-8000-000000000000", "{id}",
		"shop", "{webhook}", "990100001").Replace(path)
}

// needsNoTemporal are the pages that show no data from Temporal. The page of deliveries that
// were sent again is one if it has none.
var needsNoTemporal = []string{"/console/start-release", "/console/new-webhook", "/console/deliveries/again", "/console/deliveries/queue",
	"/console/jobs/{id}/webhooks/new", "/console/gallery"}

// Each page says clearly that Temporal is unreachable, and keeps its navigation.
func TestEachPageSaysThatTemporalIsOutOfReach(t *testing.T) {
	t.Parallel()
	p := visitor(t, serveAway(t))
	for _, path := range console.Paths() {
		if path == "/login" {
			continue // without keys it leads to the inbox
		}
		got := p.get(addressOf(path))
		if slices.Contains(needsNoTemporal, path) {
			require.Equal(t, http.StatusOK, got.status, path)
			continue
		}
		require.Equal(t, http.StatusServiceUnavailable, got.status, "%s: %s", path, got.body)
		require.Contains(t, got.body, "<h1>Temporal is out of reach or busy</h1>", path)
		require.Contains(t, got.body, ">Releases</a>", "%s: the navigation stays", path)
	}
}

// Each list from Temporal says that it may lag behind.
func TestEachListSaysThatItLags(t *testing.T) {
	t.Parallel()
	w := newWorld()
	p := visitor(t, serve(t, w, ""))
	p.registered(nightJob)
	for path, id := range map[string]string{"/": "locks", "/console/releases": "list", "/console/gates": "list",
		"/console/jobs": "jobs", "/console/jobs/night": "runs",
		"/console/deliveries": "list"} {
		body := p.get(path).body
		_, list, found := strings.Cut(body, `<section class="list" id="`+id+`"`)
		require.True(t, found, path)
		count, _, _ := strings.Cut(list, "</p>")
		require.Contains(t, count, "moment", path)
	}
}

// A form that was sent while Temporal was unreachable can be sent again, unchanged, from the
// page that says so.
func TestAFormIsKeptWhileTemporalIsOutOfReach(t *testing.T) {
	t.Parallel()
	p := visitor(t, serveAway(t))
	got := p.post(startPage, url.Values{"form": {p.proof(startPage)}, "of": {"start"}, "action": {"start"},
		"file": {goodRelease}, "workflow_id": {"<mine>"}})
	require.Equal(t, http.StatusServiceUnavailable, got.status)
	require.Contains(t, got.body, "Temporal is out of reach")
	again := formsOf(t, got.body)
	require.Len(t, again, 1)
	require.Equal(t, "start", again[0].id)
	require.Equal(t, goodRelease, again[0].values["file"])
	require.Equal(t, "<mine>", again[0].values["workflow_id"])
	require.Equal(t, []string{"start"}, again[0].buttons)
}

// The navigation shows the position of a page: its entry, or the entry above it.
func TestTheNavigationSaysWhereAPageIs(t *testing.T) {
	t.Parallel()
	_, base, addresses := everywhere(t, "harmless")
	p := loggedIn(t, base, adminKey)
	for path, entry := range map[string]string{"/": "page>Inbox", "/console/releases": "page>Releases",
		"/console/releases/{id}": "true>Releases", "/console/gates": "page>Gates", "/console/gates/{id}": "true>Gates",
		"/console/start-release": "true>Releases", "/console/jobs/{id}": "true>Jobs", "/console/jobs/{id}/webhooks/new": "true>Jobs",
		"/console/deliveries/{id}": "true>Deliveries", "/console/new-webhook": "true>Webhooks",
		"/console/webhooks/{webhook}": "true>Webhooks", "/console/watches/{id}": "true>Watches", "/console/gallery": ""} {
		body := p.get(addresses[path]).body
		if entry == "" {
			require.NotContains(t, body, "aria-current", path)
			continue
		}
		current, name, _ := strings.Cut(entry, ">")
		require.Contains(t, body, `aria-current="`+current+`">`+name+"</a>", path)
		require.Equal(t, 1, strings.Count(body, "aria-current"), path)
	}
}
