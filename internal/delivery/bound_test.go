package delivery

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/secret"
)

// Contract, Secrets by name: a bound secret is sent only to its hosts, over plain http only if
// its binding says so, and only to a receiver whose certificate is for one of its hosts,
// whatever tls.server_name says. This applies to webhooks and http tasks. A refused request
// sends nothing.
func TestBoundSecretGoesNowhereElse(t *testing.T) {
	t.Parallel()
	plain := newReceiver(t, nil)
	authority := newAuthority(t, "servers")
	secure := authority.serve(t, nil, "hooks.internal")
	for name, test := range map[string]struct {
		binding    []string
		url        string
		serverName string
		refused    string
	}{
		"no binding, plain":            {nil, plain.URL, "", ""},
		"no binding, another name":     {nil, secure.URL, "hooks.internal", ""},
		"plain without http://":        {[]string{"127.0.0.1"}, plain.URL, "", "over plain http"},
		"plain with https://":          {[]string{"https://127.0.0.1"}, plain.URL, "", "over plain http"},
		"plain with http://":           {[]string{"http://127.0.0.1"}, plain.URL, "", ""},
		"plain, another host":          {[]string{"http://hooks.internal"}, plain.URL, "", "must not go to 127.0.0.1"},
		"plain, another port":          {[]string{"http://127.0.0.1:1"}, plain.URL, "", "must not go to 127.0.0.1"},
		"both host and name":           {[]string{"127.0.0.1", "hooks.internal"}, secure.URL, "hooks.internal", ""},
		"both host and name, https://": {[]string{"https://127.0.0.1", "https://*.internal"}, secure.URL, "hooks.internal", ""},
		"the host, but not the name":   {[]string{"127.0.0.1"}, secure.URL, "hooks.internal", "must not go to hooks.internal"},
		"the name, but not the host":   {[]string{"hooks.internal"}, secure.URL, "hooks.internal", "must not go to 127.0.0.1"},
		"the name in another spelling": {[]string{"127.0.0.1", "hooks.internal"}, secure.URL, "HOOKS.internal", ""},
		"a name below the one it is": {[]string{"127.0.0.1", "hooks.internal"}, secure.URL, "a.hooks.internal",
			"must not go to a.hooks.internal"},
		"the name at another port only": {[]string{"127.0.0.1", "hooks.internal:1"}, secure.URL, "hooks.internal",
			"must not go to hooks.internal"},
		"commands alone": {[]string{"command://"}, plain.URL, "", "must not go to 127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hosts := map[string][]string{}
			if test.binding != nil {
				hosts["key"] = test.binding
			}
			store, err := secret.New(map[string]string{"key": "b0und-value", "ca": authority.pem}, secret.Options{Hosts: hosts})
			require.NoError(t, err)
			sender := newSender(t, Options{Secrets: store, EgressAllow: []string{"127.0.0.1"}})
			var settings *latch.TLS
			if test.serverName != "" {
				settings = &latch.TLS{CA: "ca", ServerName: test.serverName}
			}
			r := request(test.url)
			r.Webhook.Secret, r.Webhook.TLS = "key", settings
			attempt, err := sender.Send(t.Context(), r, 1)
			_, taskErr := sender.Do(t.Context(), TaskRequest{Task: latch.HTTPTask{URL: test.url, Auth: &latch.Auth{Bearer: "key"}, TLS: settings}})
			if test.refused == "" {
				require.NoError(t, err)
				require.NoError(t, taskErr)
				return
			}
			for _, err := range []error{err, taskErr} {
				var host *secret.HostError
				require.ErrorAs(t, err, &host)
				require.ErrorContains(t, err, test.refused)
				require.NotContains(t, err.Error(), "b0und-value")
			}
			require.Nil(t, attempt.Response)
		})
	}
}
