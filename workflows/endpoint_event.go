package workflows

import (
	"fmt"
	"maps"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
)

// fire fires an event about the endpoint in its own run, for the other registered webhooks that
// listen. Its data contains the count, and the additional fields in more.
func (e *endpoint) fire(ctx workflow.Context, event string, more latch.Object) {
	given := latch.Object{"webhook": rawjson.Encode(e.Webhook), "count": rawjson.Encode(e.State.Count),
		"since": rawjson.Encode(e.State.Since), "last_error": rawjson.Encode(e.State.LastError)}
	maps.Copy(given, more)
	id := e.eventID(ctx, event, more)
	child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:        id,
		ParentClosePolicy: enums.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:     excerpt.Of(event+": "+e.Webhook, 190),
	})
	emission := latch.Emission{ID: excerpt.Of(id, 190), Event: event, Data: given}
	err := workflow.ExecuteChildWorkflow(child, latch.WorkflowEmit, emission, protocol.EmitOrigin{Operator: true, Endpoint: e.Webhook}).
		GetChildWorkflowExecution().Get(child, nil)
	if err != nil {
		workflow.GetLogger(ctx).Error("nobody was told of an endpoint", "webhook", e.Webhook, "event", event, "error", err)
	}
}

// eventID returns the id of the run that fires an event, so that the event fires once in each
// series of failed attempts, and a warning once for each threshold.
func (e *endpoint) eventID(ctx workflow.Context, event string, more latch.Object) string {
	id := fmt.Sprintf("%s/%d/%s", workflow.GetInfo(ctx).WorkflowExecution.ID, e.State.Since.UnixMilli(), event)
	if threshold, is := more["threshold"]; is {
		id += "-" + string(threshold)
	}
	return id
}
