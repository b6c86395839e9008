package chat

import (
	"context"
	"errors"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/slack"
)

// votes are what the buttons vote.
var votes = map[string]string{slack.ActionApprove: latch.VoteApprove, slack.ActionReject: latch.VoteReject}

// A call is a click, or a form that was filled in, about a lock.
type call struct {
	who  *api.Caller
	lock slack.Value
	vote string
	// reason and data are those of a form.
	reason string
	data   latch.Object
}

// click does what a button is for: it votes, or asks for the lock's form.
func (a *app) click(ctx context.Context, done *slack.Interaction, action slack.Action, vote string, sent time.Time) {
	lock, err := slack.ParseValue(action.Value)
	if err != nil {
		a.tell(ctx, done.ResponseURL, "This button is not one of Latch's.")
		return
	}
	who, refused := a.person(ctx, done.User.ID, askedAt(action, sent))
	if refused != "" {
		a.noteStranger(ctx, lock.Lock, refused)
		a.tell(ctx, done.ResponseURL, refused)
		return
	}
	record, open, err := a.core.LookAtLock(ctx, lock.Lock)
	if err != nil {
		a.tell(ctx, done.ResponseURL, a.explain(ctx, err).Detail)
		return
	}
	if vote == latch.VoteApprove && open != nil && len(open.Form) > 0 {
		a.ask(ctx, done, lock, record, open)
		return
	}
	came := a.cast(ctx, call{who: who, lock: lock, vote: vote}, record, open)
	a.show(ctx, done.ResponseURL, done.Message, came)
}

// askedAt returns when somebody clicked: as the click says, if that is near the time that Slack
// has signed, which has whole seconds alone.
func askedAt(action slack.Action, sent time.Time) time.Time {
	if at := action.Time(); at.Sub(sent).Abs() <= slack.Tolerance {
		return at
	}
	return sent
}

// A result is what came of a vote.
type result struct {
	// record is the lock's, or nil if nothing is known of it.
	record  *latch.Record
	missing []latch.MissingApproval
	// refused says why the vote does not count, or is "".
	refused string
}

// cast votes about a lock or, if it has no approvals, removes it. The run says whether it counts.
func (a *app) cast(ctx context.Context, c call, record *latch.Record, open *latch.OpenLock) result {
	removal := latch.LockRelease{Lock: c.lock.Lock, Digest: c.lock.Digest, By: c.who.Name, Vote: c.vote,
		Reason: c.reason, Data: c.data}
	if len(record.Approvals) == 0 && (open == nil || len(open.Missing) == 0) {
		// Said here as well, since a run of an earlier version takes a rejection for a fail alone.
		if plain, err := removal.WithoutApprovals(); err == nil {
			removal = plain
		}
	}
	released, err := a.core.RemoveLock(ctx, c.who, protocol.UpdateViaSlack, removal)
	if err != nil {
		known := a.explain(ctx, err)
		return result{record: known.Record, refused: known.Detail}
	}
	return result{record: &released.Record, missing: released.Missing}
}

// explain returns what went wrong, for people.
func (a *app) explain(ctx context.Context, err error) *api.Problem {
	var known *api.Problem
	if !errors.As(a.core.Explain(ctx, err), &known) {
		known = api.NewProblem(500, "Internal error. The API's log has the details.")
	}
	return known
}

// show updates the message with the outcome of a vote. If the vote was refused, it sends the person
// the reason.
func (a *app) show(ctx context.Context, address string, message slack.Message, came result) {
	if came.record != nil {
		state := stateOf(came.record, came.missing)
		response := slack.InChannel(state)
		if len(message.Blocks) > 0 {
			response = message.Replacing(state, came.record.Lock.Open())
		}
		a.respond(ctx, address, response)
	}
	if came.refused != "" {
		a.tell(ctx, address, came.refused)
	}
}

// tell sends a message that only the person who clicked can see.
func (a *app) tell(ctx context.Context, address, text string) {
	a.respond(ctx, address, slack.Ephemeral(text))
}

func (a *app) respond(ctx context.Context, address string, response slack.Response) {
	if err := a.slack.Respond(ctx, address, response); err != nil {
		a.core.Logger.WarnContext(ctx, "cannot answer a click in Slack", "error", err)
	}
}
