package chat_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/slack"
	"github.com/latch-run/latch/internal/slack/slacktest"
)

// open clicks on approve, and returns the modal that Slack was asked to open.
func (d *desk) open(user string) map[string]any {
	d.Helper()
	require.Empty(d, d.click(user, slack.ActionApprove), "a form is asked for, and nobody is told")
	calls := d.slack.Calls("/api/views.open")
	require.NotEmpty(d, calls)
	body := calls[len(calls)-1].Body
	require.Equal(d, "10215325802133.3901254001572.2e2548aa918b35fd", body["trigger_id"])
	return body["view"].(map[string]any)
}

// submit submits a modal.
func (d *desk) submit(user string, view, filled map[string]any) *httptest.ResponseRecorder {
	d.Helper()
	got := d.send(d.api, slacktest.Signed(slacktest.Submission(user, view, filled), d.clock))
	require.Equal(d, 200, got.Code, got.Body)
	d.clock = d.clock.Add(time.Second)
	return got
}

// answered waits for what is written after an answer.
func (d *desk) answered(count int) []map[string]any {
	d.Helper()
	require.Eventually(d, func() bool { return len(d.slack.Responses()) >= count }, 10*time.Second, time.Millisecond)
	return d.written(count - 1)
}

// A lock's form is asked for in a modal, with an input for each field, and approving sends what
// was filled in.
func TestAForm(t *testing.T) {
	t.Parallel()
	d := newDesk(t, hold(t, 2, ticket))
	view := d.open("UALICE")
	require.Empty(t, d.run.Updates, "a click alone is no vote")
	encoded, err := json.Marshal(view)
	require.NoError(t, err)
	var read struct {
		Type, CallbackID string
		Blocks           []struct {
			Type     string
			ID       string `json:"block_id"`
			Optional bool
			Label    struct{ Text string }
			Text     struct{ Text string }
			Element  struct {
				Type    string
				Options []struct {
					Value string
					Text  struct{ Text string }
				}
				Initial struct{ Value string } `json:"initial_option"`
			}
		}
	}
	require.NoError(t, json.Unmarshal(encoded, &read))
	require.Equal(t, "modal", read.Type)
	require.Equal(t, "chat holds The shop at BEFORE_RELEASE.", read.Blocks[0].Text.Text)
	var inputs []string
	for _, block := range read.Blocks[1:] {
		inputs = append(inputs, fmt.Sprint(block.ID, " ", block.Label.Text, " ", block.Element.Type, " ", block.Optional))
	}
	require.Equal(t, []string{"field-0 Ticket plain_text_input false", "field-1 risk static_select true",
		"field-2 percent number_input true",
		"field-3 sure static_select true", "field-4 more plain_text_input true", "reason Reason, for the record plain_text_input true"}, inputs)
	require.Equal(t, "high", read.Blocks[2].Element.Options[1].Text.Text)
	require.Equal(t, "0", read.Blocks[2].Element.Initial.Value, "the schema's default")

	got := d.submit("UALICE", view, map[string]any{"field-0": "OPS-1", "field-1": map[string]any{"option": "1"},
		"field-2": "5", "field-3": map[string]any{"option": "true"},
		"field-4": "[1]", "reason": " fine "})
	require.Empty(t, got.Body.String(), "an empty answer closes the modal")
	vote := d.run.Updates[0].Args[0].(latch.LockRelease)
	require.JSONEq(t, `{"ticket":"OPS-1","risk":"high","percent":5,"sure":true,"more":[1]}`, string(apitest.Encode(t, vote.Data)))
	require.Equal(t, "fine", vote.Reason)
	require.Equal(t, digest, vote.Digest)
	require.Equal(t, "Ship it? | alice@example.com approved: fine\nStill needed: 1 of sre | [buttons]",
		said(d.answered(1)[0]), "the message of the click")

	require.Empty(t, d.submit("UBOB", d.open("UBOB"), map[string]any{"field-0": "OPS-2"}).Body.String())
	require.Contains(t, said(d.answered(2)[0]), "*Approved* by bob@example.com, via slack")
	require.Equal(t, `"OPS-2"`, string(d.run.now().Data["ticket"]))
}

// What is wrong with what was filled in is said at the fields, and nothing is sent.
func TestAFormThatIsFilledInWrongly(t *testing.T) {
	t.Parallel()
	d := newDesk(t, hold(t, 2, ticket))
	view := d.open("UALICE")
	for name, test := range map[string]struct {
		filled map[string]any
		want   map[string]string
	}{
		"nothing":        {map[string]any{}, map[string]string{"field-0": "required"}},
		"by the schema":  {map[string]any{"field-0": "17"}, map[string]string{"field-0": "'17' does not match pattern"}},
		"no number":      {map[string]any{"field-0": "OPS-1", "field-2": "many"}, map[string]string{"field-2": "is not a number"}},
		"two of them":    {map[string]any{"field-0": "1", "field-2": "1.5"}, map[string]string{"field-0": "pattern", "field-2": "integer"}},
		"no JSON":        {map[string]any{"field-0": "OPS-1", "field-4": "[1"}, map[string]string{"field-4": "is not JSON"}},
		"no such option": {map[string]any{"field-0": "OPS-1", "field-1": map[string]any{"option": "7"}}, map[string]string{"field-1": ""}},
		"a long reason": {map[string]any{"field-0": "OPS-1", "reason": strings.Repeat("é", 501)},
			map[string]string{"reason": "1002 bytes"}},
	} {
		var read struct {
			Action string            `json:"response_action"`
			Errors map[string]string `json:"errors"`
		}
		require.NoError(t, json.Unmarshal(d.submit("UALICE", view, test.filled).Body.Bytes(), &read), name)
		require.Equal(t, "errors", read.Action, name)
		require.Len(t, read.Errors, len(test.want), name)
		for block, says := range test.want {
			require.Contains(t, read.Errors, block, name)
			require.Contains(t, read.Errors[block], says, name)
		}
	}
	require.Empty(t, d.run.Updates)
	require.Empty(t, d.slack.Responses())
}

// A form of somebody who may not vote, or that comes too late, says so in place of the form.
func TestAFormThatDoesNotCount(t *testing.T) {
	t.Parallel()
	filled := map[string]any{"field-0": "OPS-1"}
	text := func(got *httptest.ResponseRecorder) string {
		var read struct {
			Action string `json:"response_action"`
			View   struct {
				Blocks []struct{ Text struct{ Text string } }
			}
		}
		require.NoError(t, json.Unmarshal(got.Body.Bytes(), &read), got.Body.String())
		require.Equal(t, "update", read.Action)
		return read.View.Blocks[0].Text.Text
	}
	d := newDesk(t, hold(t, 2, ticket))
	view := d.open("UALICE")
	require.Contains(t, text(d.submit("UCAROL", view, filled)), "carol@example.com may not vote about this lock")
	require.Contains(t, text(d.submit("UEVE", view, filled)), "LATCH_PEOPLE does not name this address")
	other := map[string]any{"callback_id": view["callback_id"],
		"private_metadata": `{"lock":"release-1:chat:gone","response_url":"` + d.slack.ResponseURL() + `"}`}
	require.Contains(t, text(d.submit("UALICE", other, filled)), `has no lock "release-1:chat:gone"`)
	other["private_metadata"] = "x"
	require.Contains(t, text(d.submit("UALICE", other, filled)), "This form is not one of Latch's.")
	other["private_metadata"] = strings.Replace(view["private_metadata"].(string), digest, "sha256:22", 1)
	require.Contains(t, text(d.submit("UALICE", other, filled)), "this names sha256:22")
	require.Empty(t, d.run.now().Approvals)

	d.run.close("page-oidc-1", "ann", latch.ResultFail, nil)
	require.Contains(t, text(d.submit("UALICE", view, filled)), "with the result fail")
	require.Contains(t, said(d.answered(1)[0]), "*Rejected* by ann, via page", "the message shows what was decided elsewhere")
}

// A click on the message of a lock that shows something else opens no form.
func TestNoFormForAnotherDigest(t *testing.T) {
	t.Parallel()
	d := newDesk(t, hold(t, 2, ticket))
	payload := d.slack.Click("UALICE", d.message(slack.Value{Lock: apitest.Token, Digest: "sha256:22"}), slack.ActionApprove, d.clock)
	require.Equal(t, 200, d.send(d.api, slacktest.Signed(payload, d.clock)).Code)
	require.Contains(t, said(d.written(0)[0]), "this names sha256:22")
	require.Empty(t, d.slack.Calls("/api/views.open"))
}

// A rejection asks for no form.
func TestARejectionNeedsNoForm(t *testing.T) {
	t.Parallel()
	d := newDesk(t, hold(t, 2, ticket))
	require.Contains(t, said(d.click("UALICE", slack.ActionReject)[0]), "*Rejected* by alice@example.com")
	require.Empty(t, d.slack.Calls("/api/views.open"))
}

// A form that does not fit into a modal is left to the lock's page, and a message that a modal
// cannot keep is answered by a message of its own.
func TestWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	var properties []string
	for i := range 91 {
		properties = append(properties, fmt.Sprintf(`"f%d":{"type":"string"}`, i))
	}
	d := newDesk(t, hold(t, 2, `{"properties":{`+strings.Join(properties, ",")+`}}`))
	require.Contains(t, said(d.click("UALICE", slack.ActionApprove)[0]), "Open the lock's page.")

	d = newDesk(t, hold(t, 2, `{"minProperties":1}`))
	message := d.message(itsLock)
	for i := range 40 {
		message["blocks"] = append(message["blocks"].([]any),
			map[string]any{"type": "section", "text": map[string]any{"type": "mrkdwn", "text": random(i)}})
	}
	require.Equal(t, 200, d.send(d.api, slacktest.Signed(d.slack.Click("UALICE", message, slack.ActionApprove, d.clock), d.clock)).Code)
	view := d.slack.Calls("/api/views.open")[0].Body["view"].(map[string]any)
	require.LessOrEqual(t, len(view["private_metadata"].(string)), 3000)
	require.Empty(t, d.submit("UALICE", view, map[string]any{"field-0": `{"any":1}`}).Body.String(), "a form without fields takes JSON")
	shown := d.answered(1)[0]
	require.Equal(t, "in_channel", shown["response_type"])
	require.Equal(t, false, shown["replace_original"])
	require.Equal(t, "alice@example.com approved\nStill needed: 1 of sre", shown["text"])
}

// random is a text that does not compress well, the same for a number.
func random(i int) string {
	text, x := strings.Builder{}, uint32(i+1)*2654435761
	for range 200 {
		x = x*1664525 + 1013904223
		text.WriteByte(byte('!' + x>>24%90))
	}
	return text.String()
}

// A form whose answer takes too long is closed, and the person is told in the channel.
func TestAFormThatIsAnsweredLate(t *testing.T) {
	t.Parallel()
	d := newDesk(t, hold(t, 2, ticket))
	view := d.open("UCAROL")
	d.run.hold = make(chan struct{})
	d.options.Patience = time.Millisecond
	request := slacktest.Signed(slacktest.Submission("UCAROL", view, map[string]any{"field-0": "OPS-1"}), d.clock)
	got := d.send(d.another(), request)
	require.Equal(t, 200, got.Code)
	require.Empty(t, got.Body.String())
	close(d.run.hold)
	told := d.answered(1)[0]
	require.Equal(t, "ephemeral", told["response_type"])
	require.Contains(t, told["text"], "carol@example.com may not vote about this lock")
}
