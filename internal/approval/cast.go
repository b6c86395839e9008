package approval

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/latch-run/latch"
)

// maximumVoters bounds the people who have voted about a lock.
const maximumVoters = 100

// A RefusedError says why a vote does not count. Type is one of the contract's error types.
type RefusedError struct {
	Type, Message string
}

// Error returns the message.
func (e *RefusedError) Error() string { return e.Message }

func refused(kind, format string, args ...any) error {
	return &RefusedError{kind, fmt.Sprintf(format, args...)}
}

// Cast returns the votes with one more, which replaces the sender's earlier one, and whether that
// changes anything. Its error is a [*RefusedError]. The given votes stay as they are.
//
// Somebody's name counts in any case of letters, so that nobody votes twice by spelling it
// differently.
func (r Rules) Cast(votes []Vote, vote Vote) (with []Vote, changed bool, err error) {
	if err := r.check(&vote); err != nil {
		return votes, false, err
	}
	vote.Groups = r.relevant(vote.Groups)
	before := slices.IndexFunc(votes, func(v Vote) bool { return strings.EqualFold(v.By, vote.By) })
	if before < 0 {
		switch {
		case vote.Result == latch.VoteWithdraw:
			return votes, false, refused(latch.ErrorInvalidArgument, "vote: %s has no vote to withdraw", vote.By)
		case len(votes) >= maximumVoters:
			return votes, false, refused(latch.ErrorTooLate, "%d people have voted about this lock, and no more are counted", maximumVoters)
		}
		return append(slices.Clone(votes), vote), true, nil
	}
	earlier, with := votes[before], slices.Clone(votes)
	if same(&earlier, &vote) {
		if vote.Issued.After(earlier.Issued.Time) {
			with[before].Issued = vote.Issued // a proof that was made in between does not count any more
		}
		return with, false, nil
	}
	if err := mayReplace(&earlier, &vote); err != nil {
		return votes, false, err
	}
	return append(slices.Delete(with, before, before+1), vote), true, nil
}

// same reports whether a vote says what the sender's earlier one says. One that now is proven
// differs.
func same(earlier, vote *Vote) bool {
	return earlier.Result == vote.Result && proven(earlier) == proven(vote) && (vote.Result == latch.VoteWithdraw ||
		slices.Equal(earlier.Groups, vote.Groups) && maps.EqualFunc(earlier.Data, vote.Data, slices.Equal))
}

func mayReplace(earlier, vote *Vote) error {
	switch {
	case proven(earlier) && !proven(vote):
		return refused(latch.ErrorForbidden, "%s has voted with a proven name, which a message without one does not change", vote.By)
	case !vote.Issued.IsZero() && !vote.Issued.After(earlier.Issued.Time):
		return refused(latch.ErrorTooLate, "%s has voted again since this vote was made", vote.By)
	}
	return nil
}

func proven(vote *Vote) bool { return latch.IsProven(vote.IdentifiedBy) }

// Refuses returns why somebody may not vote, as a [*RefusedError], or nil if they may.
func (r Rules) Refuses(by, identifiedBy string, groups []string) error {
	return r.check(&Vote{Vote: latch.Vote{By: by, IdentifiedBy: identifiedBy, Groups: groups}})
}

// check refuses the votes of those who may not vote.
func (r Rules) check(vote *Vote) error {
	switch {
	case vote.By == "":
		return refused(latch.ErrorForbidden, "by: required: a vote is somebody's, and this one has no name")
	case !proven(vote) && !r.AllowUnproven:
		return refused(latch.ErrorForbidden, "the name %s is not proven (%s), and this lock counts proven names alone: "+
			"vote through Latch's API, with a key or after a login", vote.By, unprovenBy(vote))
	case r.Excluded != "" && strings.EqualFold(vote.By, r.Excluded):
		return refused(latch.ErrorForbidden, "%s has started this run, and allow_self is false: somebody else has to vote; may approve: %s",
			vote.By, r.Who())
	case !slices.ContainsFunc(r.Requirements, func(a latch.Approval) bool { return mayFill(&a, &vote.Vote) }):
		return refused(latch.ErrorForbidden, "%s may not vote about this lock; may approve: %s", vote.By, r.Who())
	}
	return nil
}

// unprovenBy says how a name is known that is not proven.
func unprovenBy(vote *Vote) string {
	return map[string]string{latch.IdentifiedByLink: "it was typed on the page of a link", latch.IdentifiedByLocal: "the API has no keys",
		latch.IdentifiedByTemporal: "its message has no voucher of Latch's API"}[vote.IdentifiedBy]
}
