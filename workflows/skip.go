package workflows

import (
	"slices"
	"strings"

	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// Skipping a hook of an enforced webhook that names the groups which may.

// examineSkip asks a worker who skips the hook, and refuses it unless the sender's name is proven
// and one of the groups is theirs. It writes the proven name to the message and the sender.
func (h *hook) examineSkip(ctx workflow.Context, skip *latch.Skip, from *sender) error {
	if err := h.overcrowded(ctx, *from); err != nil {
		return err
	}
	request := protocol.ExamineRequest{Skip: &protocol.SkipToExamine{Message: *skip, DeliveryID: h.record.DeliveryID, Groups: h.skipGroups}}
	var examined protocol.Examined
	if err := ask(ctx, "Examine who skips "+h.webhook.ID+" at "+h.firing.event, protocol.ActivityExamine, request, &examined); err != nil {
		return err
	}
	who := examined.Sender
	switch {
	case examined.Forged != "":
		return refusal(latch.ErrorForbidden, "voucher: %s", examined.Forged)
	case !latch.IsProven(who.IdentifiedBy) || who.Name == "":
		return refusal(latch.ErrorForbidden, "only %s may skip webhook %q, and the name %q is not proven: "+
			"skip it through Latch's API, with a key or after a login", ofGroups(h.skipGroups), h.webhook.ID, who.Name)
	case !slices.ContainsFunc(who.Groups, func(group string) bool { return slices.Contains(h.skipGroups, group) }):
		return refusal(latch.ErrorForbidden, "only %s may skip webhook %q, and %s is not", ofGroups(h.skipGroups), h.webhook.ID, who.Name)
	}
	skip.By, from.identifiedBy = who.Name, who.IdentifiedBy
	return nil
}

// ofGroups names the members of groups, for people.
func ofGroups(groups []string) string { return "members of " + strings.Join(groups, " or ") }
