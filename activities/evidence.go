package activities

import (
	"context"
	"errors"
	"net/http"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/evidence"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
)

// Evidence says where evidence of runs is sent as they close. The zero value sends none.
type Evidence struct {
	// URL receives it. Secret is the name of the secret that signs the request, or "".
	URL, Secret string
	// Key signs the evidence itself.
	Key evidence.Key
}

// webhook returns the webhook that evidence is sent by.
func (e *Evidence) webhook() latch.Webhook {
	return latch.Webhook{ID: "latch-evidence", URL: e.URL, Method: http.MethodPost, Secret: e.Secret, SendSecret: new(bool),
		ContentType: evidence.MediaType}
}

// SendEvidence sends signed evidence of a run, once it has closed.
func (a *Activities) SendEvidence(ctx context.Context, of protocol.Evidence) (protocol.EvidenceSent, error) {
	attempt := int(activity.GetInfo(ctx).Attempt)
	if a.options.Evidence.URL == "" {
		return protocol.EvidenceSent{}, errors.New("this worker sends no evidence: it has no LATCH_EVIDENCE_WEBHOOK; a later attempt may " +
			"come to one that has")
	}
	all := runs.New(runs.Options{Client: activity.GetClient(ctx), Namespace: activity.GetInfo(ctx).Namespace,
		DataConverter: a.dataConverter()})
	described, err := all.Describe(ctx, of.WorkflowID, of.RunID)
	if runs.IsNotFound(err) {
		return protocol.EvidenceSent{}, temporal.NewNonRetryableApplicationError("the run is gone: Temporal no longer has it", "NotFound", err)
	}
	if err != nil {
		return protocol.EvidenceSent{}, err
	}
	stated, err := evidence.Gather(ctx, all, described.GetWorkflowExecutionInfo())
	if err != nil { // among them: the run has not closed yet
		return protocol.EvidenceSent{}, err
	}
	made, err := a.options.Sender.Send(ctx, &protocol.WebhookRequest{Webhook: a.options.Evidence.webhook(),
		Ready: a.options.Evidence.Key.Seal(stated), Event: latch.Event{Event: evidenceEvent}, DeliveryID: "evd_" + of.RunID}, attempt)
	if err != nil {
		return protocol.EvidenceSent{}, err
	}
	return protocol.EvidenceSent{Status: made.Response.Status, Attempts: attempt}, nil
}

// evidenceEvent names the request in metrics and logs. It is no event that a webhook may name.
const evidenceEvent = "EVIDENCE"
