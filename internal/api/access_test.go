package api_test

import (
	"bytes"
	"log/slog"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/api"
)

// Contract, "Settings": name[:role]=key,…, split at the first "=", default
// admin; no key's value is ever told.
func TestParseKeys(t *testing.T) {
	t.Parallel()
	parsed, err := api.ParseKeys("ann=a=b, ci:run=k2 ,eye:read=k:3")
	require.NoError(t, err)
	require.Len(t, parsed, 3)
	require.Equal(t, api.NewKey("ann", api.RoleAdmin, "a=b"), parsed[0])
	require.Equal(t, api.NewKey("ci", api.RoleRun, "k2"), parsed[1])
	require.Equal(t, api.NewKey("eye", api.RoleRead, "k:3"), parsed[2])

	_, err = api.ParseKeys("hush,x:root=hush,=hush,y=,one=hush,two=hush,link=hush1,Local:run=hush2")
	for _, text := range []string{"key 1", "root", "key 3", "key 4", "key 6 (two)", "key 7: link: this name", "key 8: Local: this name"} {
		require.ErrorContains(t, err, text)
	}
	require.NotContains(t, err.Error(), "hush")
}

// Contract, "HTTP API": without keys only requests with a loopback Host, with
// no Origin or the API's own, a body only as application/json.
func TestWithoutKeys(t *testing.T) {
	t.Parallel()
	handler := newAPI(t, &fake{}, api.Options{PublicURL: "https://latch.example.com/in"})
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
			require.Equal(t, test.status, call(handler, "GET", "/latch/v1/locks", "", test.headers...).Code)
		})
	}
	withPort := newAPI(t, &fake{}, api.Options{PublicURL: "https://Latch.example.com:443"})
	require.Equal(t, 200, call(withPort, "GET", "/latch/v1/locks", "", "Origin", "https://latch.example.com").Code)
	const event = `{"event":"API_CALLED"}`
	require.Equal(t, 201, call(handler, "POST", "/latch/v1/events", event, "Content-Type", "application/json; charset=utf-8").Code)
	for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""} {
		require.Equal(t, 415, call(handler, "POST", "/latch/v1/events", event, "Content-Type", media).Code, media)
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
	parsed, err := api.ParseKeys(keys)
	require.NoError(t, err)
	for prefix, status := range map[string]int{"192.0.2.0/24": 200, "10.0.0.0/8": 403} { // httptest calls from 192.0.2.1
		handler := newAPI(t, &fake{}, api.Options{Keys: parsed, Allow: []netip.Prefix{netip.MustParsePrefix(prefix)}})
		require.Equal(t, status, call(handler, "GET", "/latch/v1/locks?API_KEY=read", "").Code, prefix)
	}
}

// The access log names the key and shows neither a key nor a query.
func TestAccessLog(t *testing.T) {
	t.Parallel()
	parsed, err := api.ParseKeys("eye:read=open-sesame")
	require.NoError(t, err)
	var out bytes.Buffer
	handler := newAPI(t, &fake{}, api.Options{Keys: parsed, Logger: slog.New(slog.NewTextHandler(&out, nil))})
	call(handler, "GET", "/latch/v1/locks?API_KEY=open-sesame", "")
	call(handler, "GET", "/latch/v1/locks", "", "Authorization", "Bearer open-sesame-x")
	require.Contains(t, out.String(), "key=eye")
	require.Contains(t, out.String(), "status=401")
	require.Contains(t, out.String(), "path=/latch/v1/locks ")
	require.NotContains(t, out.String(), "sesame")
}
