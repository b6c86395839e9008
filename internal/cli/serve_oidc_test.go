package cli

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// All that is wrong with the settings of the issuer is reported at once, by variable and without
// the secret.
func TestConfigureOIDCReportsAll(t *testing.T) {
	for name, test := range map[string]struct {
		set  map[string]string
		says []string
	}{
		"no issuer": {map[string]string{"LATCH_OIDC_AUDIENCE": "latch-api",
			"LATCH_OIDC_CLIENT_SECRET": "hush", "LATCH_OIDC_ROLES": "a=run"},
			[]string{"LATCH_OIDC_AUDIENCE, LATCH_OIDC_CLIENT_SECRET, LATCH_OIDC_ROLES: there is no issuer; set LATCH_OIDC_ISSUER"}},
		"all wrong": {map[string]string{"LATCH_OIDC_ISSUER": "http://login.example.com",
			"LATCH_OIDC_CLIENT_SECRET": "hush", "LATCH_OIDC_ROLES": "a=boss"},
			[]string{`LATCH_OIDC_ISSUER: "http://login.example.com" is without TLS`, "LATCH_OIDC_AUDIENCE, LATCH_OIDC_CLIENT_ID: set the first",
				"LATCH_OIDC_CLIENT_SECRET: there is no client", "LATCH_LINK_KEY, which LATCH_OIDC_ISSUER needs: ",
				`LATCH_OIDC_ROLES: a: "boss" is not a role`}},
		"a client alone": {map[string]string{"LATCH_OIDC_ISSUER": "login.example.com", "LATCH_OIDC_CLIENT_ID": "latch",
			"LATCH_OIDC_CLIENT_SECRET_FILE": "/nowhere/secret", "LATCH_LINK_KEY": "link-key-0123456789"},
			[]string{"LATCH_OIDC_ISSUER: is not an https URL", "LATCH_OIDC_CLIENT_SECRET_FILE: ", "LATCH_API_URL: LATCH_OIDC_CLIENT_ID needs it",
				"LATCH_OIDC_ROLES: is not set, so nobody could do anything"}},
	} {
		t.Run(name, func(t *testing.T) {
			for variable, value := range test.set {
				t.Setenv(variable, value)
			}
			_, err := configureServe()
			for _, says := range test.says {
				require.ErrorContains(t, err, says)
			}
			require.NotContains(t, err.Error(), "hush")
		})
	}
	t.Setenv("LATCH_OIDC_ISSUER", "https://login.example.com/realms/main")
	t.Setenv("LATCH_OIDC_CLIENT_ID", "latch")
	t.Setenv("LATCH_OIDC_ROLES", "sre=lock")
	t.Setenv("LATCH_LINK_KEY", "link-key-0123456789")
	t.Setenv("LATCH_API_URL", "https://latch.example.com")
	t.Setenv("LATCH_API_ADDR", "0.0.0.0:7127")
	configured, err := configureServe()
	require.NoError(t, err, "an issuer is enough to listen beyond this machine")
	require.Equal(t, "login.example.com/realms/main", configured.oidc.Issuer.Host())
}
