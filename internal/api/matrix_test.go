package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// routeRoles is the least role of every route, the Mitto routes under their
// first path. A route that is not listed here fails TestEveryRouteForEveryCredential.
var routeRoles = map[string]string{
	"GET /openapi.json": "none",
	"GET /healthz":      "none",
	"GET /readyz":       "none",
	"GET /metrics":      "read",

	"GET /latch/v1/locks":                   "read",
	"GET /latch/v1/locks/{lock}":            "read",
	"POST /latch/v1/locks/{lock}/release":   "lock",
	"DELETE /latch/v1/locks/{lock}/release": "lock",
	"POST /latch/v1/locks/{lock}/extend":    "lock",
	"GET /locks/{lock}":                     "read",
	"POST /locks/{lock}":                    "lock",

	"GET /latch/v1/releases":                "read",
	"POST /latch/v1/releases":               "run",
	"GET /latch/v1/releases/{id}":           "read",
	"GET /latch/v1/releases/{id}/plan":      "read",
	"POST /latch/v1/releases/plan":          "run",
	"POST /latch/v1/releases/dry-run":       "run",
	"POST /latch/v1/releases/{id}/stop":     "run",
	"POST /latch/v1/releases/{id}/rollback": "run",
	"POST /latch/v1/releases/{id}/retry":    "run",
	"POST /latch/v1/releases/{id}/skip":     "run",
	"GET /latch/v1/concurrency/{key}":       "read",
	"POST /latch/v1/gates":                  "run",
	"GET /latch/v1/gates":                   "read",
	"GET /latch/v1/gates/{id}":              "read",
	"GET /latch/v1/gates/{id}/evidence":     "read",
	"GET /latch/v1/releases/{id}/evidence":  "read",
	"POST /latch/v1/gates/{id}/stop":        "run",
	"POST /latch/v1/gates/{id}/rollback":    "run",
	"POST /latch/v1/gates/{id}/skip":        "run",
	"POST /latch/v1/events":                 "run",

	"POST /latch/v1/completions":           "none",
	"POST /latch/v1/integrations/slack":    "none",
	"GET /latch/v1/webhooks":               "read",
	"POST /latch/v1/webhooks":              "admin",
	"POST /latch/v1/webhooks/preview":      "admin",
	"POST /latch/v1/webhooks/test":         "admin",
	"GET /latch/v1/webhooks/{id}":          "read",
	"PUT /latch/v1/webhooks/{id}":          "admin",
	"DELETE /latch/v1/webhooks/{id}":       "admin",
	"POST /latch/v1/webhooks/{id}/enable":  "admin",
	"POST /latch/v1/webhooks/{id}/disable": "admin",
	"GET /latch/v1/webhooks/{id}/history":  "read",

	"GET /latch/v1/audit": "admin",

	"GET /latch/v1/watches":         "read",
	"GET /latch/v1/watches/{id}":    "read",
	"PUT /latch/v1/watches/{id}":    "admin",
	"DELETE /latch/v1/watches/{id}": "admin",

	"GET /latch/v1/freezes":         "read",
	"GET /latch/v1/freezes/{id}":    "read",
	"PUT /latch/v1/freezes/{id}":    "admin",
	"DELETE /latch/v1/freezes/{id}": "admin",

	"GET /latch/v1/deliveries":                 "read",
	"GET /latch/v1/deliveries/statistics":      "read",
	"GET /latch/v1/deliveries/{id}":            "read",
	"GET /latch/v1/deliveries/queues/{id}":     "read",
	"POST /latch/v1/deliveries/redeliver":      "run",
	"POST /latch/v1/deliveries/{id}/redeliver": "run",

	"GET /latch/v1/jobs":                        "read",
	"GET /latch/v1/jobs/{id}":                   "read",
	"PUT /latch/v1/jobs/{id}":                   "admin",
	"GET /latch/v1/tags":                        "read",
	"PUT /latch/v1/tags/{id}":                   "admin",
	"DELETE /latch/v1/tags/{id}":                "admin",
	"GET /latch/v1/jobs/{id}/runs":              "read",
	"POST /latch/v1/jobs/{id}/pause":            "admin",
	"POST /latch/v1/jobs/{id}/resume":           "admin",
	"POST /latch/v1/jobs/{id}/webhooks/preview": "admin",
	"POST /latch/v1/jobs/{id}/webhooks/test":    "admin",

	"GET /v2/jobs":                "read",
	"POST /v2/jobs":               "admin",
	"GET /v2/jobs/search":         "read",
	"POST /v2/jobs/search":        "read",
	"GET /v2/jobs/{id}":           "read",
	"PATCH /v2/jobs/{id}":         "admin",
	"DELETE /v2/jobs/{id}":        "admin",
	"GET /v2/jobs/{id}/status":    "read",
	"POST /v2/jobs/{id}/:actions": "run",
	"GET /v2/jobs/{id}/webhooks":  "read",
	"POST /v2/jobs/{id}/webhooks": "admin",
	"GET /v2/bulk/jobs":           "read",
	"POST /v2/bulk/jobs":          "admin",
	"GET /v2/about":               "read",
	"GET /v2/about/messages":      "read",
	"GET /v2/metrics":             "read",
	"GET /job/{id}":               "read",
	"GET /webhooks":               "read",
	"GET /webhooks/{webhook}":     "read",
	"PUT /webhooks/{webhook}":     "admin",
	"DELETE /webhooks/{webhook}":  "admin",
	"GET /system":                 "read",
	"GET /tags":                   "read",
	"POST /tags":                  "admin",
}

// linkedRoutes are those that a lock's link opens without a key.
var linkedRoutes = []string{"GET /locks/{lock}", "POST /locks/{lock}"}

// expandedRoutes adds the paths below /api, where every Mitto route exists again.
func expandedRoutes() map[string]string {
	expanded := maps.Clone(routeRoles)
	for route, role := range routeRoles {
		method, path, _ := strings.Cut(route, " ")
		own := strings.HasPrefix(path, "/latch/") || strings.HasPrefix(path, "/locks/") ||
			slices.Contains([]string{"/openapi.json", "/healthz", "/readyz", "/metrics"}, path)
		if !own {
			expanded[method+" /api"+path] = role
		}
	}
	return expanded
}

// A documented operation, as far as access goes.
type documented struct {
	route, role string
	linked      bool
	body        bool
	security    []map[string][]string
}

func operationsOf(t *testing.T, handler http.Handler) []documented {
	t.Helper()
	var document struct {
		Security []map[string][]string
		Paths    map[string]map[string]struct {
			Role        string                `json:"x-latch-role"`
			Link        bool                  `json:"x-latch-link"`
			Security    []map[string][]string `json:"security"`
			RequestBody json.RawMessage       `json:"requestBody"`
		}
	}
	require.NoError(t, json.Unmarshal(apitest.Call(handler, "GET", "/openapi.json", "").Body.Bytes(), &document))
	require.NotEmpty(t, document.Security)
	var all []documented
	for path, methods := range document.Paths {
		for method, o := range methods {
			security := o.Security
			if security == nil {
				security = document.Security
			}
			all = append(all, documented{strings.ToUpper(method) + " " + path, o.Role, o.Link, o.RequestBody != nil, security})
		}
	}
	slices.SortFunc(all, func(a, b documented) int { return strings.Compare(a.route, b.route) })
	return all
}

// A credential is the authentication of a request in the matrix.
type credential struct {
	name string
	// role is the one that the credential has; "" for a credential without a role.
	role    string
	query   string
	headers []string
}

func credentials() []credential {
	wrong := "Bearer " + apitest.KeyOf("admin") + "x"
	all := []credential{
		{name: "no key"},
		{name: "a wrong key", headers: []string{"X-API-Key", apitest.KeyOf("admin") + "x"}},
		{name: "a wrong bearer", headers: []string{"Authorization", wrong}},
		{name: "a wrong key in the query", query: "API_KEY=" + apitest.KeyOf("admin") + "x"},
		{name: "a wrong bearer before a right key", headers: []string{"Authorization", wrong, "X-API-Key", apitest.KeyOf("admin")}},
		{name: "the beginning of a key", headers: []string{"X-API-Key", apitest.KeyOf("admin")[:8]}},
		{name: "the name of a key", headers: []string{"X-API-Key", "ann"}},
		{name: "a key under another scheme", headers: []string{"Authorization", "Basic " + apitest.KeyOf("admin")}},
		{name: "a key as a cookie", headers: []string{"Cookie",
			"API_KEY=" + apitest.KeyOf("admin") + "; X-API-Key=" + apitest.KeyOf("admin")}},
		{name: "a key under another parameter", query: "api_key=" + apitest.KeyOf("admin") + "&key=" + apitest.KeyOf("admin")},
	}
	for _, role := range []string{"read", "lock", "run", "admin"} {
		all = append(all, credential{name: role + " as X-API-Key", role: role, headers: []string{"X-API-Key", apitest.KeyOf(role)}},
			credential{name: role + " as Bearer", role: role, headers: []string{"Authorization", "bearer " + apitest.KeyOf(role)}},
			credential{name: role + " as API_KEY", role: role, query: "API_KEY=" + apitest.KeyOf(role)})
	}
	return all
}

var rank = map[string]int{"": 0, "read": 1, "lock": 2, "run": 3, "admin": 4}

// wanted returns the status that rejects the credential, or 0 if it is accepted.
func (o documented) wanted(c credential) int {
	switch {
	case o.role == "none":
		return 0
	case c.role == "":
		return http.StatusUnauthorized
	case rank[c.role] < rank[o.role]:
		return http.StatusForbidden
	default:
		return 0
	}
}

// ask sends the operation's request with the credential, each from an address
// of its own, so that no guess slows the next.
func (o documented) ask(handler http.Handler, c credential, from int) *httptest.ResponseRecorder {
	method, path, _ := strings.Cut(o.route, " ")
	target := strings.NewReplacer("{id}", "x", "{lock}", apitest.Token, "{webhook}", "1").Replace(path) + "?" + c.query
	body, media := "", ""
	if o.body {
		body, media = "{}", "application/json"
	} else if o.linked && method == http.MethodPost {
		body, media = "action=pass", "application/x-www-form-urlencoded"
	}
	request := httptest.NewRequest(method, target, strings.NewReader(body))
	request.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:4711", from>>16&255, from>>8&255, from&255)
	if media != "" {
		request.Header.Set("Content-Type", media)
	}
	for i := 0; i+1 < len(c.headers); i += 2 {
		request.Header.Set(c.headers[i], c.headers[i+1])
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder
}

// untouched is a Temporal that must not be called.
func untouched(t *testing.T) *runstest.Temporal {
	t.Helper()
	temporal := apitest.Temporal()
	t.Cleanup(func() {
		require.Empty(t, temporal.Starts, "a refused request reached Temporal")
		require.Empty(t, temporal.Updates, "a refused request reached Temporal")
		require.Empty(t, temporal.Asked, "a refused request reached Temporal")
		require.Empty(t, temporal.Queries, "a refused request reached Temporal")
	})
	return temporal
}

// Contract, "HTTP API": every route of the OpenAPI document, for every role and every way to
// send a key: without a key or with a wrong one the answer is 401, with too small a role 403,
// and a rejected request has no effect.
func TestEveryRouteForEveryCredential(t *testing.T) {
	t.Parallel()
	parsed, err := api.ParseKeys(apitest.Keys)
	require.NoError(t, err)
	key := []byte("0123456789abcdef")
	options := api.Options{Keys: parsed, Routes: apitest.WithRegistry(&apitest.Registry{}), LockLinks: true, LinkKey: key}
	open, shut := apitest.New(t, apitest.Temporal(), options), apitest.New(t, untouched(t), options)
	pinned, from := expandedRoutes(), 0
	operations := operationsOf(t, open)
	for _, o := range operations {
		role, listed := pinned[o.route]
		require.True(t, listed, "%s is a route that this test does not list: add it to routeRoles with the role that it is to take", o.route)
		delete(pinned, o.route)
		require.Equal(t, role, o.role, "%s", o.route)
		require.Equal(t, role == "none", len(o.security) == 0, "%s: the document's security", o.route)
		require.Equal(t, slices.Contains(linkedRoutes, o.route), o.linked, o.route)
		for _, c := range credentials() {
			from++
			if status := o.wanted(c); status != 0 {
				got := o.ask(shut, c, from)
				require.Equal(t, status, got.Code, "%s with %s: %s", o.route, c.name, got.Body)
				require.Equal(t, status == http.StatusUnauthorized, got.Header().Get("WWW-Authenticate") != "",
					"%s with %s", o.route, c.name)
				continue
			}
			got := o.ask(open, c, from)
			require.NotContains(t, []int{401, 403, 405, 429, 500}, got.Code, "%s with %s: %s", o.route, c.name, got.Body)
		}
		for name, signature := range map[string]string{"its link": locklink.Sign(key, apitest.Token),
			"another lock's link": locklink.Sign(key, apitest.Token+"x"), "no link": ""} {
			from++
			got := o.ask(open, credential{query: locklink.Parameter + "=" + signature}, from)
			in := o.role == "none" || o.route == "GET /locks/{lock}" && name == "its link" // a form needs its own proof in addition to the link
			require.Equal(t, !in, got.Code == http.StatusUnauthorized, "%s with %s: %d", o.route, name, got.Code)
		}
	}
	require.Empty(t, pinned, "routes that this test lists, and that are gone")
}

// An unknown route is only reported to callers with a key, so that others do not learn which
// routes exist.
func TestRoutesThatThereAreNot(t *testing.T) {
	t.Parallel()
	handler := apitest.WithKeys(t, apitest.Temporal())
	for _, path := range []string{"/", "/nowhere", "/latch/v1/", "/LATCH/v1/locks", "/latch/v1/locks/",
		"/api/latch/v1/locks", "/openapi.json/x", "/docs", "/metrics/x"} {
		require.Equal(t, 401, apitest.Call(handler, "GET", path, "").Code, path)
		require.Contains(t, []int{404, 405}, apitest.Call(handler, "GET", path, "", "X-API-Key", apitest.KeyOf("admin")).Code, path)
	}
	require.Equal(t, 401, apitest.Call(handler, "PUT", "/latch/v1/locks", "").Code)
	require.Equal(t, 405, apitest.Call(handler, "PUT", "/latch/v1/locks", "", "X-API-Key", apitest.KeyOf("read")).Code)
	require.Equal(t, 405, apitest.Call(handler, "CONNECT", "/latch/v1/locks", "", "X-API-Key", apitest.KeyOf("admin")).Code)
	require.Equal(t, 405, apitest.Call(handler, "POST", "/openapi.json", "", "X-API-Key", apitest.KeyOf("admin")).Code)
}
