package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

type noClient struct{ client.Client }

func (noClient) WorkflowService() workflowservice.WorkflowServiceClient { return nil }

// routed returns an API that is not served yet, with a key of each role whose
// value is the role's name.
func routed(t *testing.T) *API {
	t.Helper()
	options := Options{Client: noClient{}}
	for role, name := range roleNames {
		options.Keys = append(options.Keys, NewKey(name, role, name))
	}
	a, err := build(options)
	require.NoError(t, err)
	return a
}

func answerOK(context.Context, *struct{}) (*struct{}, error) { return &struct{}{}, nil }

// A route without a role, by whichever way it came about, keeps the API from
// starting, and is named.
func TestARouteWithoutARoleKeepsTheAPIFromStarting(t *testing.T) {
	t.Parallel()
	answer := func(http.ResponseWriter, *http.Request) {}
	for name, add := range map[string]func(*API){
		"through register, which forgets the role": func(a *API) {
			Register[NoBody](a, Operation{ID: "forgot", Method: http.MethodGet, Path: "/forgot"}, answerOK)
		},
		"with a role that there is not": func(a *API) {
			Register[NoBody](a, Operation{ID: "forgot", Method: http.MethodGet, Path: "/forgot", Role: RoleAdmin + 1}, answerOK)
		},
		"through handle": func(a *API) {
			a.Handle(Operation{ID: "forgot", Method: http.MethodGet, Path: "/forgot"}, "/forgot", answer)
		},
		"past register, with no word about it": func(a *API) {
			huma.Register(a.huma, huma.Operation{OperationID: "forgot", Method: http.MethodGet, Path: "/forgot"}, answerOK)
		},
		"past register, with a role as a number": func(a *API) {
			huma.Register(a.huma, huma.Operation{OperationID: "forgot", Method: http.MethodGet, Path: "/forgot",
				Extensions: map[string]any{roleExtension: RoleRead}}, answerOK)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := routed(t)
			add(a)
			_, err := a.handler()
			require.ErrorContains(t, err, "GET /forgot (forgot) declares no role")
		})
	}
	_, err := routed(t).handler()
	require.NoError(t, err)
}

// An undocumented route without a role is refused to everybody, even to an administrator.
func TestAHiddenRouteWithoutARoleIsRefusedToAll(t *testing.T) {
	t.Parallel()
	a := routed(t)
	huma.Register(a.huma, huma.Operation{OperationID: "hidden", Method: http.MethodGet, Path: "/hidden", Hidden: true}, answerOK)
	handler, err := a.handler()
	require.NoError(t, err)
	for _, key := range []string{"", "read", "lock", "run", "admin"} {
		request := httptest.NewRequest(http.MethodGet, "/hidden", nil)
		request.Header.Set("X-API-Key", key)
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		want := http.StatusForbidden
		if key == "" {
			want = http.StatusUnauthorized
		}
		require.Equal(t, want, recorder.Code, "%q", key)
	}
}

// A caller with an unknown role may do nothing. Nobody may call a route with an unknown role.
func TestUnknownRolesMayDoNothing(t *testing.T) {
	t.Parallel()
	for _, role := range []Role{0, -1, RoleAdmin + 1} {
		require.NotNil(t, MayDo(&Caller{Name: "x", Role: role}, RoleRead), role)
		require.NotNil(t, MayDo(&Caller{Name: "x", Role: RoleAdmin}, role), role)
	}
	require.Nil(t, MayDo(&Caller{Name: "x", Role: RoleRead}, RoleRead))
}
