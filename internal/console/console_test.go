package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/console"
)

// Somebody without a session is sent to the login, and from there back. The
// session is a cookie that no script reads and no other site's form sends, and it
// holds no key.
func TestLogin(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.waits(t, "1", lock("1", "board"))
	base := serve(t, w, keys)
	p := visitor(t, base)
	got := p.get("/?webhook=board")
	require.Equal(t, "/login?next=%2F%3Fwebhook%3Dboard", got.path)
	require.NotContains(t, got.body, "Inbox")
	got = p.post("/login", url.Values{"key": {"wrong-0123456789abcdef"}, "next": {"/?webhook=board"}})
	require.Equal(t, 401, got.status)
	require.Contains(t, got.body, "Unknown API key.")
	require.NotContains(t, got.body, "wrong-0123456789abcdef", "a key is not shown again")
	require.Equal(t, 403, p.post("/login", url.Values{"key": {lockKey}}, "Origin", "http://evil.example",
		"Sec-Fetch-Site", "cross-site").status)

	p.browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	got = p.post("/login", url.Values{"key": {lockKey}, "next": {"/?webhook=board"}})
	require.Equal(t, 303, got.status)
	require.Equal(t, "./?webhook=board", got.header.Get("Location"))
	cookie := got.header.Get("Set-Cookie")
	for _, part := range []string{"latch-session=", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"} {
		require.Contains(t, cookie, part)
	}
	require.NotContains(t, cookie, lockKey)
	got = p.get("/")
	require.Equal(t, 200, got.status)
	require.Contains(t, got.body, "Shop 1")
	require.Contains(t, got.body, "board")

	require.Equal(t, 303, p.post("/logout", url.Values{"form": {p.proof("/")}}).status)
	require.Equal(t, 303, p.get("/").status, "logged out")
}

// A login leads to a page of the console, never to another site.
func TestLoginLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	p := visitor(t, serve(t, newWorld(), keys))
	p.browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for next, want := range map[string]string{
		"/console/gallery?a=b": "./console/gallery?a=b", "https://evil.example/": "./", "//evil.example/": "./", `/\evil.example`: "./",
		"/console/../..//evil.example": "./", "/console/\r\nX: y": "./", "javascript:alert(1)": "./", "": "./", "/latch/v1/locks": "./",
	} {
		require.Equal(t, want, p.post("/login", url.Values{"key": {lockKey}, "next": {next}}).header.Get("Location"), next)
	}
}

// A session ends with its key, and stays when another key comes or goes.
func TestSessionsFollowTheirKey(t *testing.T) {
	t.Parallel()
	p := loggedIn(t, serve(t, newWorld(), keys), lockKey)
	address, err := url.Parse(p.base)
	require.NoError(t, err)
	cookies := p.browser.Jar.Cookies(address)
	for text, in := range map[string]bool{
		keys: true, "board:lock=" + lockKey: true, "new=new-0123456789abcdef," + keys: true,
		"ann=" + adminKey: false, "board:read=" + lockKey: false, "board:lock=other-0123456789abcdef": false, "bored:lock=" + lockKey: false,
	} {
		other := visitor(t, serve(t, newWorld(), text))
		elsewhere, err := url.Parse(other.base)
		require.NoError(t, err)
		other.browser.Jar.SetCookies(elsewhere, cookies)
		require.Equal(t, in, strings.HasPrefix(other.get("/").path, "/?") || other.get("/").path == "/", text)
	}
}

// A session is only valid for pages: a cookie, which a browser sends automatically, opens no
// route.
func TestSessionsCountOnPagesAlone(t *testing.T) {
	t.Parallel()
	p := loggedIn(t, serve(t, newWorld(), keys), adminKey)
	for _, route := range []string{"/latch/v1/locks", "/v2/jobs", "/webhooks", "/system"} {
		require.Equal(t, 401, p.get(route).status, route)
	}
	require.Equal(t, 401, p.send("POST", "/latch/v1/releases", `{"id":"1"}`, "Content-Type", "application/json").status)
	require.Equal(t, 401, visitor(t, p.base).get("/", "Accept", "application/json").status, "a program is told as before")
	require.Equal(t, 404, visitor(t, p.base).get("/", "Accept", "application/json", "X-API-Key", readKey).status)
}

// Without keys the console is there, by the rules that hold for the API then.
func TestWithoutKeys(t *testing.T) {
	t.Parallel()
	p := visitor(t, serve(t, newWorld(), ""))
	require.Equal(t, "/", p.get("/").path)
	require.Equal(t, "/", p.get("/login").path, "nobody logs in")
	require.NotContains(t, p.get("/").body, "Log out")
	require.Equal(t, 403, p.get("/", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "iframe").status)
	require.Equal(t, 200, p.get("/", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest",
		"document").status, "a link may be followed")
}

// A change requires a form that was shown to this person, from one of the console's own pages.
func TestFormsAreTakenFromTheirPageAlone(t *testing.T) {
	t.Parallel()
	base := serve(t, newWorld(), keys)
	ann, other := loggedIn(t, base, adminKey), loggedIn(t, base, readKey)
	proof := ann.proof("/console/gallery")
	send := func(proof string, headers ...string) int {
		return ann.post("/console/gallery", url.Values{"form": {proof}, "action": {"confirm"}}, headers...).status
	}
	require.Equal(t, 200, send(proof))
	require.Equal(t, 403, send(""))
	require.Equal(t, 403, send(proof[:len(proof)-2]))
	require.Equal(t, 403, send(other.proof("/")), "of another person")
	require.Equal(t, 403, send(proof, "Origin", "http://evil.example", "Sec-Fetch-Site", "cross-site"))
	require.Equal(t, 422, ann.post("/console/gallery", url.Values{"form": {proof}, "action": {"more"}}).status)
	require.Equal(t, 401, visitor(t, base).post("/console/gallery", url.Values{"form": {proof}, "action": {"confirm"}}).status)
	require.Equal(t, 403, other.get("/console/gallery").status, "a role that is too small")
}

// The notice of a change is shown once, on the next page.
func TestNoticesAreSaidOnce(t *testing.T) {
	t.Parallel()
	p := loggedIn(t, serve(t, newWorld(), keys), adminKey)
	require.Contains(t, p.post("/console/gallery",
		url.Values{"form": {p.proof("/console/gallery")}, "action": {"confirm"}}).body, "as was promised")
	require.NotContains(t, p.get("/console/gallery").body, "as was promised")
}

// A rejected form is shown again with its content, and with the problems beside the fields.
func TestRefusedFormsKeepWhatWasTyped(t *testing.T) {
	t.Parallel()
	p := loggedIn(t, serve(t, newWorld(), keys), adminKey)
	got := p.post("/console/gallery",
		url.Values{"form": {p.proof("/console/gallery")}, "action": {"refuse"}, "url": {`"><script>alert(1)</script>`}, "attempts": {"7"}})
	require.Equal(t, 422, got.status)
	require.Contains(t, got.body, "3 things are wrong")
	require.Contains(t, got.body, `value="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"`)
	require.Contains(t, got.body, `value="7"`)
	require.Contains(t, got.body, `<a href="#sample-url">URL</a>: is not an http or https URL`)
	require.Contains(t, got.body, "limit: has to be at least 1")
	require.NotContains(t, got.body, "<details><summary>More settings", "a group with a mistake is open")
	require.NotContains(t, got.body, "<script>alert")
}

// Every HTML page, and every refusal, has headers that prevent it from loading foreign
// resources and from being framed.
func TestHeaders(t *testing.T) {
	t.Parallel()
	base := serve(t, newWorld(), keys)
	p := loggedIn(t, base, adminKey)
	for _, path := range append(console.Paths(), "/console/none", "/console/static/console.css", "/console/static/console.js") {
		path = strings.NewReplacer("{", "", "}", "").Replace(path)
		got := p.get(path)
		policy := got.header.Get("Content-Security-Policy")
		require.Contains(t, policy, "default-src 'none'", path)
		require.Contains(t, policy, "frame-ancestors 'none'", path)
		require.NotContains(t, policy, "unsafe", path)
		require.NotContains(t, policy, "nonce", path)
		require.Equal(t, "DENY", got.header.Get("X-Frame-Options"), path)
		require.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"), path)
		require.NotContains(t, got.body, " style=", path)
		require.NotContains(t, got.body, "<style", path)
	}
}

// A page says that Temporal is unreachable.
func TestTemporalIsOutOfReach(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.ListError = serviceerror.NewUnavailable("no connection")
	got := visitor(t, serve(t, w, "")).get("/")
	require.Equal(t, 503, got.status)
	require.Contains(t, got.body, "Temporal is out of reach")
	require.Contains(t, got.body, `aria-current="page"`, "the navigation stays")
}

// A session opens a lock's page, and the page links back to the inbox, also below a proxy's
// path. Its buttons only accept the page's own form.
func TestTheInboxLeadsToLocksAndBack(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.waits(t, "1", lock("1", "board"))
	p := loggedIn(t, serve(t, w, keys), lockKey)
	require.Contains(t, p.get("/").body, `href="./locks/release-1:board:r4nd0m"`)
	got := p.get("/locks/release-1:board:r4nd0m")
	require.Equal(t, 200, got.status, got.body)
	require.Contains(t, got.body, `<a href="../">All locks that wait</a>`)
	require.Contains(t, got.body, "You decide as board.")
	require.Equal(t, 403, p.post("/locks/release-1:board:r4nd0m", url.Values{"action": {"pass"}}).status, "a cookie alone is not enough")
	require.Equal(t, 401, visitor(t, p.base).get("/locks/release-1:board:r4nd0m").status)
}

// A page asks Temporal for as much as the route behind it does.
func TestAPageAsksNoMoreThanItsRoute(t *testing.T) {
	t.Parallel()
	w := newWorld()
	for i := range 500 {
		id := fmt.Sprint(i)
		w.waits(t, id, lock(id, "board"))
	}
	p := visitor(t, serve(t, w, ""))
	require.Equal(t, 200, p.get("/latch/v1/locks?limit=1000", "Accept", "application/json").status)
	route := len(w.Queries)
	got := p.get("/")
	require.Equal(t, 200, got.status)
	require.Len(t, w.Queries, 2*route)
	require.Contains(t, got.body, "Locks that wait: 1 to 100 of 500<")
	require.Contains(t, got.body, "<title>(500) Inbox")
	require.Contains(t, got.body, ">Next part</a>")
	require.Equal(t, 100, strings.Count(got.body, "data-row="))
	require.Empty(t, w.Asked, "no worker is asked")
	last := p.get("/?offset=400").body
	require.Contains(t, last, "Locks that wait: 401 to 500 of 500<")
	require.NotContains(t, last, ">Next part</a>")
	require.Contains(t, last, ">First part</a>")
	require.Contains(t, p.get("/?offset=500").body, "Locks that wait: 1 to 100 of 500<", "what was on the last part is removed meanwhile")
	require.Equal(t, 422, p.get("/?offset=-1").status)
}

// The inbox puts those first that end by themselves, over all its parts.
func TestTheInboxIsInOrderOverItsParts(t *testing.T) {
	t.Parallel()
	w := newWorld()
	for i := range 150 {
		id := fmt.Sprint(i)
		held := lock(id, "board")
		held.Until = latch.NewTime(noon.Add(time.Duration(150-i) * time.Minute))
		w.waits(t, id, held)
	}
	p := visitor(t, serve(t, w, ""))
	require.Less(t, strings.Index(p.get("/").body, "release-149:"), strings.Index(p.get("/").body, "release-148:"))
	require.Contains(t, p.get("/?offset=100").body, "release-0:")
}
