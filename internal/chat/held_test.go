package chat_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/approval"
	"github.com/latch-run/latch/internal/chat"
	"github.com/latch-run/latch/internal/runs/runstest"
	"github.com/latch-run/latch/internal/slack"
	"github.com/latch-run/latch/internal/slack/slacktest"
	"github.com/latch-run/latch/internal/voucher"
)

const (
	linkKey = "link-key-0123456789"
	digest  = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
	ticket  = `{"required":["ticket"],"properties":{"ticket":{"type":"string","title":"Ticket","pattern":"^OPS-"},"risk":{"enum":["low","high"],"default":"low"},
		"percent":{"type":"integer"},"sure":{"type":"boolean"},"more":{"type":"array"}}}`
)

// people are those whom the API knows: eve is in Slack alone.
const people = "alice@example.com@sre,bob@example.com@sre+leads,carol@example.com@dev"

// A held is a run that a lock holds, which takes votes as the workflow does.
type held struct {
	*runstest.Temporal
	mutex  sync.Mutex
	rules  approval.Rules
	form   json.RawMessage
	votes  []approval.Vote
	record latch.Record
	// hold, if set, is waited for before an update is answered.
	hold chan struct{}
}

// hold returns a run whose lock needs so many of sre, or none if it has no approvals.
func hold(t *testing.T, count int, form string) *held {
	t.Helper()
	h := &held{form: json.RawMessage(form), record: latch.Record{DeliveryID: "dlv_1", Webhook: "chat",
		Event: latch.EventBeforeRelease, WorkflowID: "release-1", RunID: "run-1",
		Result: latch.ResultPending, StartedAt: latch.NewTime(apitest.Fixed), Lock: &latch.RecordLock{Token: apitest.Token, Digest: digest}}}
	if count > 0 {
		h.rules = approval.Rules{Requirements: []latch.Approval{{Groups: []string{"sre"}, Count: &count}}, Reject: latch.RejectAny}
	}
	h.Temporal = apitest.Running("release-1", h.answer, h.update)
	return h
}

func (h *held) missing() []latch.MissingApproval {
	if len(h.rules.Requirements) == 0 {
		return nil
	}
	_, missing := h.rules.Tally(h.votes)
	return missing
}

func (h *held) answer(name string) (any, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if name == latch.QueryHistory {
		return []latch.Record{h.record}, nil
	}
	status := latch.Status{ID: "1", Status: latch.ReleaseRunning}
	if h.record.Lock.Open() {
		status.Locks = []latch.OpenLock{{Token: apitest.Token, Webhook: "chat", Event: h.record.Event,
			Title: "The shop", Digest: digest, Missing: h.missing(), Form: h.form}}
	}
	return status, nil
}

func (h *held) update(options client.UpdateWorkflowOptions) (any, error) {
	if h.hold != nil {
		<-h.hold
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	removal := options.Args[0].(latch.LockRelease)
	refuse := func(kind, text string, details ...any) (any, error) {
		return nil, temporal.NewNonRetryableApplicationError(text, kind, nil, details...)
	}
	if other := removal.OtherDigest(h.record.Lock); other != "" {
		return refuse(latch.ErrorOtherDigest, other)
	}
	if !h.record.Lock.Open() {
		if late := removal.RefusedBy(&h.record); late != "" {
			return refuse(latch.ErrorTooLate, late, h.record)
		}
		return latch.Released{Record: h.record, Unchanged: true}, nil
	}
	if len(h.rules.Requirements) == 0 {
		return h.close(options.UpdateID, removal.By, removal.Asks(), removal.Data), nil
	}
	holder, err := voucher.NewKey([]byte(linkKey)).OfRemoval(removal)
	if err != nil {
		return refuse(latch.ErrorForbidden, err.Error())
	}
	votes, changed, err := h.rules.Cast(h.votes, approval.Vote{Issued: holder.Issued, Data: removal.Data,
		Vote: latch.Vote{By: holder.Name, Via: viaOf(options.UpdateID),
			IdentifiedBy: holder.IdentifiedBy, Groups: holder.Groups, Result: removal.Choice(), Reason: removal.Reason}})
	if err != nil {
		return refuse(err.(*approval.RefusedError).Type, err.Error())
	}
	h.votes, h.record.Approvals = votes, approval.Shown(votes)
	state, missing := h.rules.Tally(votes)
	if state == approval.Open {
		return latch.Released{Record: h.record, Unchanged: !changed, Missing: missing}, nil
	}
	return h.close(options.UpdateID, holder.Name, map[approval.State]string{approval.Approved: latch.ResultPass,
		approval.Rejected: latch.ResultFail}[state],
		approval.Data(votes, latch.VoteApprove)), nil
}

// close closes the lock as a removal does.
func (h *held) close(update, by, result string, data latch.Object) latch.Released {
	lock := *h.record.Lock
	lock.RemovedAt, lock.RemovedBy, lock.Via, lock.Result = latch.NewTime(apitest.Fixed), by, viaOf(update), result
	h.record.Lock, h.record.Result, h.record.Data = &lock, result, data
	h.record.Decision = map[string]string{latch.ResultPass: latch.Continue, latch.ResultFail: latch.Stop}[result]
	return latch.Released{Record: h.record}
}

func viaOf(update string) string {
	via, _, _ := strings.Cut(update, "-")
	return via
}

// closed returns the record, if the lock is closed.
func (h *held) now() latch.Record {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.record
}

// A desk is an API with a Slack, and a run that waits.
type desk struct {
	*testing.T
	slack   *slacktest.Slack
	run     *held
	api     http.Handler
	options chat.Options
	// clock is the API's, and Slack's.
	clock time.Time
}

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

func newDesk(t *testing.T, run *held) *desk {
	t.Helper()
	d := &desk{T: t, slack: slacktest.New(t), run: run, clock: noon}
	for id, address := range map[string]string{"UALICE": "Alice@Example.com", "UBOB": "bob@example.com",
		"UCAROL": "carol@example.com", "UEVE": "eve@example.com"} {
		d.slack.Users[id] = slacktest.User{Email: address}
	}
	known, err := api.ParsePeople(people)
	require.NoError(t, err)
	client, err := slack.NewClient(d.slack.URL, slacktest.BotToken, http.DefaultTransport)
	require.NoError(t, err)
	d.options = chat.Options{SigningSecret: []byte(slacktest.SigningSecret), Client: client, People: known,
		Now: func() time.Time { return d.clock }, Patience: time.Minute}
	d.api = d.another()
	return d
}

// another returns another process of the API.
func (d *desk) another() http.Handler {
	keys, err := api.ParseKeys(apitest.Keys)
	require.NoError(d, err)
	return apitest.New(d.T, d.run, api.Options{Keys: keys, LinkKey: []byte(linkKey), Routes: []api.Routes{chat.Routes(d.options)}})
}

// send sends a request to a process.
func (d *desk) send(to http.Handler, request slacktest.Request) *httptest.ResponseRecorder {
	d.Helper()
	var headers []string
	for name, value := range request.Headers {
		headers = append(headers, name, value)
	}
	return apitest.Call(to, "POST", "/latch/v1/integrations/slack", request.Body, headers...)
}

// message is what Latch posts about the lock.
func (d *desk) message(value slack.Value) map[string]any {
	body, err := slack.WithButtons([]byte(`{"text":"Ship it?"}`), value, "https://latch.example.com/locks/x")
	require.NoError(d, err)
	var message map[string]any
	require.NoError(d, json.Unmarshal(body, &message))
	return message
}

var itsLock = slack.Value{Lock: apitest.Token, Digest: digest}

// clicked is the request of a click on the lock's message.
func (d *desk) clicked(user, action string) slacktest.Request {
	return slacktest.Signed(d.slack.Click(user, d.message(itsLock), action, d.clock), d.clock)
}

// click clicks, and returns what was written to Slack about it.
func (d *desk) click(user, action string) []map[string]any {
	d.Helper()
	before := len(d.slack.Responses())
	got := d.send(d.api, d.clicked(user, action))
	require.Equal(d, 200, got.Code, got.Body)
	require.Empty(d, got.Body.String(), "Slack takes an empty answer")
	d.clock = d.clock.Add(time.Second)
	return d.written(before)
}

// written returns what was written to Slack after so many answers.
func (d *desk) written(before int) []map[string]any {
	var bodies []map[string]any
	for _, call := range d.slack.Responses()[before:] {
		bodies = append(bodies, call.Body)
	}
	return bodies
}

// said returns the texts of a message's blocks.
func said(message map[string]any) string {
	encoded, _ := json.Marshal(message)
	var read struct {
		Text   string
		Blocks []struct {
			ID   string `json:"block_id"`
			Text struct{ Text string }
		}
	}
	_ = json.Unmarshal(encoded, &read)
	if len(read.Blocks) == 0 {
		return read.Text
	}
	var texts []string
	for _, block := range read.Blocks {
		if block.ID == slack.ButtonsBlock {
			texts = append(texts, "[buttons]")
			continue
		}
		texts = append(texts, block.Text.Text)
	}
	return strings.Join(texts, " | ")
}

// voteAs votes as somebody whom the API has identified at a time.
func (h *held) voteAs(removal *latch.LockRelease, name string, at time.Time) error {
	signed, err := voucher.NewKey([]byte(linkKey)).ForRemoval(voucher.Holder{Name: name, Groups: []string{"sre"},
		IdentifiedBy: latch.IdentifiedByOIDC, Issued: latch.NewTime(at)}, *removal)
	if err != nil {
		return err
	}
	removal.Voucher = signed
	_, err = h.update(client.UpdateWorkflowOptions{UpdateID: "api-oidc-1", Args: []any{*removal}})
	return err
}
