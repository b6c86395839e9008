package approval_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/approval"
)

// The people of the tables, and their groups. Eve is in no group.
var groups = map[string][]string{"ann": {"sre"}, "bob": {"sre"}, "cto@example.com": {"board"}, "dan": {"sre", "dev"}, "fay": {"dev"}, "gus": {"dev", "x"}}

func of(count int, groups ...string) latch.Approval {
	return latch.Approval{Groups: groups, Count: &count}
}

func users(count int, users ...string) latch.Approval {
	return latch.Approval{Users: users, Count: &count}
}

func anybody(count int) latch.Approval { return latch.Approval{Count: &count} }

var start = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// voteOf reads a vote such as "ann+", "ann-" or "ann~" (approve, reject, withdraw), which a key
// proves, or one that came in another way: "ann+oidc", "ann+link", "ann+temporal". With "@-5" it
// was made five seconds before the ones around it.
func voteOf(text string, i int) approval.Vote {
	at := strings.IndexAny(text, "+-~")
	name, how := text[:at], text[at+1:]
	how, moved, _ := strings.Cut(how, "@")
	early := 0
	_, _ = fmt.Sscan(moved, &early)
	if how == "" {
		how = latch.IdentifiedByKey
	}
	vote := approval.Vote{Vote: latch.Vote{By: name, IdentifiedBy: how, Groups: groups[strings.ToLower(name)], At: latch.NewTime(start.Add(time.Duration(i) * time.Second)),
		Result: map[byte]string{'+': latch.VoteApprove, '-': latch.VoteReject, '~': latch.VoteWithdraw}[text[at]]}}
	if latch.IsProven(how) {
		vote.Issued = latch.NewTime(start.Add(time.Duration(i+early) * time.Second))
	}
	return vote
}

// An order is votes one after the other, and what each comes to: "." counts, "=" changes nothing,
// or a contract's error type by its first letters. After the state that closes the lock, votes are
// late and are not cast any more, as in a run.
type order struct {
	name    string
	rules   approval.Rules
	votes   string
	each    string
	want    approval.State
	missing string
}

var (
	two    = approval.Rules{Requirements: []latch.Approval{of(2, "sre")}}
	both   = approval.Rules{Requirements: []latch.Approval{of(2, "sre"), users(1, "cto@example.com")}}
	four   = approval.Rules{Requirements: []latch.Approval{of(1, "sre"), of(1, "dev")}}
	free   = approval.Rules{Requirements: []latch.Approval{anybody(2)}}
	quorum = approval.Rules{Requirements: []latch.Approval{of(2, "sre")}, Reject: latch.RejectQuorum}
	split  = approval.Rules{Requirements: []latch.Approval{of(2, "sre"), of(1, "dev")}, Reject: latch.RejectQuorum}
	self   = approval.Rules{Requirements: []latch.Approval{of(2, "sre")}, Excluded: "ann"}
	open   = approval.Rules{Requirements: []latch.Approval{users(1, "ann"), anybody(1)}, AllowUnproven: true}

	later  = &latch.Escalation{Groups: []string{"dev"}, Users: []string{"eve"}}
	before = approval.Rules{Requirements: []latch.Approval{of(2, "sre"), users(1, "cto@example.com")}, Escalation: later}
	raised = before.Escalate()
	vetoed = approval.Rules{Requirements: []latch.Approval{of(2, "sre")}, Reject: latch.RejectQuorum, Excluded: "fay",
		Escalation: later}.Escalate()
)

var orders = []order{
	// Groups and counts.
	{"nobody", two, "", "", approval.Open, "2 of sre"},
	{"one of two", two, "ann+", ".", approval.Open, "1 of sre"},
	{"two of two", two, "ann+ bob+", "..", approval.Approved, ""},
	{"the other way round", two, "bob+ ann+", "..", approval.Approved, ""},
	{"one twice", two, "ann+ ann+", ".=", approval.Open, "1 of sre"},
	{"one twice, spelled differently", two, "ann+ ANN+", ".=", approval.Open, "1 of sre"},
	{"one by a key and by a login", two, "ann+ ann+oidc", ".=", approval.Open, "1 of sre"},
	{"not in the group", two, "fay+", "F", approval.Open, "2 of sre"},
	{"in no group", two, "eve+", "F", approval.Open, "2 of sre"},
	{"in two groups", two, "dan+ ann+", "..", approval.Approved, ""},
	{"nobody's", two, "+", "F", approval.Open, "2 of sre"},
	{"anybody", free, "eve+ fay+", "..", approval.Approved, ""},
	{"anybody, once", free, "eve+ eve+", ".=", approval.Open, "1 of anybody"},
	// Several requirements.
	{"all hold", both, "ann+ bob+ cto@example.com+", "...", approval.Approved, ""},
	{"the user first", both, "cto@example.com+ ann+ bob+", "...", approval.Approved, ""},
	{"without the user", both, "ann+ bob+ dan+", "...", approval.Open, "1 cto@example.com"},
	{"without the group", both, "cto@example.com+", ".", approval.Open, "2 of sre"},
	{"a user's name in another case", both, "ann+ bob+ CTO@example.com+", "..F", approval.Open, "1 cto@example.com"},
	{"one person for two", four, "dan+", ".", approval.Open, "1 of dev"},
	{"one for each", four, "ann+ fay+", "..", approval.Approved, ""},
	{"the one of both groups first", four, "dan+ ann+", "..", approval.Approved, ""},
	{"the one of both groups last", four, "fay+ dan+", "..", approval.Approved, ""},
	{"two of one group", four, "ann+ bob+", "..", approval.Open, "1 of dev"},
	{"two of both groups", four, "dan+ fay+", "..", approval.Approved, ""},
	// Rejections: any.
	{"a rejection", two, "ann-", ".", approval.Rejected, "2 of sre"},
	{"a rejection after an approval", two, "ann+ bob-", "..", approval.Rejected, "1 of sre"},
	{"a rejection by who may not", two, "fay-", "F", approval.Open, "2 of sre"},
	{"an approval becomes a rejection", two, "ann+ ann-", "..", approval.Rejected, "2 of sre"},
	{"a rejection by the user", both, "ann+ bob+ cto@example.com-", "...", approval.Rejected, "1 cto@example.com"},
	// Rejections: quorum.
	{"one rejection of two", quorum, "ann-", ".", approval.Open, "2 of sre"},
	{"two rejections of two", quorum, "ann- bob-", "..", approval.Rejected, "2 of sre"},
	{"two approvals and a rejection", quorum, "ann- bob+ dan+", "...", approval.Approved, ""},
	{"two rejections and an approval", quorum, "ann- bob+ dan-", "...", approval.Rejected, "1 of sre"},
	{"a rejection twice", quorum, "ann- ann-", ".=", approval.Open, "2 of sre"},
	{"a rejection becomes an approval", quorum, "ann- bob+ ann+", "...", approval.Approved, ""},
	{"a rejection is withdrawn", quorum, "ann- ann~ bob-", "...", approval.Open, "2 of sre"},
	{"a rejection where one suffices", split, "fay-", ".", approval.Rejected, "2 of sre, 1 of dev"},
	{"a rejection where one does not", split, "ann-", ".", approval.Open, "2 of sre, 1 of dev"},
	{"a rejection counts for each", split, "ann+ dan-", "..", approval.Rejected, "1 of sre, 1 of dev"},
	// Withdrawals.
	{"withdrawn", two, "ann+ ann~", "..", approval.Open, "2 of sre"},
	{"withdrawn, and again", two, "ann+ ann~ ann~", "..=", approval.Open, "2 of sre"},
	{"withdrawn and given", two, "ann+ ann~ ann+ bob+", "....", approval.Approved, ""},
	{"withdrawn before the second", two, "ann+ ann~ bob+", "...", approval.Open, "1 of sre"},
	{"nothing to withdraw", two, "ann~", "I", approval.Open, "2 of sre"},
	{"another's is not withdrawn", two, "ann+ bob~", ".I", approval.Open, "1 of sre"},
	{"a stranger withdraws", two, "ann+ eve~", ".F", approval.Open, "1 of sre"},
	{"withdrawn makes way for another", four, "dan+ dan~ bob+", "...", approval.Open, "1 of dev"},
	// Oneself.
	{"oneself", self, "ann+", "F", approval.Open, "2 of sre"},
	{"oneself in another case", self, "Ann+", "F", approval.Open, "2 of sre"},
	{"oneself rejects", self, "ann-", "F", approval.Open, "2 of sre"},
	{"the others", self, "bob+ dan+", "..", approval.Approved, ""},
	{"oneself does not count", self, "bob+ ann+", ".F", approval.Open, "1 of sre"},
	// Escalation.
	{"before it", before, "fay+ eve+", "FF", approval.Open, "2 of sre, 1 cto@example.com"},
	{"in a group of it", raised, "fay+", ".", approval.Open, "1 of sre or dev, or eve, 1 of dev, or cto@example.com or eve"},
	{"all of it", raised, "fay+ eve+ gus+", "...", approval.Approved, ""},
	{"beside those of before", raised, "ann+ eve+ cto@example.com+", "...", approval.Approved, ""},
	{"one person for one of them", raised, "fay+ fay+ ann+", ".=.", approval.Open, "1 of dev, or cto@example.com or eve"},
	{"still nobody else", raised, "ivy+", "F", approval.Open, "2 of sre or dev, or eve, 1 of dev, or cto@example.com or eve"},
	{"rejected by one of it", raised, "ann+ eve-", "..", approval.Rejected, "1 of sre or dev, or eve, 1 of dev, or cto@example.com or eve"},
	{"a quorum with one of it", vetoed, "ann- eve-", "..", approval.Rejected, "2 of sre or dev, or eve"},
	{"whoever started it, in a group of it", vetoed, "fay+", "F", approval.Open, "2 of sre or dev, or eve"},
	// Late and again.
	{"an old vote after a new one", two, "ann+ ann~ ann+@-2", "..T", approval.Open, "2 of sre"},
	{"an old withdrawal", two, "ann+ ann~@-1", ".T", approval.Open, "1 of sre"},
	{"an old one that was confirmed since", two, "ann+ ann+ ann~@-2", ".=T", approval.Open, "1 of sre"},
	{"an old one of the same", two, "ann+ ann+@-1 bob+", ".=.", approval.Approved, ""},
	// Names that nobody has proven.
	{"a message to Temporal", two, "ann+temporal", "F", approval.Open, "2 of sre"},
	{"a link", two, "ann+link", "F", approval.Open, "2 of sre"},
	{"an API without keys", two, "ann+local", "F", approval.Open, "2 of sre"},
	{"unproven, and it counts", open, "ann+temporal eve+link", "..", approval.Approved, ""},
	{"unproven does not replace proven", open, "ann+ ann~temporal", ".F", approval.Open, "1 of anybody"},
	{"proven replaces unproven", open, "ann+temporal ann-", "..", approval.Rejected, "1 ann, 1 of anybody"},
	{"unproven twice", open, "eve+temporal eve+temporal", ".=", approval.Open, "1 ann"},
	{"side by side from four ways", both, "ann+ cto@example.com+oidc bob+link bob+temporal dan+", "..FF.", approval.Approved, ""},
	{"side by side, where all count", open, "eve+temporal ann+link ann+oidc", "..", approval.Approved, ""},
}

// Contract, "Approvals": the decision of each order of votes, what each vote comes to, and what is
// missing.
func TestOrders(t *testing.T) {
	t.Parallel()
	require.GreaterOrEqual(t, len(orders), 60)
	for _, test := range orders {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			state, votes, each := cast(t, test.rules, strings.Fields(test.votes))
			require.Equal(t, test.want, state)
			require.Equal(t, test.each, each, "what each vote comes to")
			_, missing := test.rules.Tally(votes)
			var lacks []string
			for _, m := range missing {
				lacks = append(lacks, approval.WhoOf(m.Groups, m.Users, m.Count))
			}
			require.Equal(t, test.missing, strings.Join(lacks, ", "))
		})
	}
}

// cast casts votes until the lock is closed.
func cast(t *testing.T, rules approval.Rules, texts []string) (state approval.State, votes []approval.Vote, each string) {
	t.Helper()
	state, _ = rules.Tally(nil)
	for i, text := range texts {
		if state != approval.Open {
			break
		}
		before := slices.Clone(votes)
		with, changed, err := rules.Cast(votes, voteOf(text, i))
		var refused *approval.RefusedError
		switch {
		case errors.As(err, &refused):
			require.Equal(t, before, with, "a vote that is refused changes nothing")
			each += refused.Type[:1]
		case changed:
			each += "."
		default:
			each += "="
		}
		require.Equal(t, before, votes, "the given votes stay as they are")
		votes = with
		state, _ = rules.Tally(votes)
	}
	return state, votes, each
}

// Contract, "Reminders and escalation": votes of before count anew once the lock is escalated, by all
// the groups of their senders.
func TestEscalationCountsVotesAnew(t *testing.T) {
	t.Parallel()
	var votes []approval.Vote
	for i, text := range []string{"ann+", "dan+", "bob+"} { // dan is in sre and dev
		votes, _, _ = before.Cast(votes, voteOf(text, i))
	}
	state, missing := before.Tally(votes)
	require.Equal(t, approval.Open, state)
	require.Len(t, missing, 1)
	state, missing = before.Escalate().Tally(votes)
	require.Equal(t, approval.Approved, state)
	require.Empty(t, missing)
	require.Equal(t, []latch.Approval{of(2, "sre"), users(1, "cto@example.com")}, before.Requirements,
		"the rules of before stay as they are")
	require.Equal(t, "group dev, eve", approval.Added(&latch.Escalated{Groups: later.Groups, Users: later.Users}))
}

// Contract, "Approvals": which order proven votes come in does not matter to what they come to.
func TestTheOrderOfApprovalsDoesNotMatter(t *testing.T) {
	t.Parallel()
	for _, rules := range []approval.Rules{two, both, four, free, quorum, split} {
		texts := []string{"ann+", "dan+", "fay+", "cto@example.com+"}
		permute(texts, func(order []string) {
			var votes []approval.Vote
			for i, text := range order {
				votes, _, _ = rules.Cast(votes, voteOf(text, i))
			}
			state, missing := rules.Tally(votes)
			wantState, wantMissing := rules.Tally(inOrder(rules, texts))
			require.Equal(t, wantState, state, "%v", order)
			require.Len(t, missing, len(wantMissing), "%v", order)
		})
	}
}

func inOrder(rules approval.Rules, texts []string) []approval.Vote {
	var votes []approval.Vote
	for i, text := range texts {
		votes, _, _ = rules.Cast(votes, voteOf(text, i))
	}
	return votes
}

func permute(texts []string, each func([]string)) {
	if len(texts) <= 1 {
		each(texts)
		return
	}
	for i := range texts {
		rest := slices.Delete(slices.Clone(texts), i, i+1)
		permute(rest, func(tail []string) { each(append([]string{texts[i]}, tail...)) })
	}
}

// Contract, "Approvals": data of the votes that decide is merged, a later one over an earlier one.
func TestData(t *testing.T) {
	t.Parallel()
	vote := func(text, key, value string) approval.Vote {
		v := voteOf(text, 0)
		v.Data = latch.Object{key: []byte(value)}
		return v
	}
	votes := []approval.Vote{vote("ann+", "a", "1"), vote("bob+", "a", "2"), vote("dan-", "b", "3"), vote("fay~", "c", "4")}
	require.Equal(t, latch.Object{"a": []byte("2")}, approval.Data(votes, latch.VoteApprove))
	require.Equal(t, latch.Object{"b": []byte("3")}, approval.Data(votes, latch.VoteReject))
	require.Len(t, approval.Shown(votes), 3)
}

// Whoever may not vote is told who may.
func TestARefusalSaysWhoMay(t *testing.T) {
	t.Parallel()
	_, _, err := both.Cast(nil, voteOf("eve+", 0))
	require.EqualError(t, err, "eve may not vote about this lock; may approve: 2 of sre, and 1 cto@example.com")
	_, _, err = self.Cast(nil, voteOf("ann+", 0))
	require.EqualError(t, err, "ann has started this run, and allow_self is false: somebody else has to vote; may approve: 2 of sre")
}

// At most a hundred people vote about a lock.
func TestTooManyVoters(t *testing.T) {
	t.Parallel()
	rules := approval.Rules{Requirements: []latch.Approval{anybody(50)}, AllowUnproven: true, Reject: latch.RejectQuorum}
	var votes []approval.Vote
	for i := range 100 {
		var err error
		votes, _, err = rules.Cast(votes, voteOf(fmt.Sprintf("p%d~", i), i))
		require.ErrorContains(t, err, "no vote to withdraw")
		votes, _, err = rules.Cast(votes, voteOf(fmt.Sprintf("p%d%c", i, "+-"[i%2]), i))
		require.NoError(t, err)
	}
	_, _, err := rules.Cast(votes, voteOf("one-more+", 100))
	require.ErrorContains(t, err, "100 people have voted")
}

// A lock waits for those whom a requirement that does not hold yet names, until they have voted, and
// not for those whose vote would be refused.
func TestAwaits(t *testing.T) {
	t.Parallel()
	key := latch.IdentifiedByKey
	missing := []latch.MissingApproval{{Groups: []string{"sre"}, Count: 1}, {Users: []string{"cto"}, Count: 1}}
	lock := latch.OpenLock{Approvals: []latch.Vote{{By: "Ann"}}, Missing: missing}
	excluding, unproven := lock, lock
	excluding.Excluded, unproven.AllowUnproven = "Bob", true
	for name, c := range map[string]struct {
		lock  latch.OpenLock
		voter approval.Voter
		want  bool
	}{
		"of a group":       {lock, approval.Voter{Name: "bob", Groups: []string{"sre"}, IdentifiedBy: key}, true},
		"a user":           {lock, approval.Voter{Name: "cto", IdentifiedBy: key}, true},
		"has voted":        {lock, approval.Voter{Name: "ann", Groups: []string{"sre"}, IdentifiedBy: key}, false},
		"of another group": {lock, approval.Voter{Name: "eve", Groups: []string{"dev"}, IdentifiedBy: key}, false},
		"started the run":  {excluding, approval.Voter{Name: "bob", Groups: []string{"sre"}, IdentifiedBy: key}, false},
		"somebody else":    {excluding, approval.Voter{Name: "cy", Groups: []string{"sre"}, IdentifiedBy: key}, true},
		"not proven":       {lock, approval.Voter{Name: "bob", Groups: []string{"sre"}, IdentifiedBy: latch.IdentifiedByLocal}, false},
		"not proven, and taken": {unproven, approval.Voter{Name: "bob", Groups: []string{"sre"},
			IdentifiedBy: latch.IdentifiedByLocal}, true},
		"without approvals": {latch.OpenLock{}, approval.Voter{Name: "bob", Groups: []string{"sre"}, IdentifiedBy: key}, false},
	} {
		require.Equal(t, c.want, approval.Awaits(&c.lock, c.voter), name)
	}
}
