package e2e

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
)

// A release cannot replace or disable an enforced gate, however it is started: it is refused,
// and the error names the webhook.
func TestEnforcedWebhookCannotBeReplaced(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	s.register("board", `{"enforced":true,"events":[{"event":"BEFORE_RELEASE","blocking":true},{"event":"DEPLOYED","blocking":true}]}`)
	const own = `"webhooks":[{"id":"board","url":"{R}/own","event":"RELEASE_SUCCESS","enabled":false}]`
	const steps = `"steps":[{"name":"a","do":{"http":{"url":"{R}/work"}}}]`
	const names = `"board" is the id of an enforced registered webhook`

	refused := s.as("run-key-0123456789", "POST", "/latch/v1/releases", s.spec(`{"id":"r",`+steps+`,`+own+`}`)).problem(t, 422)
	require.Contains(t, refused.Detail, names)
	require.Equal(t, "body.webhooks[0].id", refused.Errors[0].Location)
	s.as("run-key-0123456789", "POST", "/latch/v1/events", s.spec(`{"event":"OTHER",`+own+`}`)).problem(t, 422)

	for name, each := range map[string]struct{ workflow, spec, path string }{
		"release": {latch.WorkflowRelease, `{"id":"r",` + steps + `,` + own + `}`, "webhooks[0].id"},
		"event":   {latch.WorkflowEmit, `{"event":"OTHER",` + own + `}`, "webhooks[0].id"},
		"job of a sequence": {latch.WorkflowJobRun,
			`{"id":"j","jobs":[{"id":"one","task":{"http":{"url":"{R}/work"}},` + own + `}]}`, "jobs[0].webhooks[0].id"},
		"reads like it": {latch.WorkflowRelease,
			`{"id":"r",` + steps + `,"webhooks":[{"id":"Board","url":"{R}/own","event":"RELEASE_SUCCESS"}]}`, "webhooks[0].id"},
	} {
		require.ErrorContains(t, b.invalid(each.workflow, name, each.spec), each.path)
	}
	s.as("admin-key=1-0123456789", "POST", "/latch/v1/webhooks/board/disable", "").read(t, 200, nil)
	require.ErrorContains(t, b.invalid(latch.WorkflowRelease, "disabled", `{"id":"r",`+steps+`,`+own+`}`), names)
	require.Empty(t, b.came("/"), "nothing was done")
}

// invalid starts a run and returns its error, which is InvalidSpec.
func (b *bench) invalid(workflow, id, spec string) error {
	b.Helper()
	err := b.startSpec(workflow, id, spec).Get(b.ctx, nil)
	var application *temporal.ApplicationError
	require.True(b, errors.As(err, &application), "%v", err)
	require.Equal(b, latch.ErrorInvalidSpec, application.Type())
	return err
}

// Only the role admin may skip an enforced hook through the API. The role lock may still remove
// its lock. A client with direct access to Temporal may skip it there.
func TestEnforcedWebhookIsSkippedByAdminAlone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	s.register("board", `{"enforced":true,"events":[{"event":"BEFORE_RELEASE","blocking":true}]}`)
	release := func(name string) (path, workflowID, token string) {
		id := name + "-" + b.queue
		spec := fmt.Sprintf(`{"id":%q,"webhooks":[{"id":"own","events":[{"event":"BEFORE_RELEASE_COMPLETE","blocking":true}]}],
			"steps":[{"name":"a","do":{"http":{"url":"{R}/work"}}}]}`, id)
		var started struct {
			WorkflowID string `json:"workflow_id"`
		}
		s.as("run-key-0123456789", "POST", "/latch/v1/releases", s.spec(spec)).read(t, 201, &started)
		return "/latch/v1/releases/" + id, started.WorkflowID, s.token(started.WorkflowID)
	}

	path, workflowID, token := release("skipped")
	require.True(t, s.status(workflowID).Locks[0].Enforced)
	for _, skip := range []string{`{"lock":"` + token + `","reason":"late"}`, `{"webhook":"board","event":"BEFORE_RELEASE","reason":"late"}`} {
		refused := s.as("run-key-0123456789", "POST", path+"/skip", skip).problem(t, 403)
		require.Contains(t, refused.Detail, `webhook "board" is enforced`)
	}
	require.Len(t, s.status(workflowID).Locks, 1, "nothing was changed")
	var record latch.Record
	s.as("admin-key=1-0123456789", "POST", path+"/skip", `{"webhook":"board","event":"BEFORE_RELEASE","reason":"late"}`).read(t, 200, &record)
	require.Equal(t, latch.ResultSkipped, record.Result)
	require.True(t, record.Enforced)
	require.Equal(t, latch.ViaAPI, record.Lock.Via)
	token = s.token(workflowID)
	record = latch.Record{}
	s.as("run-key-0123456789", "POST", path+"/skip", `{"lock":"`+token+`","reason":"one of its own"}`).read(t, 200, &record)
	require.False(t, record.Enforced)

	_, workflowID, token = release("removed")
	s.as("lock-key-0123456789", "POST", lockPath(token)+"/release", `{"result":"pass"}`).read(t, 200, &record)
	require.Equal(t, latch.ResultPass, record.Result)
	s.token(workflowID)
	require.False(t, s.status(workflowID).Locks[0].Enforced, "the next lock is the release's own")

	_, workflowID, token = release("by-temporal")
	run := shared.client.GetWorkflow(b.ctx, workflowID, "")
	require.NoError(t, b.update(run, latch.MessageSkip, map[string]string{"lock": token, "reason": "an operator's word"}, &record))
	require.Equal(t, latch.ResultSkipped, record.Result)
}
