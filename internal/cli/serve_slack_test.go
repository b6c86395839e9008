package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// All that is wrong with the settings of the Slack app is reported at once, by variable and without
// the secrets.
func TestConfigureSlackReportsAll(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, []byte("\n"), 0o600))
	for name, test := range map[string]struct {
		set  map[string]string
		says []string
	}{
		"nothing else": {map[string]string{"LATCH_SLACK_SIGNING_SECRET": "hush-0123456789"}, []string{
			"LATCH_SLACK_BOT_TOKEN: is not set, and LATCH_SLACK_SIGNING_SECRET needs it", "LATCH_PEOPLE: names nobody",
			"LATCH_SLACK_SIGNING_SECRET: needs LATCH_API_KEYS or LATCH_OIDC_ISSUER", "LATCH_LINK_KEY, which LATCH_SLACK_SIGNING_SECRET needs: "}},
		"no app": {map[string]string{"LATCH_SLACK_BOT_TOKEN": "xoxb-hush"},
			[]string{"LATCH_SLACK_BOT_TOKEN: there is no app to click in; set LATCH_SLACK_SIGNING_SECRET"}},
		"all wrong": {map[string]string{"LATCH_SLACK_SIGNING_SECRET": "hush-0123456789",
			"LATCH_SLACK_SIGNING_SECRET_FILE": empty, "LATCH_SLACK_BOT_TOKEN_FILE": "/nowhere/token",
			"LATCH_PEOPLE": "alice", "LATCH_SLACK_URL": "http://slack.com"}, []string{
			"LATCH_SLACK_SIGNING_SECRET and LATCH_SLACK_SIGNING_SECRET_FILE: give one of them", "LATCH_SLACK_BOT_TOKEN_FILE: ", `LATCH_PEOPLE: "alice" does not begin with an e-mail address`}},
		"an empty file": {map[string]string{"LATCH_SLACK_SIGNING_SECRET_FILE": empty},
			[]string{"LATCH_SLACK_SIGNING_SECRET_FILE: is empty"}},
		"no way": {map[string]string{"LATCH_SLACK_SIGNING_SECRET": "hush-0123456789",
			"LATCH_SLACK_BOT_TOKEN": "xoxb-hush", "LATCH_SLACK_URL": "slack.com"}, []string{
			"LATCH_SLACK_URL: is not an https URL of a host alone"}},
		"an odd proxy": {map[string]string{"LATCH_SLACK_SIGNING_SECRET": "hush-0123456789",
			"LATCH_SLACK_BOT_TOKEN": "xoxb-hush", "LATCH_EGRESS_PROXY": "ftp://ada:hush@proxy"}, []string{
			`LATCH_EGRESS_PROXY: "ftp://***@proxy" is not of the form`}},
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
	file := filepath.Join(t.TempDir(), "people")
	require.NoError(t, os.WriteFile(file, []byte("alice@example.com@sre+leads\n# on leave: bob@example.com@sre\n"), 0o600))
	for variable, value := range map[string]string{"LATCH_SLACK_SIGNING_SECRET": "hush-0123456789",
		"LATCH_SLACK_BOT_TOKEN": "xoxb-hush", "LATCH_PEOPLE_FILE": file,
		"LATCH_LINK_KEY": "link-key-0123456789", "LATCH_API_KEYS": "ann=admin-key-0123456789", "LATCH_EGRESS_PROXY": "http://proxy.example.com:3128"} {
		t.Setenv(variable, value)
	}
	configured, err := configureServe()
	require.NoError(t, err)
	require.Len(t, configured.slack.People, 1)
	require.NotNil(t, configured.slack.Client)
	require.Equal(t, "hush-0123456789", string(configured.slack.SigningSecret))
}
