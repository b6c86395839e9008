package latch_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Contract, "Webhook": a webhook whose hooks are work has none of the keys for requests, one
// target and one input.
func TestValidateWork(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, webhook string
		problems      []string
	}{
		{name: "an activity", webhook: `{"activity":{"type":"Test","task_queue":"tests","input":{"v":"${vars.v}"},"timeout":"20m"}}`},
		{name: "an activity with the body", webhook: `{"activity":{"type":"Test"},"body":{"v":"${vars.v}"},"timeout":"2m",
			"retry":{"maximum_attempts":3,"deadline":"1h"},"redact":{"json":["/secret"]},"ordered":true}`},
		{name: "a workflow", webhook: `{"workflow":{"type":"Suite","id":"suite-${release.id}","args":[1,"${event}"]}}`},
		{name: "a Nexus operation", webhook: `{"nexus":{"endpoint":"e","service":"s","operation":"o","input":{}}}`},
		{name: "what is required", webhook: `{"activity":{}}`, problems: []string{"webhooks[0].activity.type: required"}},
		{name: "what a Nexus operation requires", webhook: `{"nexus":{}}`, problems: []string{
			"webhooks[0].nexus.endpoint: required", "webhooks[0].nexus.service: required", "webhooks[0].nexus.operation: required"}},
		{name: "two targets", webhook: `{"url":"https://example.com","activity":{"type":"Test"}}`, problems: []string{
			"webhooks[0].activity: a webhook has one of url, url_secret, activity, workflow, nexus and analysis, not url and activity"}},
		{name: "three targets, and what is wrong with each", webhook: `{"activity":{},"workflow":{"type":"W"},"nexus":{"service":"s","operation":"o"}}`, problems: []string{
			"webhooks[0].nexus: a webhook has one of url, url_secret, activity, workflow, nexus and analysis, not activity, workflow and nexus",
			"webhooks[0].activity.type: required", "webhooks[0].nexus.endpoint: required"}},
		{name: "two inputs", webhook: `{"workflow":{"type":"W","input":{}},"body":{}}`, problems: []string{
			"webhooks[0].body: is what the work is given unless workflow has input or args; give one of them"}},
		{name: "two timeouts and two retries", webhook: `{"activity":{"type":"T","timeout":"1m","retry":{}},"timeout":"1m"}`, problems: []string{
			"webhooks[0].activity.retry: a hook is tried again as its webhook says; give retry there",
			"webhooks[0].timeout: stands in activity too; give one of them"}},
		{name: "statuses", webhook: `{"workflow":{"type":"W"},"retry":{"on":[404]}}`, problems: []string{
			"webhooks[0].retry: on and not_on are about HTTP statuses, which work (workflow) has not"}},
		{name: "keys of requests", webhook: `{"activity":{"type":"T"},"method":"PUT","headers":{"X-A":"b"},"secret":"s","auth":{"bearer":"b"},
			"tls":{"ca":"c"},"preset":"slack","interactive":true,"cloudevents":"binary","content_type":"text/plain","success":"true","path":"volley",
			"secret_header":"X-S","send_secret":false,"header_secrets":{"X-B":"b"}}`, problems: keysOfRequests()},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := latch.DecodeEmission([]byte(`{"event":"DEPLOY","webhooks":[` + `{"id":"w","event":"DEPLOY",` + test.webhook[1:] + `]}`))
			if test.problems == nil {
				require.NoError(t, err)
				return
			}
			for _, problem := range test.problems {
				require.ErrorContains(t, err, problem)
			}
		})
	}
}

func keysOfRequests() []string {
	var problems []string
	for _, key := range []string{"method", "content_type", "headers", "header_secrets", "preset", "interactive", "cloudevents",
		"success", "secret", "secret_header",
		"send_secret", "auth", "tls", "path"} {
		problems = append(problems, "webhooks[0]."+key+": is about an HTTP request, and this webhook's hooks are work (activity): leave it out")
	}
	return problems
}

// A registered webhook whose hooks are work has no endpoint at which failures could be counted.
func TestValidateRegisteredWork(t *testing.T) {
	t.Parallel()
	_, err := latch.DecodeRegisteredWebhook([]byte(`{"id":"w","event":"DEPLOY","activity":{"type":"T"},"health":{}}`))
	require.ErrorContains(t, err, "health: counts attempts at an endpoint, and this webhook's hooks are work (activity): leave it out")
}
