package apitest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/chat"
	"github.com/latch-run/latch/internal/lockpage"
	"github.com/latch-run/latch/internal/mitto/mittoapi"
)

// keyPadding makes a role's name long enough for a key.
const keyPadding = "-0123456789abcdef"

// Keys are one of each role.
const Keys = "ann=admin" + keyPadding + ",ci:run=run" + keyPadding + ",board:lock=lock" + keyPadding + ",eye:read=read" + keyPadding

// KeyOf returns the key of a role.
func KeyOf(role string) string { return role + keyPadding }

var roleAsKey = regexp.MustCompile(`^(admin|run|lock|read)$`)

var roleInQuery = regexp.MustCompile(`\bAPI_KEY=(admin|run|lock|read)\b`)

// New returns an API with all its routes. Those that a test gives stand in
// for Mitto's and the page's.
func New(t *testing.T, temporal client.Client, options api.Options) http.Handler {
	t.Helper()
	options.Client = temporal
	if options.Routes == nil {
		options.Routes = Routes(mittoapi.Options{}, lockpage.Options{})
	}
	handler, err := api.New(options)
	require.NoError(t, err)
	return handler
}

// Routes returns all routes beside the core's.
func Routes(jobs mittoapi.Options, pages lockpage.Options) []api.Routes {
	return []api.Routes{mittoapi.Routes(jobs), lockpage.Routes(pages), chat.Routes(chat.Options{})}
}

// WithRegistry returns all routes over registered jobs.
func WithRegistry(jobs *Registry) []api.Routes {
	return Routes(mittoapi.Options{Registry: jobs}, lockpage.Options{})
}

// WithKeys returns an API with [Keys] and all its routes.
func WithKeys(t *testing.T, temporal client.Client) http.Handler {
	t.Helper()
	parsed, err := api.ParseKeys(Keys)
	require.NoError(t, err)
	return New(t, temporal, api.Options{Keys: parsed})
}

// Call sends a request with headers given as name and value in turn. A role's
// name as X-API-Key or ?API_KEY= stands for the key of that role.
func Call(handler http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, roleInQuery.ReplaceAllString(target, "API_KEY=$1"+keyPadding), strings.NewReader(body))
	request.Host = "127.0.0.1:7127"
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			request.Host = headers[i+1]
			continue
		}
		value := headers[i+1]
		if headers[i] == "X-API-Key" {
			value = roleAsKey.ReplaceAllString(value, "$1"+keyPadding)
		}
		request.Header.Set(headers[i], value)
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder
}

// A Problem is a problem document.
type Problem struct {
	Status        int
	Title, Detail string
	WorkflowID    string `json:"workflow_id"`
	RunID         string `json:"run_id"`
	Errors        []struct{ Location, Message string }
	Record        *latch.Record
}

// ProblemOf reads an answer that has to be the problem of a status.
func ProblemOf(t *testing.T, got *httptest.ResponseRecorder, status int) Problem {
	t.Helper()
	require.Equal(t, status, got.Code, got.Body)
	require.Equal(t, "application/problem+json", got.Header().Get("Content-Type"))
	var p Problem
	require.NoError(t, json.Unmarshal(got.Body.Bytes(), &p))
	require.Equal(t, status, p.Status)
	require.NotEmpty(t, p.Title)
	require.NotEmpty(t, p.Detail)
	return p
}

// Encode returns a value's JSON.
func Encode(t *testing.T, value any) []byte {
	t.Helper()
	encoded, err := json.Marshal(value)
	require.NoError(t, err)
	return encoded
}
