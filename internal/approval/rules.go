package approval

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/assign"
)

// Rules are those of one lock.
type Rules struct {
	Requirements  []latch.Approval
	AllowUnproven bool
	// Reject is [latch.RejectAny] or [latch.RejectQuorum].
	Reject string
	// Excluded is the name of the person who may not vote, because they started the run; "" if
	// everybody may.
	Excluded string
	// Escalation names those who may vote as well once the lock has been open for long; nil if
	// nobody may. Escalated reports that they may.
	Escalation *latch.Escalation
	Escalated  bool
}

// RulesOf returns the rules of an event's settings, for a run that the starter has started. The
// name is "" if nobody has proven it.
func RulesOf(settings latch.Event, starter string) Rules {
	settings = latch.WithDefaults(settings)
	rules := Rules{Requirements: settings.Approvals, AllowUnproven: settings.AllowUnproven, Reject: settings.Reject,
		Escalation: settings.Escalate}
	if !settings.AllowsSelf() {
		rules.Excluded = starter
	}
	return rules
}

// Escalate returns the rules of the lock from its escalation on: whoever it names may fill each
// requirement, beside those whom the requirement names.
func (r Rules) Escalate() Rules {
	if r.Escalation == nil || r.Escalated {
		return r
	}
	r.Escalated = true
	widened := make([]latch.Approval, len(r.Requirements))
	for i, requirement := range r.Requirements {
		if len(requirement.Groups) > 0 || len(requirement.Users) > 0 { // else everybody may
			requirement.Groups = union(requirement.Groups, r.Escalation.Groups)
			requirement.Users = union(requirement.Users, r.Escalation.Users)
		}
		widened[i] = requirement
	}
	r.Requirements = widened
	return r
}

// union returns the names of both lists, each once.
func union(names, more []string) []string {
	both := slices.Clone(names)
	for _, name := range more {
		if !slices.Contains(both, name) {
			both = append(both, name)
		}
	}
	return both
}

// A Vote is a vote with what only its lock needs.
type Vote struct {
	latch.Vote
	// Issued is when the sender's proof was made; zero without one.
	Issued latch.Time `json:"issued,omitzero"`
	// Data is what the vote brings to the record if it is among those that decide.
	Data latch.Object `json:"data,omitempty"`
}

// A State is what the votes come to.
type State string

// States of a lock.
const (
	Open     State = "open"
	Approved State = "approved"
	Rejected State = "rejected"
)

// Tally returns what the votes come to, and what is missing for an approval.
//
// A person counts for one requirement at most: two requirements need two people, also if one
// person could fill each. A rejection counts in each requirement that its sender may approve.
func (r Rules) Tally(votes []Vote) (State, []latch.MissingApproval) {
	approving, rejecting := with(votes, latch.VoteApprove), with(votes, latch.VoteReject)
	sizes := make([]int, len(r.Requirements))
	for i := range r.Requirements {
		sizes[i] = r.Requirements[i].People()
	}
	filled := assign.Fill(sizes, len(approving), func(person, i int) bool { return mayFill(&r.Requirements[i], &approving[person].Vote) })
	var missing []latch.MissingApproval
	for i, requirement := range r.Requirements {
		if lacks := sizes[i] - filled[i]; lacks > 0 {
			missing = append(missing, latch.MissingApproval{Groups: requirement.Groups, Users: requirement.Users, Count: lacks})
		}
	}
	switch {
	case r.isRejected(rejecting):
		return Rejected, missing
	case len(missing) == 0:
		return Approved, nil
	default:
		return Open, missing
	}
}

// isRejected reports whether the rejections suffice.
func (r Rules) isRejected(rejecting []Vote) bool {
	if r.Reject != latch.RejectQuorum {
		return len(rejecting) > 0
	}
	return slices.ContainsFunc(r.Requirements, func(a latch.Approval) bool {
		against := 0
		for i := range rejecting {
			if mayFill(&a, &rejecting[i].Vote) {
				against++
			}
		}
		return against >= a.People()
	})
}

func with(votes []Vote, result string) []Vote {
	var found []Vote
	for _, vote := range votes {
		if vote.Result == result {
			found = append(found, vote)
		}
	}
	return found
}

// mayFill reports whether a voter is one of those whom a requirement names. Names are compared as
// they are written.
func mayFill(a *latch.Approval, vote *latch.Vote) bool {
	if len(a.Groups) == 0 && len(a.Users) == 0 || slices.Contains(a.Users, vote.By) {
		return true
	}
	return slices.ContainsFunc(a.Groups, func(group string) bool { return slices.Contains(vote.Groups, group) })
}

// Shown returns the votes that stand, as records have them.
func Shown(votes []Vote) []latch.Vote {
	var shown []latch.Vote
	for _, vote := range votes {
		if vote.Result != latch.VoteWithdraw {
			shown = append(shown, vote.Vote)
		}
	}
	return shown
}

// Data returns what the votes with a result bring, a later one over an earlier one.
func Data(votes []Vote, result string) latch.Object {
	data := latch.Object{}
	for _, vote := range with(votes, result) {
		maps.Copy(data, vote.Data)
	}
	return data
}

// relevant returns those of the groups that a requirement or the escalation names, in order. Those
// of the escalation count for a vote that was cast before it, too.
func (r Rules) relevant(groups []string) []string {
	var named []string
	for _, group := range groups {
		names := func(a latch.Approval) bool { return slices.Contains(a.Groups, group) }
		escalates := r.Escalation != nil && slices.Contains(r.Escalation.Groups, group)
		if (escalates || slices.ContainsFunc(r.Requirements, names)) && !slices.Contains(named, group) {
			named = append(named, group)
		}
	}
	slices.Sort(named)
	return named
}

// Who says who may approve, for people.
func (r Rules) Who() string {
	parts := make([]string, len(r.Requirements))
	for i := range r.Requirements {
		parts[i] = WhoOf(r.Requirements[i].Groups, r.Requirements[i].Users, r.Requirements[i].People())
	}
	return strings.Join(parts, ", and ")
}

// WhoOf says so of one requirement, or of what it still lacks.
func WhoOf(groups, users []string, count int) string {
	var who []string
	if len(groups) > 0 {
		who = append(who, "of "+strings.Join(groups, " or "))
	}
	if len(users) > 0 {
		who = append(who, strings.Join(users, " or "))
	}
	if len(who) == 0 {
		return fmt.Sprintf("%d of anybody", count)
	}
	return fmt.Sprintf("%d %s", count, strings.Join(who, ", or "))
}

// Added names those whom an escalation lets vote, for people: "group leads, ann".
func Added(to *latch.Escalated) string {
	var who []string
	for _, group := range to.Groups {
		who = append(who, "group "+group)
	}
	return strings.Join(append(who, to.Users...), ", ")
}

// A Voter is somebody who may want to vote.
type Voter struct {
	Name   string
	Groups []string
	// IdentifiedBy says how the name is known: [latch.IdentifiedByKey] and the like.
	IdentifiedBy string
}

// Awaits reports whether an open lock waits for somebody's vote: it would count, and they have not
// voted yet.
func Awaits(lock *latch.OpenLock, voter Voter) bool {
	voted := func(v latch.Vote) bool { return strings.EqualFold(v.By, voter.Name) }
	switch {
	case lock.Excluded != "" && strings.EqualFold(lock.Excluded, voter.Name):
		return false
	case !lock.AllowUnproven && !latch.IsProven(voter.IdentifiedBy):
		return false
	case slices.ContainsFunc(lock.Approvals, voted):
		return false
	}
	return slices.ContainsFunc(lock.Missing, func(m latch.MissingApproval) bool {
		return mayFill(&latch.Approval{Groups: m.Groups, Users: m.Users}, &latch.Vote{By: voter.Name, Groups: voter.Groups})
	})
}
