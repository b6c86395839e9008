package activities

import (
	"context"
	"errors"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/form"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/voucher"
)

// Examine says who sent a message about a lock with approvals, by its voucher, and checks what it
// brings against the lock's form.
func (a *Activities) Examine(ctx context.Context, request protocol.ExamineRequest) (protocol.Examined, error) {
	if request.Skip != nil {
		return a.examineSkip(ctx, request.Skip), nil
	}
	message := request.Message
	vouched := func() (voucher.Holder, error) { return a.options.Vouchers.OfRemoval(request.Message) }
	if extension := request.Extension; extension != nil {
		message = latch.LockRelease{By: extension.By, Groups: extension.Groups, Voucher: extension.Voucher}
		vouched = func() (voucher.Holder, error) { return a.options.Vouchers.OfExtension(*extension) }
	}
	answer := protocol.Examined{Sender: voucher.Holder{Name: message.By, Groups: message.Groups, IdentifiedBy: latch.IdentifiedByTemporal}}
	switch {
	case rehearses(ctx): // there is no Temporal that anybody could reach
		answer.Sender.IdentifiedBy = latch.IdentifiedByKey
	case message.Voucher == "":
	case a.options.Vouchers.IsZero() && !request.AllowUnproven:
		answer.Forged = "this worker has no LATCH_LINK_KEY to verify it by"
		return answer, nil
	case !a.options.Vouchers.IsZero():
		holder, err := vouched()
		if err != nil {
			answer.Forged = err.Error()
			return answer, nil
		}
		answer.Sender = holder
	}
	if len(request.Form) == 0 {
		return answer, nil
	}
	compiled, err := form.Compile(request.Form)
	if err != nil && !errors.As(err, &answer.Problems) {
		answer.Problems = latch.Problems{{Path: "form", Message: err.Error()}}
	}
	if err == nil {
		answer.Problems = compiled.Check(message.Data)
	}
	return answer, nil
}

// examineSkip says who sent a message that skips a hook, by its voucher.
func (a *Activities) examineSkip(ctx context.Context, request *protocol.SkipToExamine) protocol.Examined {
	message := request.Message
	answer := protocol.Examined{Sender: voucher.Holder{Name: message.By, IdentifiedBy: latch.IdentifiedByTemporal}}
	switch {
	case rehearses(ctx):
		answer.Sender.IdentifiedBy, answer.Sender.Groups = latch.IdentifiedByKey, request.Groups
	case message.Voucher == "":
	case a.options.Vouchers.IsZero():
		answer.Forged = "this worker has no LATCH_LINK_KEY to verify it by"
	default:
		holder, err := a.options.Vouchers.OfSkip(request.DeliveryID, message)
		if err != nil {
			answer.Forged = err.Error()
			return answer
		}
		answer.Sender = holder
	}
	return answer
}
