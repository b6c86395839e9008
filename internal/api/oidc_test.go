package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/issuer"
	"github.com/latch-run/latch/internal/issuer/issuertest"
)

// withIssuer returns an API with [apitest.Keys] and an issuer.
func withIssuer(t *testing.T, temporal client.Client, from *issuertest.Issuer) http.Handler {
	t.Helper()
	parsed, err := api.ParseKeys(apitest.Keys)
	require.NoError(t, err)
	roles, err := api.ParseRoles("sre=lock, eyes=read\nadmins=admin")
	require.NoError(t, err)
	asked := issuer.New(issuer.Options{URL: from.URL, Audience: issuertest.Audience, GroupsClaim: "groups", Transport: from.Transport()})
	return apitest.New(t, temporal, api.Options{Keys: parsed, LinkKey: []byte("link-key-0123456789"),
		OIDC: api.OIDC{Issuer: asked, Roles: roles}})
}

// Contract, "Persons": a token of the issuer calls with the role of its groups, and what it does
// bears the person's name and how it is known. Keys go on beside it, and while the issuer is away.
func TestTokensOfTheIssuer(t *testing.T) {
	t.Parallel()
	from := issuertest.New(t)
	temporal := apitest.Running("release-1", nil, apitest.AlwaysUpdated(latch.Record{}, nil))
	handler := withIssuer(t, temporal, from)
	bearer := func(claims map[string]any) []string {
		return []string{"Authorization", "Bearer " + from.Token(t, claims)}
	}
	const release = "/latch/v1/locks/" + apitest.Token + "/release"

	require.Equal(t, 200, apitest.Call(handler, "POST", release, `{"by":"root"}`, bearer(nil)...).Code)
	require.Len(t, temporal.Updates, 1)
	require.Regexp(t, "^api-oidc-", temporal.Updates[0].UpdateID)
	require.Equal(t, "ann@example.com", temporal.Updates[0].Args[0].(latch.LockRelease).By)
	require.Equal(t, 403, apitest.Call(handler, "POST", release, "", bearer(map[string]any{"groups": []string{"eyes"}})...).Code)
	stop := "/latch/v1/releases/1/stop"
	got := apitest.ProblemOf(t, apitest.Call(handler, "POST", stop, "", bearer(nil)...), 403)
	require.Equal(t, "ann@example.com has the role lock; this route requires run.", got.Detail)
	require.Equal(t, 200, apitest.Call(handler, "POST", stop, "", bearer(map[string]any{"groups": []string{"eyes", "admins"}})...).Code)
	got = apitest.ProblemOf(t, apitest.Call(handler, "POST", release, "", bearer(map[string]any{"groups": []string{"guests"}})...), 403)
	require.Equal(t, "ann@example.com may not use this API: LATCH_OIDC_ROLES gives none of your groups a role (guests).", got.Detail)
	got = apitest.ProblemOf(t, apitest.Call(handler, "POST", release, "", bearer(map[string]any{"exp": 1})...), 401)
	require.Equal(t, "The token expired at 1970-01-01T00:00:01Z.", got.Detail)
	require.Equal(t, 401, apitest.Call(handler, "POST", release, "", "X-API-Key", from.Token(t, nil)).Code, "only a bearer's")
	require.Equal(t, 401, apitest.Call(handler, "POST", release, "", "Authorization", "Basic x", "X-API-Key", from.Token(t, nil)).Code)
	require.Equal(t, 401, apitest.Call(handler, "POST", release+"?API_KEY="+from.Token(t, nil), "").Code)
	require.Equal(t, 401, apitest.Call(handler, "POST", release, "").Code)
	require.Equal(t, 200, apitest.Call(handler, "POST", release, "", "X-API-Key", "lock").Code)

	from.SetAway(true)
	fresh := withIssuer(t, temporal, from)
	away := apitest.Call(fresh, "POST", release, "", bearer(nil)...)
	got = apitest.ProblemOf(t, away, 503)
	require.Equal(t, "The OpenID Connect issuer "+from.URL+" is out of reach, so tokens and logins cannot be checked. "+
		"API keys are accepted as before.", got.Detail)
	require.Equal(t, "5", away.Header().Get("Retry-After"))
	require.Equal(t, 200, apitest.Call(fresh, "POST", release, "", "Authorization", "Bearer "+apitest.KeyOf("lock")).Code)
}

// Contract, "Settings": group=role,…, split at the last "=". All problems are reported at once.
func TestParseRoles(t *testing.T) {
	t.Parallel()
	roles, err := api.ParseRoles("sre=lock,cn=admins=admin\n# none\n sre@example.com = run")
	require.NoError(t, err)
	require.Equal(t, api.GroupRoles{"sre": api.RoleLock, "cn=admins": api.RoleAdmin, "sre@example.com": api.RoleRun}, roles)
	_, err = api.ParseRoles("sre,=lock,a=boss,b=read,b=run,c\u200b=run")
	require.EqualError(t, err, `"sre" is not group=role
"=lock" is not group=role
a: "boss" is not a role; the roles are admin, run, lock and read
b: the group is given twice
the group "c\u200b" has a character that is not printed`)
}

// An API without LATCH_LINK_KEY could not sign sessions.
func TestAnIssuerNeedsTheLinkKey(t *testing.T) {
	t.Parallel()
	asked := issuer.New(issuer.Options{URL: "https://login.example.com"})
	_, err := api.New(api.Options{Client: apitest.Temporal(), OIDC: api.OIDC{Issuer: asked}, LinkKey: []byte("short")})
	require.ErrorContains(t, err, "which OIDC (LATCH_OIDC_ISSUER) needs")
}
