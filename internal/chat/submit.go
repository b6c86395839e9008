package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/form"
	"github.com/latch-run/latch/internal/slack"
)

// submit approves with what somebody has filled in. The answer closes the modal, or says there
// what is wrong.
func (a *app) submit(ctx context.Context, done *slack.Interaction, sent time.Time) reply {
	kept, message, err := uncarry(done.View.PrivateMetadata)
	if err != nil {
		return a.say("", "This form is not one of Latch's.")
	}
	who, refused := a.person(ctx, done.User.ID, sent)
	if refused != "" {
		a.noteStranger(ctx, kept.Lock, refused)
		return a.say(kept.ResponseURL, refused)
	}
	record, open, err := a.core.LookAtLock(ctx, kept.Lock)
	if err != nil {
		return a.say(kept.ResponseURL, a.explain(ctx, err).Detail)
	}
	given := call{who: who, lock: kept.Value, vote: latch.VoteApprove}
	given.reason = strings.TrimSpace(done.View.State.Values[reasonBlock][input].Value)
	if open != nil && len(open.Form) > 0 {
		fields := fieldsOf(open.Form)
		data, problems := fill(open.Form, fields, done.View)
		if len(problems) > 0 {
			return a.sayWrong(kept.ResponseURL, fields, problems)
		}
		given.data = data
	}
	if size := len(given.reason); size > maximumVoteReason {
		return a.sayWrong(kept.ResponseURL, nil, latch.Problems{{Path: reasonBlock,
			Message: fmt.Sprintf("has %d bytes; the limit of a vote is %d", size, maximumVoteReason)}})
	}
	came := a.cast(ctx, given, record, open)
	answer := reply{}
	if came.refused != "" {
		answer = a.say(kept.ResponseURL, came.refused)
	}
	came.refused = "" // it is told
	answer.after = func(ctx context.Context) { a.show(ctx, kept.ResponseURL, message, came) }
	return answer
}

// fill returns the data that was filled in, and what is wrong with it by the form.
func fill(source json.RawMessage, fields []form.Field, view slack.View) (latch.Object, latch.Problems) {
	data, problems := form.Read(source, func(name string) string {
		for i, field := range fields {
			if field.Name == name {
				return filledIn(field, view.State.Values[fieldBlock(i)][input])
			}
		}
		return ""
	})
	if len(problems) > 0 {
		return nil, problems
	}
	compiled, err := form.Compile(source)
	if errors.As(err, &problems) {
		return nil, problems
	} else if err != nil {
		return nil, latch.Problems{{Path: "form", Message: err.Error()}}
	}
	return data, compiled.Check(data)
}

// say answers a form with a text in place of it. Where the answer comes too late for that, the
// person is told in the channel.
func (a *app) say(address, text string) reply {
	answer := reply{body: object{"response_action": "update", "view": notice(text)}}
	if address != "" {
		answer.late = func(ctx context.Context) { a.tell(ctx, address, text) }
	}
	return answer
}

// sayWrong answers a form with what is wrong with its fields.
func (a *app) sayWrong(address string, fields []form.Field, problems latch.Problems) reply {
	return reply{body: object{"response_action": "errors", "errors": wrongFields(fields, problems)},
		late: func(ctx context.Context) { a.tell(ctx, address, "Your approval does not count: "+problems.Error()) }}
}
