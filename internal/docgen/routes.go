package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"github.com/latch-run/latch/internal/cli"
)

// A route is an operation of the OpenAPI document.
type route struct {
	method, path string
	Role         string `json:"x-latch-role"`
	Summary      string
	Parameters   []parameter
	OperationID  string `json:"operationId"`
}

type parameter struct{ Name, In string }

// routes returns a table of the API's routes: Latch's own for "Latch", those of
// Mitto's job API for "Mitto", each once although it is served under /api too.
func routes(of string) (string, error) {
	all, err := described()
	if err != nil {
		return "", err
	}
	t := newTable("route", "role", "what")
	for _, route := range all {
		own := strings.HasPrefix(route.path, "/latch/") || strings.HasPrefix(route.path, "/locks/") || slices.Contains(ownPaths, route.path)
		if own == (of == "Mitto") || strings.HasPrefix(route.path, "/api/") {
			continue
		}
		t.row(code(route.method+" "+route.path+query(route.Parameters)), route.Role, route.Summary)
	}
	return t.String(), nil
}

// ownPaths are Latch's own paths other than /latch/ and /locks/.
var ownPaths = []string{"/openapi.json", "/healthz", "/readyz", "/metrics"}

// query returns the names of a route's query parameters.
func query(parameters []parameter) string {
	var names []string
	for _, each := range parameters {
		if each.In == "query" {
			names = append(names, each.Name+"=")
		}
	}
	if names == nil {
		return ""
	}
	return "?" + strings.Join(names, "&")
}

// methods is the order of the methods of one path.
var methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE"}

// described returns the routes in the OpenAPI document, in the order of the
// table.
func described() ([]route, error) {
	handler, err := cli.API()
	if err != nil {
		return nil, err
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "http://127.0.0.1:7127/openapi.json", nil))
	var document struct{ Paths map[string]map[string]route }
	if err := json.Unmarshal(answer.Body.Bytes(), &document); err != nil {
		return nil, fmt.Errorf("openapi.json: %w", err)
	}
	var all []route
	for path, operations := range document.Paths {
		for method, operation := range operations {
			operation.method, operation.path = strings.ToUpper(method), path
			all = append(all, operation)
		}
	}
	slices.SortFunc(all, func(a, b route) int {
		return cmp.Or(strings.Compare(a.path, b.path), slices.Index(methods, a.method)-slices.Index(methods, b.method))
	})
	return all, nil
}
