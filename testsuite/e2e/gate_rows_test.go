package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// A gateRow is a way in which a gate is decided.
type gateRow struct {
	name string
	// hooks are the settings of the event DEPLOY of the webhooks a, b and c, without braces.
	hooks []string
	// answers are theirs: JSON, a status, or a text. "-" stands for a webhook without a URL, and
	// "silent" for one that does not answer.
	answers []string
	// more are further keys of the gate.
	more string
	// says is done by a person once the webhook a has been told.
	says person
	want string
}

// decidesWithin reports whether the row is about how a gate decides by itself, for which it makes
// no difference who asks.
func (row *gateRow) decidesWithin() bool {
	return len(row.hooks) > 0 && strings.Contains(row.hooks[0], "approvals")
}

// A person does something about a gate whose lock is known.
type person func(l *lane, workflowID, lock string)

// ended is what a gate wants that ends without a decision of its own: anything but continue.
const ended = "ended"

const (
	holds   = `"blocking":true`
	passed  = `{"result":"pass"}`
	failed  = `{"result":"fail"}`
	briefly = `"answer_timeout":"300ms"`

	// quorum is a lock about which two of three systems decide, any of whose noes closes it, and
	// majority is one that two noes close.
	quorum   = holds + `,"allow_unproven":true,"approvals":[{"users":["ci","load","scan"],"count":2}]`
	majority = quorum + `,"reject":"quorum"`
	soon     = `,"lock_timeout":"2s"`
)

// gateRows are the rows of the table of verdicts.
var gateRows = []gateRow{
	// Answers.
	{"yes", []string{""}, []string{passed}, "", nil, latch.Continue},
	{"yes in capitals", []string{""}, []string{`{"result":"PASS"}`}, "", nil, latch.Continue},
	{"no word at all", []string{""}, []string{""}, "", nil, latch.Continue},
	{"a text", []string{""}, []string{"fine"}, "", nil, latch.Continue},
	{"no", []string{""}, []string{failed}, "", nil, latch.Stop},
	{"no in capitals", []string{""}, []string{`{"result":"FAIL"}`}, "", nil, latch.Stop},
	{"stop without a result", []string{""}, []string{`{"stop_release":true}`}, "", nil, latch.Stop},
	{"stop beside a yes", []string{""}, []string{`{"result":"pass","stop_release":true}`}, "", nil, latch.Stop},
	{"rollback", []string{""}, []string{`{"result":"fail","rollback_release":true}`}, "", nil, latch.Rollback},
	{"rollback beats stop", []string{""}, []string{`{"stop_release":true,"rollback_release":true}`}, "", nil, latch.Rollback},
	{"an expression stops", []string{`"stop_release":"history.data.errors > 5"`}, []string{`{"errors":6}`}, "", nil, latch.Stop},
	{"an expression does not stop", []string{`"stop_release":"history.data.errors > 5"`}, []string{`{"errors":5}`}, "", nil, latch.Continue},
	{"an expression rolls back", []string{`"rollback_release":"history.data.errors > 5"`}, []string{`{"errors":6}`}, "", nil, latch.Rollback},

	// What cannot be read or understood, and errors.
	{"broken JSON", []string{""}, []string{`{"result":"pass",}`}, "", nil, latch.Stop},
	{"a result without a meaning", []string{""}, []string{`{"result":"maybe"}`}, "", nil, latch.Stop},
	{"a stop without a meaning", []string{""}, []string{`{"result":"pass","stop_release":"perhaps"}`}, "", nil, latch.Stop},
	{"an expression fails", []string{`"stop_release":"history.data.absent > 5"`}, []string{passed}, "", nil, latch.Stop},
	{"when fails", []string{`"when":"vars.absent == 1"`}, []string{passed}, "", nil, latch.Stop},
	{"404", []string{""}, []string{"404"}, "", nil, latch.Stop},
	{"500", []string{""}, []string{"500"}, "", nil, latch.Stop},
	{"410", []string{""}, []string{"410"}, "", nil, latch.Stop},
	{"an error that continues", []string{`"on_error":"continue"`}, []string{"404"}, "", nil, latch.Continue},
	{"an error that rolls back", []string{`"on_error":"rollback"`}, []string{"404"}, "", nil, latch.Rollback},

	// Timeouts and the deadline.
	{"no answer in time", []string{briefly}, []string{"silent"}, "", nil, latch.Stop},
	{"a lock times out", []string{holds + `,"lock_timeout":"100ms"`}, []string{"-"}, "", nil, latch.Stop},
	{"a lock times out to roll back", []string{holds + `,"lock_timeout":"100ms","on_timeout":"rollback"`}, []string{"-"},
		"", nil, latch.Rollback},
	{"a lock times out to continue", []string{holds + `,"lock_timeout":"100ms","on_timeout":"continue"`}, []string{"-"},
		"", nil, latch.Continue},
	{"the deadline passes", []string{holds}, []string{"-"}, `,"deadline":"1s"`, nil, latch.Stop},
	{"the deadline rolls back", []string{holds}, []string{"-"}, `,"deadline":"1s","on_deadline":"rollback"`, nil, latch.Rollback},
	{"the deadline lets pass", []string{holds}, []string{"-"}, `,"deadline":"1s","on_deadline":"continue"`, nil, latch.Continue},
	{"the deadline lets pass but for a no", []string{"", holds}, []string{failed, "-"},
		`,"deadline":"1s","on_deadline":"continue"`, nil, latch.Stop},
	{"an endpoint is silent at the deadline", []string{""}, []string{"silent"}, `,"deadline":"500ms"`, nil, latch.Stop},
	{"the deadline does not turn a no", []string{"", holds}, []string{failed, "-"}, `,"deadline":"1s"`, nil, latch.Stop},

	// Several hooks.
	{"all say yes", []string{"", "", ""}, []string{passed, passed, passed}, "", nil, latch.Continue},
	{"one of three says no", []string{"", "", ""}, []string{passed, failed, passed}, "", nil, latch.Stop},
	{"one of three is broken", []string{"", "", ""}, []string{passed, passed, "500"}, "", nil, latch.Stop},
	{"one rolls back, one stops", []string{"", ""}, []string{failed, `{"rollback_release":true}`}, "", nil, latch.Rollback},
	{"one of two is silent", []string{"", briefly}, []string{passed, "silent"}, "", nil, latch.Stop},
	{"the one that says no is left out", []string{`"when":"false"`, ""}, []string{failed, passed}, "", nil, latch.Continue},
	{"nobody listens", nil, nil, "", nil, latch.Stop},
	{"who listens is disabled", []string{`"enabled":false`}, []string{passed}, "", nil, latch.Stop},

	// A quorum: two of three systems.
	{"two of three vote yes", []string{quorum}, []string{""}, "", votes("ci+ load+"), latch.Continue},
	{"two of three vote yes beside a no of another hook", []string{quorum, ""}, []string{"", failed}, "", votes("ci+ load+"), latch.Stop},
	{"two of three vote yes beside a yes of another hook", []string{quorum, ""}, []string{"", passed}, "", votes("ci+ scan+"), latch.Continue},
	{"one of three votes yes", []string{quorum + soon}, []string{""}, "", votes("ci+"), latch.Stop},
	{"one votes yes twice", []string{quorum + soon}, []string{""}, "", votes("ci+ ci+ CI+"), latch.Stop},
	{"one votes yes who may not", []string{quorum + soon}, []string{""}, "", votes("ci+ eve+"), latch.Stop},
	{"one takes back a yes", []string{quorum + soon}, []string{""}, "", votes("ci+ ci~ load+"), latch.Stop},
	{"one turns a no into a yes", []string{majority}, []string{""}, "", votes("ci- ci+ load+"), latch.Continue},
	{"the first no is enough", []string{quorum}, []string{""}, "", votes("ci+ load-"), latch.Stop},
	{"a no of somebody who may not vote", []string{quorum}, []string{""}, "", votes("eve- ci+ load+"), latch.Continue},
	{"two of three outvote one", []string{majority}, []string{""}, "", votes("ci- load+ scan+"), latch.Continue},
	{"two of three vote no", []string{majority}, []string{""}, "", votes("ci- load+ scan-"), latch.Stop},
	{"one yes and one no", []string{majority + soon}, []string{""}, "", votes("ci- load+"), latch.Stop},
	{"a no rolls back", []string{quorum + `,"rollback_release":"history.result == 'fail'"`}, []string{""}, "", votes("ci-"), latch.Rollback},
	{"a rule takes no for a yes", []string{quorum + `,"stop_release":"false"`}, []string{""}, "", votes("ci-"), latch.Stop},
	{"a rule over the votes", []string{quorum + `,"stop_release":"history.approvals.size() < 3"`}, []string{""}, "",
		votes("ci+ load+"), latch.Stop},
	{"a quorum times out to roll back", []string{quorum + soon + `,"on_timeout":"rollback"`}, []string{""}, "", votes("ci+"), latch.Rollback},
	{"a quorum at a deadline that lets pass", []string{quorum}, []string{""}, `,"deadline":"2s","on_deadline":"continue"`,
		votes("ci+"), latch.Stop},
	{"a quorum at a deadline that rolls back", []string{quorum}, []string{""}, `,"deadline":"2s","on_deadline":"rollback"`,
		votes("ci+"), latch.Rollback},
	{"one of two quorums", []string{quorum, quorum + soon}, []string{"", "-"}, "", votes("ci+ load+"), latch.Stop},
	{"one cannot fill two requirements",
		[]string{holds + `,"allow_unproven":true,"approvals":[{"users":["ci"]},{"users":["ci","load"]}]` + soon},
		[]string{""}, "", votes("ci+ ci+"), latch.Stop},
	{"two fill two requirements", []string{holds + `,"allow_unproven":true,"approvals":[{"users":["ci"]},{"users":["ci","load"]}]`},
		[]string{""}, "", votes("ci+ load+"), latch.Continue},

	// People.
	{"a lock is removed", []string{holds}, []string{""}, "", removes("pass"), latch.Continue},
	{"a lock is refused", []string{holds}, []string{""}, "", removes("fail"), latch.Stop},
	{"one of two locks is removed", []string{holds, holds + `,"lock_timeout":"2s"`}, []string{"", "-"}, "", removes("pass"), latch.Stop},
	{"the hook is taken out", []string{holds}, []string{""}, "",
		tells(latch.MessageSkip, `{"webhook":"a","event":"DEPLOY","reason":"away"}`), latch.Continue},
	{"a person stops", []string{holds}, []string{""}, "", tells(latch.MessageStop, `{"by":"ann"}`), latch.Stop},
	{"a person rolls back", []string{holds}, []string{""}, "", tells(latch.MessageRollback, `{"by":"ann"}`), latch.Rollback},
	{"the gate is cancelled", []string{holds}, []string{""}, "", func(l *lane, id, _ string) {
		require.NoError(l, shared.client.CancelWorkflow(l.ctx, id, ""))
	}, ended},
	{"the gate is terminated", []string{holds}, []string{""}, "", func(l *lane, id, _ string) {
		require.NoError(l, shared.client.TerminateWorkflow(l.ctx, id, "", "enough"))
	}, ended},
}

func removes(result string) person {
	return func(l *lane, id, lock string) {
		l.signal(id, latch.MessageReleaseLock, map[string]string{"lock": lock, "result": result, "by": "ann"})
	}
}

func tells(message, argument string) person {
	return func(l *lane, id, _ string) { l.signal(id, message, json.RawMessage(argument)) }
}

// votes sends votes in order, each a name with + (approve), - (reject) or ~ (withdraw). A gate that
// has closed meanwhile, by its time, takes none.
func votes(given string) person {
	means := map[byte]string{'+': latch.VoteApprove, '-': latch.VoteReject, '~': latch.VoteWithdraw}
	return func(l *lane, id, lock string) {
		for _, vote := range strings.Fields(given) {
			end := len(vote) - 1
			err := shared.client.SignalWorkflow(l.ctx, id, "", latch.MessageReleaseLock,
				map[string]string{"lock": lock, "vote": means[vote[end]], "by": vote[:end]})
			if closed := new(serviceerror.NotFound); !errors.As(err, &closed) {
				require.NoError(l, err)
			}
		}
	}
}

// input scripts the answers of the row and returns its gate.
func (row *gateRow) input(l *lane) string {
	var webhooks []string
	for i, settings := range row.hooks {
		id, url, timeout := string(rune('a'+i)), "", "30s"
		if row.answers[i] == "silent" {
			timeout = "1s"
		}
		if answer := row.answers[i]; answer != "-" {
			url = `"url":"$R/` + id + `",`
			l.script("/"+id, row.answer(l, answer))
		}
		event := strings.TrimSuffix(`{"event":"DEPLOY",`+settings, ",") + "}"
		webhooks = append(webhooks, fmt.Sprintf(`{"id":%q,%s"timeout":%q,"retry":{"maximum_attempts":1},"events":[%s]}`,
			id, url, timeout, event))
	}
	return l.spec(`{"event":"DEPLOY","webhooks":[` + strings.Join(webhooks, ",") + `]` + row.more + `}`)
}

func (*gateRow) answer(l *lane, answer string) receiver.Answer {
	switch {
	case answer == "silent":
		held, _ := l.hold(receiver.Answer{})
		return held
	case strings.HasPrefix(answer, "{"):
		return receiver.JSON(200, answer)
	case answer != "" && strings.Trim(answer, "0123456789") == "":
		var status int
		_, err := fmt.Sscan(answer, &status)
		require.NoError(l, err)
		return receiver.Status(status)
	}
	return receiver.Answer{Body: answer}
}

// speak has the person of the row speak once the gate has told the webhook a. It returns when
// that is done.
func (row *gateRow) speak(l *lane) (wait func()) {
	if row.says == nil {
		return func() {}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var told struct{ Lock string }
		requests, err := l.receiver.Wait(l.ctx, "/"+l.name+"/a", 1)
		if err != nil || json.Unmarshal(requests[0].Body, &told) != nil {
			return // the gate then stays open, and the test fails
		}
		workflowID, _, _ := strings.Cut(told.Lock, ":a:")
		row.says(l, workflowID, told.Lock)
	}()
	return func() { <-done }
}
