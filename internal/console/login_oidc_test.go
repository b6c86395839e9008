package console_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/console"
	"github.com/latch-run/latch/internal/issuer"
	"github.com/latch-run/latch/internal/issuer/issuertest"
	"github.com/latch-run/latch/internal/lockpage"
)

// linkKey signs sessions.
const linkKey = "link-key-0123456789"

// serveFor serves the console to persons of an issuer, beside API keys if text is not empty.
func serveFor(t *testing.T, w *world, from *issuertest.Issuer, text, roles string) string {
	t.Helper()
	parsed, err := api.ParseKeys(text)
	require.NoError(t, err)
	granted, err := api.ParseRoles(roles)
	require.NoError(t, err)
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	asked := issuer.New(issuer.Options{URL: from.URL, Audience: issuertest.Audience, ClientID: issuertest.ClientID,
		ClientSecret: issuertest.Secret, GroupsClaim: "groups", Transport: from.Transport()})
	handler, err = api.New(api.Options{Client: w, Keys: parsed, OIDC: api.OIDC{Issuer: asked, Roles: granted}, LinkKey: []byte(linkKey),
		PublicURL: server.URL, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)), Routes: []api.Routes{
			lockpage.Routes(lockpage.Options{Inbox: true}), console.Routes(console.Options{Stop: t.Context()})}})
	require.NoError(t, err)
	return server.URL
}

// personOf returns a user whose browser trusts the issuer.
func personOf(t *testing.T, base string, from *issuertest.Issuer) *person {
	t.Helper()
	p := visitor(t, base)
	p.browser.Transport = from.Transport()
	return p
}

// answered follows a login up to the issuer's answer, and returns the address that the issuer sends
// the browser to.
func answerTo(t *testing.T, p *person, begin string) string {
	t.Helper()
	var answer string
	p.browser.CheckRedirect = func(request *http.Request, _ []*http.Request) error {
		if request.URL.Path == api.LoginAnswerPath {
			answer = strings.TrimPrefix(request.URL.String(), p.base)
			return http.ErrUseLastResponse
		}
		return nil
	}
	response, err := p.browser.Get(p.base + begin)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	p.browser.CheckRedirect = nil
	require.NotEmpty(t, answer, response.Status)
	return answer
}

// Contract, "Persons": somebody who logs in at the issuer gets back to the page they wanted, with
// the role of their groups.
func TestLoginAtTheIssuer(t *testing.T) {
	t.Parallel()
	from, w := issuertest.New(t), newWorld()
	w.waits(t, "1", lock("1", "board"))
	p := personOf(t, serveFor(t, w, from, keys, "sre=lock"), from)
	const page = "/locks/release-1:board:r4nd0m"
	got := p.get(page)
	require.Equal(t, 401, got.status)
	require.Contains(t, got.body, "Log in with "+strings.TrimPrefix(from.URL, "https://"))
	require.Contains(t, p.get("/login").body, "Your API key", "keys go on")
	got = p.get("/login/begin?next=" + url.QueryEscape(page))
	require.Equal(t, 200, got.status, got.body)
	require.Equal(t, page, got.path)
	require.Contains(t, got.body, "ann@example.com")
	require.Equal(t, "/", p.get("/login").path, "nobody who is logged in logs in")
}

// Contract, "Persons": an answer with another state, one that comes twice or with a used code, to
// another browser, or without a role logs nobody in.
func TestRefusedLogins(t *testing.T) {
	t.Parallel()
	from := issuertest.New(t)
	base := serveFor(t, newWorld(), from, "", "sre=lock")
	refused := func(p *person, path string, status int, says string) {
		t.Helper()
		got := p.get(path)
		require.Equal(t, status, got.status, got.body)
		require.Contains(t, got.body, says)
		require.True(t, strings.HasPrefix(p.get("/").path, "/login"), "nobody is logged in")
	}
	const unknown = "belongs to no login that this browser has begun"
	p := personOf(t, base, from)
	answer := answerTo(t, p, "/login/begin")
	refused(personOf(t, base, from), answer, 401, unknown)
	other := answerTo(t, personOf(t, base, from), "/login/begin")
	refused(p, other, 401, unknown)
	refused(p, answer, 401, unknown)

	p = personOf(t, base, from)
	answer = answerTo(t, p, "/login/begin")
	own, err := url.Parse(base)
	require.NoError(t, err)
	begun := p.browser.Jar.Cookies(own)
	require.Equal(t, "/", p.get(answer).path)
	twice := personOf(t, base, from)
	twice.browser.Jar.SetCookies(own, begun)
	refused(twice, answer, 401, "issuer did not accept the code (invalid_grant)")

	p = personOf(t, base, from)
	answer = answerTo(t, p, "/login/begin")
	refused(p, strings.Replace(answer, url.QueryEscape(from.URL), "https%3A%2F%2Fevil.example", 1), 401, "This answer is not of the issuer")
	p = personOf(t, base, from)
	state := answerTo(t, p, "/login/begin")
	state = state[strings.Index(state, "iss="):]
	refused(p, api.LoginAnswerPath+"?error=access_denied&"+state, 401, "did not log you in (access_denied)")

	from.SetPerson(map[string]any{"groups": []string{"guests"}})
	p = personOf(t, base, from)
	refused(p, "/login/begin", 403, "LATCH_OIDC_ROLES gives none of your groups a role (guests)")
	many := make([]string, 150)
	for i := range many {
		many[i] = "sre"
		if i > 0 {
			many[i] = strings.Repeat("x", i)[:min(i, 40)] + string(rune('A'+i%26)) + string(rune('a'+i/26))
		}
	}
	from.SetPerson(map[string]any{"groups": many})
	refused(personOf(t, base, from), "/login/begin", 403, "more than fit into a browser")
}

// Contract, "Persons": while the issuer is away, nobody can log in by it, and keys go on.
func TestLoginWhileTheIssuerIsAway(t *testing.T) {
	t.Parallel()
	from := issuertest.New(t)
	from.SetAway(true)
	base := serveFor(t, newWorld(), from, keys, "sre=lock")
	got := personOf(t, base, from).get("/login/begin")
	require.Equal(t, 503, got.status)
	require.Equal(t, "5", got.header.Get("Retry-After"))
	require.Contains(t, got.body, "is out of reach")
	require.NotContains(t, got.body, "maintenance")
	require.Equal(t, "/", loggedIn(t, base, lockKey).get("/").path)
}

// Contract, "Persons": whoever logs out is logged out here, so that the cookie counts no longer, and
// is sent on to the issuer where that says how a login ends.
func TestLogoutAtTheIssuer(t *testing.T) {
	t.Parallel()
	for name, ends := range map[string]bool{"named": true, "not named": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from := issuertest.New(t)
			if ends {
				from.EndSessions()
			}
			base := serveFor(t, newWorld(), from, keys, "sre=lock")
			p := personOf(t, base, from)
			require.Equal(t, "/", p.get("/login/begin").path)
			own, err := url.Parse(base)
			require.NoError(t, err)
			cookies := p.browser.Jar.Cookies(own)
			got := p.post("/logout", url.Values{"form": {p.proof("/")}})
			require.Equal(t, 200, got.status, got.body)
			if ends {
				require.Contains(t, got.body, "You are logged out of Latch")
				require.Equal(t, "0; url="+from.URL+"/logout?client_id="+issuertest.ClientID+"&post_logout_redirect_uri="+
					url.QueryEscape(base+"/login")+"&realm=main", got.header.Get("Refresh"))
			} else {
				require.Empty(t, got.header.Get("Refresh"))
				require.Equal(t, "/login", got.path)
			}
			require.True(t, strings.HasPrefix(p.get("/").path, "/login"))
			copied := personOf(t, base, from)
			copied.browser.Jar.SetCookies(own, cookies)
			require.True(t, strings.HasPrefix(copied.get("/").path, "/login"), "a copy of the cookie counts no longer")

			key := loggedIn(t, base, lockKey)
			require.Equal(t, "/login", key.post("/logout", url.Values{"form": {key.proof("/")}}).path, "a key is none of the issuer's")
		})
	}
}

// Contract, "HTTP API": the form of a lock's page that a login has opened counts only while the login
// does, whether it was by a key or at the issuer.
func TestTheFormOfALockEndsWithTheLogin(t *testing.T) {
	t.Parallel()
	from, w := issuertest.New(t), newWorld()
	w.waits(t, "1", lock("1", "board"))
	base := serveFor(t, w, from, keys, "sre=lock")
	const page = "/locks/release-1:board:r4nd0m"
	atIssuer := personOf(t, base, from)
	require.Equal(t, "/", atIssuer.get("/login/begin").path)
	for name, p := range map[string]*person{"by a key": loggedIn(t, base, lockKey), "at the issuer": atIssuer} {
		t.Run(name, func(t *testing.T) {
			press := func(p *person, form string) seen {
				return p.post(page, url.Values{"form": {form}, "action": {"pressed"}})
			}
			form := p.proof(page)
			require.Equal(t, 422, press(p, form).status, "it is the visitor's own, although it has no such button")
			require.Equal(t, 401, press(visitor(t, base), form).status, "in another browser")
			require.Equal(t, "/login", p.post("/logout", url.Values{"form": {p.proof("/")}}).path)
			refused := press(p, form)
			require.Equal(t, 401, refused.status)
			require.Contains(t, refused.body, "You are no longer logged in.")
		})
	}
	require.Empty(t, w.told)
}
