package activities

import (
	"context"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/activity"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rehearsal"
)

// rehearses reports whether the activity runs in a test that stands for the whole world, which
// nobody reaches from outside: there a name needs no proof.
func rehearses(ctx context.Context) bool { return rehearsal.Of(ctx) != nil }

// starterOf returns the proven name of the person who started the run, or "".
func (a *Activities) starterOf(ctx context.Context, request *protocol.AdmitRequest) string {
	if request.Starter == nil || a.options.Vouchers.IsZero() {
		return ""
	}
	var proof string
	payload := &commonpb.Payload{Metadata: request.Starter.Metadata, Data: request.Starter.Data}
	err := a.dataConverter().FromPayload(payload, &proof)
	if err == nil {
		holder, refused := a.options.Vouchers.OfStart(proof, activity.GetInfo(ctx).WorkflowExecution.ID, request.Input, request.Started.Time)
		if refused == nil && latch.IsProven(holder.IdentifiedBy) {
			return holder.Name
		}
		err = refused
	}
	activity.GetLogger(ctx).Warn("nobody is taken for the starter of the run", "error", err)
	return ""
}

// checkApprovals refuses a run whose locks count proven names, and that could not tell one, and
// messages with buttons that could do nothing.
func (a *Activities) checkApprovals(read *input, answer *protocol.Admission) {
	for i, event := range read.events {
		a.checkVotes(&answer.Problems, fmt.Sprintf("events[%d].", i), event.webhooks, answer.Starter)
	}
	a.checkVotes(&answer.Problems, "", read.webhooks, answer.Starter)
	if read.job != nil {
		a.checkJob(&answer.Problems, "", read.job, answer.Starter)
	}
	for i := range answer.Own {
		a.checkOther(&answer.Problems, &answer.Own[i], answer.Starter)
	}
	for i := range answer.Webhooks {
		a.checkOther(&answer.Problems, &answer.Webhooks[i].Webhook, answer.Starter)
	}
}

// checkOther looks at a webhook that the input does not have: a registered one, or one of the
// worker's lifecycle.
func (a *Activities) checkOther(all *latch.Problems, webhook *latch.Webhook, starter string) {
	var problems latch.Problems
	a.checkWebhook(&problems, "", webhook, starter)
	for _, problem := range problems {
		all.Addf("", "webhook %q, which is not the run's own: %s", webhook.ID, problem)
	}
}

// checkJob looks at a job, and at those of its sequence, whose starter is the sequence.
func (a *Activities) checkJob(problems *latch.Problems, path string, job *latch.Job, starter string) {
	a.checkVotes(problems, path, job.Webhooks, starter)
	for i, each := range job.Jobs {
		if each.Job != nil {
			a.checkJob(problems, fmt.Sprintf("%sjobs[%d].", path, i), each.Job, "")
		}
	}
}

func (a *Activities) checkVotes(problems *latch.Problems, path string, webhooks []latch.Webhook, starter string) {
	for i := range webhooks {
		a.checkWebhook(problems, fmt.Sprintf("%swebhooks[%d].", path, i), &webhooks[i], starter)
	}
}

func (a *Activities) checkWebhook(problems *latch.Problems, path string, webhook *latch.Webhook, starter string) {
	a.checkButtons(problems, path, webhook)
	for i, settings := range webhook.EventSettings() {
		at := fmt.Sprintf("%sevents[%d].", path, i)
		switch {
		case !settings.HasApprovals() || settings.AllowUnproven || !webhook.IsEnabled() || !settings.IsEnabled():
		case a.options.Vouchers.IsZero():
			problems.Addf(at+"approvals", "count proven names alone, and this worker has no LATCH_LINK_KEY to verify them by: "+
				"set the same for worker and API, or allow_unproven")
		case !settings.AllowsSelf() && starter == "":
			problems.Addf(at+"allow_self", "false, and nobody has proven who starts this run: "+
				"start it through Latch's API, with a key or after a login, or leave allow_self out")
		}
	}
}

// checkButtons refuses messages with buttons that could do nothing.
func (a *Activities) checkButtons(problems *latch.Problems, path string, webhook *latch.Webhook) {
	switch {
	case !webhook.HasButtons() || !webhook.IsEnabled():
	case webhook.Preset == latch.PresetTeams && a.options.APIURL == "":
		problems.Addf(path+"interactive", "the buttons in Teams are links to the lock's page, "+
			"and this worker has no LATCH_API_URL to make them of")
	case a.options.Vouchers.IsZero():
		problems.Addf(path+"interactive", "who clicks is proven to the run by LATCH_LINK_KEY, "+
			"which this worker has not: set the same for worker and API")
	}
}
