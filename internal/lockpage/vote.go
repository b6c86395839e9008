package lockpage

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/approval"
	"github.com/latch-run/latch/internal/form"
	"github.com/latch-run/latch/internal/verdict"
)

// What the page shows of a lock with approvals: the votes, what is missing, the form, and a button
// for each vote.

// A fieldView is a field of the form, with what the visitor has typed.
type fieldView struct {
	form.Field
	// Input is the name of the field's input.
	Input, Value string
}

// fieldPrefix begins the names of the form's inputs, so that they meet no other input.
const fieldPrefix = "data-"

// votesOf returns the votes about a lock, for people.
func votesOf(record latch.Record, linked bool, now time.Time) []string {
	var votes []string
	for _, vote := range record.Approvals {
		said := map[string]string{latch.VoteApprove: "approved", latch.VoteReject: "rejected"}[vote.Result]
		text := vote.By + " " + said + ", " + moment(vote.At, now) + " (" + vote.Via + ", " + vote.IdentifiedBy + ")"
		if vote.Reason != "" {
			text += ": " + unlessLinked(linked, vote.Reason)
		}
		votes = append(votes, strings.TrimSuffix(text, ": "))
	}
	return votes
}

// askVotes adds what an open lock with approvals needs.
func (v *lockView) askVotes(open latch.OpenLock) {
	for _, missing := range open.Missing {
		v.Missing = append(v.Missing, approval.WhoOf(missing.Groups, missing.Users, missing.Count))
	}
	if len(open.Missing) == 0 || len(open.Form) == 0 {
		return
	}
	v.form = open.Form
	for _, field := range form.FieldsOf(open.Form) {
		v.Fields = append(v.Fields, fieldView{field, fieldPrefix + field.Name, field.Default})
	}
	if len(v.Fields) == 0 {
		v.Fields = []fieldView{{form.Field{Title: "Data", Help: "a JSON object", Kind: form.JSON}, fieldPrefix, ""}}
	}
}

// restore sets the fields to what the visitor has typed, if a form was sent.
func (v *lockView) restore(filled url.Values) {
	for i := range v.Fields {
		if filled.Has(v.Fields[i].Input) {
			v.Fields[i].Value = filled.Get(v.Fields[i].Input)
		}
	}
}

// fillIn adds to an approval what the visitor has filled in. It returns what is wrong with it, or
// "".
func (v *lockView) fillIn(removal *latch.LockRelease, filled url.Values) string {
	if removal.Vote != latch.VoteApprove || len(v.form) == 0 {
		return ""
	}
	data, problems := form.Read(v.form, func(name string) string { return filled.Get(fieldPrefix + name) })
	if len(problems) > 0 {
		return problems.Error()
	}
	removal.Data = data
	return ""
}

// voteChoices returns the buttons of a lock with approvals.
func (f *foreteller) voteChoices(missing []latch.MissingApproval) []choice {
	people := 0
	for _, each := range missing {
		people += each.Count
	}
	approves := choice{Action: latch.VoteApprove, Label: "Approve", vote: latch.VoteApprove,
		Effect: "Your approval is noted. The lock stays open until all have approved who have to."}
	if people == 1 {
		ends := f.ending(choice{result: latch.ResultPass})
		approves.Effect = "If you may give the approval that is missing: " + f.effect(ends)
	}
	rejects := choice{Action: latch.VoteReject, Label: "Reject", vote: latch.VoteReject, Grave: true,
		Effect: "Your rejection is noted. The lock closes once enough have rejected, and nothing passes then."}
	if latch.WithDefaults(f.settings).Reject == latch.RejectAny {
		ends := f.ending(choice{result: latch.ResultFail})
		ends.decision, _ = verdict.Rejected(ends.decision, "")
		rejects.Effect = f.effect(ends)
	}
	choices := []choice{approves, rejects}
	if len(f.record.Approvals) > 0 {
		choices = append(choices, choice{Action: latch.VoteWithdraw, Label: "Withdraw my vote", vote: latch.VoteWithdraw,
			Effect: "Your vote does not count any more, and you may vote again."})
	}
	return choices
}

// refusesVote reports whether an answer refuses a vote, so that the page is shown again with it.
func refusesVote(status int) bool {
	return status == http.StatusForbidden || status == http.StatusUnprocessableEntity || status == http.StatusConflict
}
