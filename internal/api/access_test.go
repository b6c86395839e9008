package api_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/guess"
)

// Contract, "Settings": name[:role][@group+group]=key,…, split at the first "=", default
// admin.
func TestParseKeys(t *testing.T) {
	t.Parallel()
	parsed, err := api.ParseKeys("ann=a=b-0123456789ab, ci:run=k2-0123456789abc ,eye:read=k:3-0123456789ab,ci:run=k4-0123456789abc,")
	require.NoError(t, err)
	require.Equal(t, []api.Key{
		api.NewKey("ann", api.RoleAdmin, "a=b-0123456789ab"), api.NewKey("ci", api.RoleRun, "k2-0123456789abc"),
		api.NewKey("eye", api.RoleRead, "k:3-0123456789ab"), api.NewKey("ci", api.RoleRun, "k4-0123456789abc"),
	}, parsed, "two keys of one name and role are one that is being replaced")
	lines, err := api.ParseKeys("# callers, by team\nann=a=b-0123456789ab,ci:run=k2-0123456789abc\r\n\n  # eye=none\n eye:read=k:3-0123456789ab\nci:run=k4-0123456789abc\n")
	require.NoError(t, err)
	require.Equal(t, parsed, lines, "as a file has them")
	grouped, err := api.ParseKeys("ann@sre+leads=a=b-0123456789ab,ci:run@ /ops/eu + sre =k2-0123456789abc,ann@leads+sre=k3-0123456789abc")
	require.NoError(t, err)
	for i, want := range []api.Caller{
		{Name: "ann", Role: api.RoleAdmin, Groups: []string{"leads", "sre"}, Via: latch.IdentifiedByKey},
		{Name: "ci", Role: api.RoleRun, Groups: []string{"/ops/eu", "sre"}, Via: latch.IdentifiedByKey},
		{Name: "ann", Role: api.RoleAdmin, Groups: []string{"leads", "sre"}, Via: latch.IdentifiedByKey},
	} {
		require.Equal(t, want, *grouped[i].Caller())
	}
	parsed, err = api.ParseKeys("")
	require.NoError(t, err)
	require.Empty(t, parsed)
}

// Contract, "Settings": a key has at least 16 bytes, and a name has one role. All bad keys are
// reported at once, by name, and never with a key's value.
func TestParseKeysRefuses(t *testing.T) {
	t.Parallel()
	const hush = "hush-0123456789abcdef"
	var entries, wanted []string
	for _, bad := range []struct{ entry, says string }{
		{hush, `key 1: has no "="`},
		{"x:root=" + hush, `x: "root" is not a role`},
		{"=" + hush, "key 3: has no name"},
		{"y=", "y: the key is empty"},
		{"fine=" + hush, ""},
		{"two=" + hush, "key 6 (two): another key has the same value"},
		{"link=" + hush + "1", "link: removed_by uses this name"},
		{"Local:run=" + hush + "2", "Local: removed_by uses this name"},
		{"short:read=hush-0123456789", "short: the key has 15 bytes; it needs at least 16 random ones"},
		{"umlaut=hush-0123456789ä", ""}, // 17 bytes, though of 16 characters
		{"ci:run=" + hush + "3", ""},
		{"ci:read=" + hush + "4", `(ci): this name has the role read here and run in another key`},
		{"ci:admin=" + hush + "5", `(ci): this name has the role admin here and run in another key`},
		{"blank= " + hush + "6", "blank: the key begins or ends with a blank"},
		{"dee@=" + hush + "8", "dee: a group has no name; write dee@group"},
		{"eve@sre:lock=" + hush + "9", "eve: the role goes before the groups; write eve:lock@sre"},
		{"fay@sre+ sre=" + hush + "10", `fay: the group "sre" is given twice`},
		{"gil@a\u200b=" + hush + "11", "gil: the group \"a\\u200b\" has a character that is not printed"},
		{"hal@" + strings.Repeat("x", 201) + "=" + hush + "12", "has 201 bytes; the limit is 200"},
		{"ida:boss@+=" + hush + "13", `ida: "boss" is not a role`},
		{"joe@sre=" + hush + "14", ""},
		{"joe=" + hush + "15", "(joe): this name has the groups none here and others in another key"},
		{"bell=" + hush + "\a7", "bell: the key begins or ends with a blank or has a control character"},
	} {
		entries = append(entries, bad.entry)
		if bad.says != "" {
			wanted = append(wanted, bad.says)
		}
	}
	_, err := api.ParseKeys(strings.Join(entries, ","))
	for _, says := range wanted {
		require.ErrorContains(t, err, says)
	}
	const alsoOfIda = 2 // the groups' names
	require.Len(t, strings.Split(err.Error(), "\n"), len(wanted)+alsoOfIda, err)
	require.NotContains(t, err.Error(), "hush")
}

// Contract, "HTTP API": a caller who guesses keys must wait after ten, and the answer says for
// how long. A key that is in use at that address is not locked out, nor is anybody at other
// addresses.
func TestGuessedKeysAreSlowed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handler := apitest.WithKeys(t, apitest.Temporal())
		list := func(from, key string) *httptest.ResponseRecorder {
			request := httptest.NewRequest("GET", "/latch/v1/locks?API_KEY="+key, nil)
			request.RemoteAddr = from
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, request)
			return recorder
		}
		const here, there = "192.0.2.1:1000", "192.0.2.2:1000"
		require.Equal(t, 200, list(here, apitest.KeyOf("run")).Code)
		for i := range guess.Burst {
			require.Equal(t, 401, list(here, fmt.Sprintf("guess-%d-0123456789", i)).Code)
		}
		waits := apitest.ProblemOf(t, list(here, "guess-0123456789abc"), 429)
		require.Equal(t, "Too Many Requests", waits.Title)
		require.Equal(t, "1", list(here, "guess-0123456789abc").Header().Get("Retry-After"))
		require.Equal(t, 429, list(here, apitest.KeyOf("read")).Code, "a right key that is new here tells itself apart by nothing")
		require.Equal(t, 200, list(here, apitest.KeyOf("run")).Code, "one that was used here goes on")
		require.Equal(t, 200, list(there, apitest.KeyOf("read")).Code)
		require.Equal(t, 200, apitest.Call(handler, "GET", "/openapi.json", "").Code)

		form := url.Values{"action": {"open"}, "key": {apitest.KeyOf("lock")}}.Encode()
		typed := httptest.NewRequest("POST", "/locks/"+apitest.Token, strings.NewReader(form))
		typed.RemoteAddr = here
		typed.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, typed)
		require.Equal(t, 429, recorder.Code, "a key that is typed into a page counts too")

		time.Sleep(time.Second)
		require.Equal(t, 200, list(here, apitest.KeyOf("read")).Code)
		require.Equal(t, 401, list(here, "guess-0123456789abc").Code)
		require.Equal(t, 429, list(here, "guess-0123456789abc").Code)
	})
}

// Contract, "HTTP API": without keys only requests with a loopback Host, with
// no Origin or the API's own, a body only as application/json.
func TestWithoutKeys(t *testing.T) {
	t.Parallel()
	handler := apitest.New(t, apitest.Temporal(), api.Options{PublicURL: "https://latch.example.com/in"})
	for _, test := range []struct {
		name    string
		headers []string
		status  int
	}{
		{"plain", nil, 200},
		{"by name", []string{"Host", "localhost:7127"}, 200},
		{"by IPv6", []string{"Host", "[::1]:7127"}, 200},
		{"another host", []string{"Host", "latch.example.com"}, 403},
		{"a host that resolves to loopback", []string{"Host", "rebind.example.com:7127"}, 403},
		{"loopback in a name", []string{"Host", "127.0.0.1.example.com"}, 403},
		{"no host", []string{"Host", ""}, 403},
		{"no port", []string{"Host", "localhost:evil"}, 403},
		{"a user before the host", []string{"Host", "evil@localhost:7127"}, 403},
		{"its own origin", []string{"Origin", "http://127.0.0.1:7127"}, 200},
		{"its public origin", []string{"Origin", "https://latch.example.com"}, 200},
		{"its public origin with the scheme's port", []string{"Origin", "https://latch.example.com:443"}, 200},
		{"another scheme's port", []string{"Origin", "https://latch.example.com:80"}, 403},
		{"another port's origin", []string{"Origin", "http://127.0.0.1:8080"}, 403},
		{"an opaque origin", []string{"Origin", "null"}, 403},
		{"another origin", []string{"Origin", "https://elsewhere.example"}, 403},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.status, apitest.Call(handler, "GET", "/latch/v1/locks", "", test.headers...).Code)
		})
	}
	withPort := apitest.New(t, apitest.Temporal(), api.Options{PublicURL: "https://Latch.example.com:443"})
	require.Equal(t, 200, apitest.Call(withPort, "GET", "/latch/v1/locks", "", "Origin", "https://latch.example.com").Code)
	const event = `{"event":"API_CALLED"}`
	require.Equal(t, 201, apitest.Call(handler, "POST", "/latch/v1/events", event, "Content-Type", "application/json; charset=utf-8").Code)
	for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""} {
		refused := apitest.Call(handler, "POST", "/latch/v1/events", event, "Content-Type", media)
		require.Equal(t, 415, refused.Code, media)
		require.Contains(t, refused.Body.String(), "curl --json", "it says what would be right")
	}
}

// Contract, "HTTP API": without keys a GET of another site's page is refused as
// its POST is, on every route; a person who follows a link to a lock's page, and
// a program, are not.
func TestWithoutKeysOtherSitesGetNothing(t *testing.T) {
	t.Parallel()
	handler := apitest.New(t, apitest.Temporal(), api.Options{Routes: apitest.WithRegistry(&apitest.Registry{})})
	const html = "text/html,application/xhtml+xml,*/*;q=0.8"
	from := func(site, mode, destination string) []string {
		return []string{"Accept", html, "Sec-Fetch-Site", site, "Sec-Fetch-Mode", mode, "Sec-Fetch-Dest", destination}
	}
	for _, o := range operationsOf(t, handler) {
		method, path, _ := strings.Cut(o.route, " ")
		path = strings.NewReplacer("{id}", "x", "{lock}", apitest.Token, "{webhook}", "1").Replace(path)
		for _, test := range []struct {
			name    string
			headers []string
			page    bool
			in      bool
		}{
			{"a program", nil, false, true},
			{"a person", from("none", "navigate", "document"), false, true},
			{"its own page", from("same-origin", "cors", "empty"), false, true},
			{"another site's script", from("cross-site", "no-cors", "script"), false, false},
			{"another site's image", []string{"Referer", "https://evil.example/", "Accept", "image/*"}, false, false},
			{"another port's fetch", from("same-site", "cors", "empty"), false, false},
			{"another site's frame", from("cross-site", "navigate", "iframe"), false, false},
			{"another site's fetch that calls itself a visit",
				append(from("cross-site", "navigate", "document"), "Origin", "https://evil.example"), false, false},
			{"a link on another site", from("cross-site", "navigate", "document"), true, false},
			{"a link on another port", from("same-site", "navigate", "document"), true, false},
			{"a link, in an older browser", []string{"Accept", html, "Referer", "https://chat.example/"}, true, false},
		} {
			got := apitest.Call(handler, method, path, "", test.headers...)
			in := test.in || test.page && o.route == "GET /locks/{lock}"
			if o.route == "POST /locks/{lock}" && in {
				require.Contains(t, got.Body.String(), "This form is unknown or has expired", test.name)
				continue
			}
			require.Equal(t, !in, got.Code == 403, "%s by %s: %d %s", o.route, test.name, got.Code, got.Body)
		}
	}
}

// Contract, "HTTP API": without keys an address beyond loopback is a start error.
func TestCheckAddress(t *testing.T) {
	t.Parallel()
	some := []api.Key{api.NewKey("a", api.RoleAdmin, "k")}
	for address, loopback := range map[string]bool{"127.0.0.1:7127": true, "[::1]:1": true, "localhost:1": true, "127.8.9.1:1": true,
		":7127": false, "0.0.0.0:1": false, "[::]:1": false, "10.0.0.1:1": false, "latch.example.com:1": false} {
		require.Equal(t, loopback, api.CheckAddress(address, nil) == nil, address)
		require.NoError(t, api.CheckAddress(address, some))
	}
	require.ErrorContains(t, api.CheckAddress("7127", some), "host:port")
}

// Contract, "Settings": LATCH_API_ALLOW are the CIDRs that may call.
func TestAllow(t *testing.T) {
	t.Parallel()
	parsed, err := api.ParseKeys(apitest.Keys)
	require.NoError(t, err)
	for prefix, status := range map[string]int{"192.0.2.0/24": 200, "10.0.0.0/8": 403} { // httptest calls from 192.0.2.1
		handler := apitest.New(t, apitest.Temporal(), api.Options{Keys: parsed, Allow: []netip.Prefix{netip.MustParsePrefix(prefix)}})
		require.Equal(t, status, apitest.Call(handler, "GET", "/latch/v1/locks?API_KEY=read", "").Code, prefix)
	}
}

// The access log names the key and shows neither a key nor a query.
func TestAccessLog(t *testing.T) {
	t.Parallel()
	parsed, err := api.ParseKeys("eye:read=open-sesame-0123")
	require.NoError(t, err)
	var out bytes.Buffer
	handler := apitest.New(t, apitest.Temporal(), api.Options{Keys: parsed, Logger: slog.New(slog.NewTextHandler(&out, nil))})
	apitest.Call(handler, "GET", "/latch/v1/locks?API_KEY=open-sesame-0123", "")
	apitest.Call(handler, "GET", "/latch/v1/locks", "", "Authorization", "Bearer open-sesame-0123x")
	require.Contains(t, out.String(), "key=eye")
	require.Contains(t, out.String(), "status=401")
	require.Contains(t, out.String(), "path=/latch/v1/locks ")
	require.NotContains(t, out.String(), "sesame")
}
