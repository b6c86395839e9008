package latch_test

import (
	"strings"
	"testing"
)

// Contract, "Approvals": whatever could never hold, or would let pass without the approvals, is
// told with its path, all at once.
func TestApprovals(t *testing.T) {
	t.Parallel()
	at := func(settings string) string {
		return aRelease(`"webhooks":[{"id":"w","events":[{"event":"BEFORE_RELEASE",` + settings + `}]}]`)
	}
	blocks := func(settings string) string { return at(`"blocking":true,` + settings) }
	const event = "webhooks[0].events[0]."
	many := func(n int) string { return `"` + strings.Repeat("a", n) + `"` }
	hold(t, []rule{
		{"all of it", "release", blocks(`"approvals":[{"groups":["sre"],"count":2},{"users":["cto@example.com"]},{}],"allow_self":false,
			"reject":"quorum","form":{"type":"object"},"on_timeout":"rollback","on_error":"rollback"`), nil},
		{"the starter under another name", "release", blocks(`"approvals":[{}],"allow_self":false,"allow_unproven":true`), []string{
			event + `allow_self: false cannot hold beside allow_unproven: the starter could vote under another name; leave one of them out`}},
		{"does not block", "release", aRelease(`"webhooks":[{"id":"w","url":"https://example.com/","events":[{"event":"AFTER_STEP","approvals":[{"count":1}]}]}]`),
			[]string{event + `approvals: needs blocking true: what is not held has no lock that people could approve`}},
		{"empty", "release", blocks(`"approvals":[]`),
			[]string{event + `approvals: is empty: give at least one requirement, such as {"count": 1}, or leave it out`}},
		{"without approvals", "release", blocks(`"allow_self":true,"allow_unproven":true,"reject":"any","form":{}`), []string{
			event + `allow_self: needs approvals, such as [{"count": 1}]: it is about the votes of a lock`,
			event + `allow_unproven: needs approvals, such as [{"count": 1}]: it is about the votes of a lock`,
			event + `reject: needs approvals, such as [{"count": 1}]: it is about the votes of a lock`,
			event + `form: needs approvals, such as [{"count": 1}]: it is about the votes of a lock`}},
		{"counts", "release", blocks(`"approvals":[{"count":0},{"count":-1},{"count":51},{"users":["a"],"count":2}]`), []string{
			event + `approvals[0].count: must be 1 or more, not 0: what nobody has to approve is no requirement`,
			event + `approvals[1].count: must be 1 or more, not -1: what nobody has to approve is no requirement`,
			event + `approvals[2].count: must be at most 50, not 51`,
			event + `approvals[3].count: can never hold: 2 have to approve, and users has 1`}},
		{"names", "release", blocks(`"approvals":[{"groups":[],"users":[]},{"groups":[""," a","b","B"]},{"users":[` + many(201) + `]}]`), []string{
			event + `approvals[0].groups: is empty, so that nobody is named: leave it out, or name at least one`,
			event + `approvals[0].users: is empty, so that nobody is named: leave it out, or name at least one`,
			event + `approvals[1].groups[0]: "" is empty, or begins or ends with a blank`,
			event + `approvals[1].groups[1]: " a" is empty, or begins or ends with a blank`,
			event + `approvals[1].groups[3]: "B" is named twice`,
			event + `approvals[2].users[0]: has 201 bytes; the limit is 200`}},
		{"one person for two", "release", blocks(`"approvals":[{"users":["a"]},{"users":["a"]}]`),
			[]string{event + `approvals: can never hold: a person counts for one requirement, and of the 2 people that those with users alone need, their users can be 1`}},
		{"two people for two", "release", blocks(`"approvals":[{"users":["a","b"]},{"users":["a"]}]`), nil},
		{"users and groups", "release", blocks(`"approvals":[{"users":["a"],"groups":["g"]},{"users":["a"],"groups":["g"],"count":7}]`), nil},
		{"policies", "release", blocks(`"approvals":[{}],"on_timeout":"continue","on_error":"continue","reject":"some"`), []string{
			event + `reject: "some" is not one of any, quorum`,
			event + `on_timeout: continue would let pass without the approvals once the lock times out; give stop or rollback`,
			event + `on_error: continue would let pass without the approvals once the delivery fails; give stop or rollback`}},
		{"a form that is none", "release", blocks(`"approvals":[{}],"form":[1]`), []string{event + `form: must be an object, a JSON Schema, not [1]`}},
		{"a vote", "lock", `{"lock":"l","vote":"yes","groups":[""],"by":"a"}`, []string{
			`vote: "yes" is not one of approve, reject, withdraw`, `groups[0]: "" is empty, or begins or ends with a blank`}},
		{"a vote and its opposite", "lock", `{"lock":"l","vote":"approve","result":"fail"}`,
			[]string{`vote: approve, and the result fail, which says the opposite; leave out one of them`}},
		{"a vote and a result", "lock", `{"lock":"l","vote":"withdraw","data":{"result":"pass"}}`,
			[]string{`vote: withdraw, and the result pass: a vote that is taken back has none`}},
	})
}
