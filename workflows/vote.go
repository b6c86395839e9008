package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/approval"
	"github.com/latch-run/latch/internal/protocol"
)

// The votes about a lock with approvals.

// vote takes a vote. It answers at once while the lock stays open. Otherwise it removes the lock
// and returns nil, so that the caller answers once the hook is decided.
func (h *hook) vote(ctx workflow.Context, message latch.LockRelease, from sender) (any, error) {
	if err := h.overcrowded(ctx, from); err != nil {
		return nil, err
	}
	vote, err := h.examineVote(ctx, message, from)
	if err != nil {
		return nil, err
	}
	message.By = vote.By
	if !h.record.Lock.Open() { // it was decided meanwhile
		if err := tooLate(message.RefusedBy(h.record), h.record); err != nil {
			return nil, err
		}
		return h.answerRemoval(ctx, true)
	}
	votes, changed, err := h.rules().Cast(h.votes, vote)
	if err != nil {
		return nil, refusedVote(err)
	}
	h.votes = votes
	if !changed {
		return latch.Released{Record: *h.record, Unchanged: true, Missing: h.missing()}, nil
	}
	h.voted(approval.Shown(votes))
	h.firing.changed = true
	state, missing := h.rules().Tally(votes)
	if state == approval.Open {
		return latch.Released{Record: *h.record, Missing: missing}, nil
	}
	from.identifiedBy = vote.IdentifiedBy
	h.released(decisive(state, votes, message), from)
	return nil, nil
}

// decisive returns the removal that the votes come to, by the sender of the last one.
func decisive(state approval.State, votes []approval.Vote, last latch.LockRelease) latch.LockRelease {
	removal := latch.LockRelease{Lock: last.Lock, By: last.By, Reason: last.Reason, Result: latch.ResultPass}
	by := latch.VoteApprove
	if state == approval.Rejected {
		removal.Result, by = latch.ResultFail, latch.VoteReject
	}
	removal.Data = approval.Data(votes, by)
	return removal
}

// examineVote asks a worker who sent the vote, and whether what it brings is right.
func (h *hook) examineVote(ctx workflow.Context, message latch.LockRelease, from sender) (approval.Vote, error) {
	request := protocol.ExamineRequest{Message: message, AllowUnproven: h.settings.AllowUnproven}
	if message.Choice() == latch.VoteApprove || len(message.Data) > 0 {
		request.Form = h.settings.Form
	}
	var examined protocol.Examined
	if err := ask(ctx, "Examine a vote for "+h.webhook.ID+" at "+h.firing.event, protocol.ActivityExamine, request, &examined); err != nil {
		return approval.Vote{}, err
	}
	switch {
	case examined.Forged != "":
		return approval.Vote{}, refusal(latch.ErrorForbidden, "voucher: %s", examined.Forged)
	case len(examined.Problems) > 0:
		return approval.Vote{}, invalidArgument(examined.Problems)
	}
	sender := examined.Sender
	return approval.Vote{Issued: sender.Issued, Data: message.Data,
		Vote: latch.Vote{By: sender.Name, At: h.firing.session.now(), Via: from.via,
			IdentifiedBy: sender.IdentifiedBy, Result: message.Choice(), Groups: sender.Groups, Reason: message.Reason}}, nil
}

// overcrowded refuses a vote by signal if the run's history has no room for many more.
func (h *hook) overcrowded(ctx workflow.Context, from sender) error {
	if from.via != latch.ViaSignal || workflow.GetInfo(ctx).GetCurrentHistoryLength() <= maximumEvents {
		return nil
	}
	return refusal(latch.ErrorTooLate, "the run's history has more than %d events: vote by an update, or through the API", maximumEvents)
}

// rules returns the rules of the hook's lock.
func (h *hook) rules() approval.Rules {
	rules := approval.RulesOf(h.settings, h.firing.session.admission.Starter)
	if h.record.Lock != nil && h.record.Lock.Escalated != nil {
		return rules.Escalate()
	}
	return rules
}

// missing returns what the lock still needs, or nil for one without approvals.
func (h *hook) missing() []latch.MissingApproval {
	if !h.settings.HasApprovals() {
		return nil
	}
	_, missing := h.rules().Tally(h.votes)
	return missing
}

// isRejected reports whether votes have rejected what the hook holds.
func (h *hook) isRejected() bool {
	return h.settings.HasApprovals() && h.lockRemoved && h.record.Lock.Result == latch.ResultFail
}

// onDeadline returns what the hook decides at the gate's deadline. A lock with approvals lets
// nothing pass without them, and an enforced webhook nothing by what the gate's author says.
func (h *hook) onDeadline() string {
	policy := h.firing.session.bounds.policy
	holds := h.settings.HasApprovals() && !h.lockRemoved || h.enforced && h.firing.session.admission.HoldsAtDeadline
	if policy == latch.Continue && holds {
		return latch.Stop
	}
	return policy
}

// checkVote refuses a vote that no worker has to look at.
func checkVote(message *latch.LockRelease) error {
	var problems latch.Problems
	if err := message.Data.Understood(latch.KeyResult); err != nil {
		problems.Addf("", "data.%v", err)
	}
	if size := len(message.Reason); size > maximumVoteReason {
		problems.Addf("reason", "has %d bytes; the limit of a vote is %d", size, maximumVoteReason)
	}
	size := 0
	for key, value := range message.Data {
		size += len(key) + len(value)
	}
	if size > maximumVoteData {
		problems.Addf("data", "has %d bytes; the limit of a vote is %d", size, maximumVoteData)
	}
	if len(problems) > 0 {
		return invalidArgument(problems)
	}
	return nil
}

// These bound what a vote brings, in bytes: a lock has many votes, and keeps them all.
const (
	maximumVoteReason = 1000
	maximumVoteData   = 8 << 10
)

// tooLate returns the error for a message that comes too late for a used lock, with the record that
// stands, or nil if nothing is late.
func tooLate(late string, record *latch.Record) error {
	if late == "" {
		return nil
	}
	return temporal.NewApplicationErrorWithOptions(late, latch.ErrorTooLate,
		temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{*record}})
}

// refusedVote returns the error of a vote that does not count.
func refusedVote(err error) error {
	var refused *approval.RefusedError
	if errors.As(err, &refused) {
		return refusal(refused.Type, "%s", refused.Message)
	}
	return err
}

func withoutReasons(votes []latch.Vote) []latch.Vote {
	var plain []latch.Vote
	for _, vote := range votes {
		vote.Reason = ""
		plain = append(plain, vote)
	}
	return plain
}
