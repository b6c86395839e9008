package mitto_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/mitto"
	"github.com/latch-run/latch/internal/protocol"
)

// Templates see a job's webhooks without their private fields.
func TestWebhooksInTemplatesBearNoSecrets(t *testing.T) {
	t.Parallel()
	for address, shown := range map[string]string{
		"https://example.com":                                                     "https://example.com",
		"https://example.com/hooks/nightly":                                       "https://example.com/hooks/nightly",
		"https://example.com/run?API_KEY=hidden&job=1":                            "https://example.com/run?***",
		"https://example.com/run#hidden":                                          "https://example.com/run?***",
		"https://hooks.slack.com/services/T0001/B0001/XXXXhiddenXXXXhidden24":     "https://hooks.slack.com/services/T0001/B0001/***",
		"https://discord.com/api/webhooks/123456789012345678/hiddenHIDDENhidden_": "https://discord.com/api/webhooks/***/***",
		"https://webhook.site/83d6607a-0118-478d-a68c-cf2ab4645314":               "https://webhook.site/***",
		"https://example.com/${job.vars.hidden}":                                  "https://example.com/***",
		"${job.vars.hidden}":                                                      "***",
	} {
		made := job(t, `{"type":"io",
			"webhooks":[{"url":`+encoded(t, address)+`,"event_type":"JOB_START","body":"\"${job.title}\"",
				"enabled":false,"headers":{"X-Key":"hidden"},"secret":"hidden",
				"header_secrets":{"X-A":"hidden"},"token":"hidden"}]}`)
		var hooks []latch.Object
		require.NoError(t, json.Unmarshal(made.Variables()["webhooks"], &hooks))
		require.Len(t, hooks, 1)
		require.Equal(t, encoded(t, shown), string(hooks[0]["url"]))
		require.NotContains(t, encoded(t, hooks), "hidden", address)
		require.JSONEq(t, `{"X-Key":"***"}`, string(hooks[0]["headers"]))
		for key, want := range map[string]string{"id": "2273900001", "event_type": `"JOB_START"`, "method": `"POST"`,
			"enabled": "false", "body": `"\"${job.title}\""`} {
			require.Equal(t, want, string(hooks[0][key]), key)
		}
	}
	made := native(t, nativeJob)
	variables := string(made.Variables()["webhooks"])
	require.Contains(t, variables, `"blocking":true`)
	require.NotContains(t, variables, "url_secret")
	require.Equal(t, "[]", string(job(t, `{"type":"io"}`).Variables()["webhooks"]))
}

// A job that is too large for every delivery is sent without its largest part.
func TestFieldsOfTemplatesAreBounded(t *testing.T) {
	t.Parallel()
	large := encoded(t, string(make([]byte, 40<<10)))
	for body, missing := range map[string]string{
		`{"type":"sql","conf":{"sql":` + large + `}}`: "conf",
		`{"type":"io","markdown":` + large + `}`:      "markdown",
	} {
		made := job(t, body)
		fields := mitto.Fields(&protocol.Definition{ID: made.ID, Job: made.Latch, Lacks: made.Lacks, Extras: made.Extras})
		require.NotContains(t, fields, missing)
		for _, kept := range []string{"type", "conf", "webhooks", "markdown"} {
			if kept != missing {
				require.Contains(t, fields, kept)
			}
		}
		require.Less(t, len(encoded(t, fields)), 32<<10)
	}
}
