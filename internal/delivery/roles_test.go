package delivery

import (
	"encoding/json"
	"fmt"
	"net/http/httputil"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/fields"
	"github.com/latch-run/latch/internal/fields/fieldstest"
	"github.com/latch-run/latch/internal/rawjson"
)

// marks gives each template a unique text that must appear in the request.
type marks struct {
	url    string
	values map[string]string
}

// text is the value for [fieldstest.Full].
func (m marks) text(path string, role fields.Role) string {
	if !role.IsTemplate() {
		return ""
	}
	name := fmt.Sprintf("m%d", len(m.values))
	m.values[name] = "mark-of-" + path
	if role == fields.URLTemplate {
		return m.url + "/${vars." + name + "}"
	}
	return "${vars." + name + "}"
}

func (m marks) variables() expr.Variables {
	encoded, _ := json.Marshal(m.values) // texts
	return expr.Variables{"vars": encoded}
}

// elsewhere are the parts of a webhook whose templates are not part of its own requests.
var elsewhere = []string{"events[0]", "activity.", "workflow.", "nexus.", "analysis."}

// Each template of a webhook and of its event appears in the request, rendered. The input does
// not change, so that the next attempt can use it.
func TestEveryTemplateOfAWebhookIsSent(t *testing.T) {
	t.Parallel()
	for _, ofEvent := range []bool{false, true} {
		m := marks{"https://example.com", map[string]string{}}
		r := request("")
		if ofEvent { // its templates replace the webhook's
			r.Event = fieldstest.Full[latch.Event](m.text)
			r.Webhook.URL = "https://example.com"
		} else {
			r.Webhook = fieldstest.Full[latch.Webhook](m.text)
			r.Webhook.HeaderSecrets, r.Webhook.Auth, r.Webhook.TLS, r.Webhook.Events = nil, nil, nil, nil
			r.Webhook.Activity, r.Webhook.Workflow, r.Webhook.Nexus, r.Webhook.Analysis, r.Webhook.Poll = nil, nil, nil, nil, nil
		}
		r.Webhook.ContentType, r.Variables = "text/plain", m.variables()
		given := r.Webhook
		fields.Detach(&given)
		prepared, _, err := local(t, nil).Prepare(r, 1)
		require.NoError(t, err)
		require.Equal(t, given, r.Webhook)
		wire, err := prepared.Wire(true)
		require.NoError(t, err)
		for _, mark := range m.values {
			if ofEvent || !slices.ContainsFunc(elsewhere, func(part string) bool { return strings.Contains(mark, part) }) {
				require.Contains(t, string(wire), mark)
			}
		}
		require.NotContains(t, string(wire), "${")
	}
}

// Each template of work appears in its input, rendered.
func TestEveryTemplateOfWorkIsGiven(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{latch.WorkActivity, latch.WorkWorkflow, latch.WorkNexus} {
		for _, args := range []bool{false, true} {
			m := marks{"", map[string]string{}}
			r := request("")
			full := fieldstest.Full[latch.Webhook](func(path string, role fields.Role) string {
				if !strings.HasPrefix(path, kind+".") || strings.Contains(path, ".input") == args {
					return ""
				}
				return m.text(path, role)
			})
			r.Webhook = latch.Webhook{ID: "w"}
			switch kind {
			case latch.WorkActivity:
				r.Webhook.Activity = full.Activity
			case latch.WorkWorkflow:
				r.Webhook.Workflow = full.Workflow
			case latch.WorkNexus:
				r.Webhook.Nexus = full.Nexus
			}
			r.Variables = m.variables()
			work, err := local(t, nil).Compose(r, 1, time.Now())
			require.NoError(t, err)
			given := string(rawjson.Encode(work))
			for _, mark := range m.values {
				require.Contains(t, given, mark)
			}
			require.NotContains(t, given, "${")
		}
	}
}

// The same for an http task.
func TestEveryTemplateOfATaskIsSent(t *testing.T) {
	t.Parallel()
	m := marks{"https://example.com", map[string]string{}}
	task := fieldstest.Full[latch.HTTPTask](m.text)
	task.ContentType, task.HeaderSecrets, task.Auth, task.TLS = "text/plain", nil, nil, nil
	r := TaskRequest{Task: task, Variables: m.variables()}
	call, err := local(t, nil).prepareTask(&r)
	require.NoError(t, err)
	wire, err := httputil.DumpRequestOut(call.request.request(t.Context()), true)
	require.NoError(t, err)
	for _, mark := range m.values {
		require.Contains(t, string(wire), mark)
	}
	require.NotContains(t, string(wire), "${")
}

// Each secret that a webhook, a task or a command names is looked up before anything is sent.
func TestEverySecretIsLookedUp(t *testing.T) {
	t.Parallel()
	sender := local(t, nil)
	eachSecret(t, func(webhook latch.Webhook) error {
		r := request("")
		r.Webhook = webhook
		return sender.newDraft(r, 1, sender.now()).resolveSecrets()
	})
	eachSecret(t, func(task latch.HTTPTask) error {
		_, err := sender.prepareTask(&TaskRequest{Task: task})
		return err
	})
	eachSecret(t, func(command latch.CommandTask) error {
		_, err := sender.Lend(command.EnvSecrets)
		return err
	})
}

// eachSecret runs a test for each secret that a structure can name.
func eachSecret[T any](t *testing.T, try func(T) error) {
	t.Helper()
	var secrets []string
	fieldstest.Full[T](func(path string, role fields.Role) string {
		if role.IsSecret() {
			secrets = append(secrets, path)
		}
		return ""
	})
	require.NotEmpty(t, secrets)
	for _, secret := range secrets {
		one := fieldstest.Full[T](func(path string, _ fields.Role) string {
			if path == secret {
				return "nowhere"
			}
			return ""
		})
		require.ErrorContains(t, try(one), `no secret "nowhere"`, secret)
	}
}
