package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/latch-run/latch"
	temporalruns "github.com/latch-run/latch/internal/runs"
)

const checkTemporal = "temporal"

// examineTemporal looks at the server, as far as it answers.
func (a *app) examineTemporal(ctx context.Context, d *diagnosis) {
	temporal, err := a.dial(ctx)
	if err != nil {
		a.cannotDial(d, err)
		return
	}
	defer temporal.Close()
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	if !examineServer(ctx, temporal, d) || !examineNamespace(ctx, temporal, d) {
		return
	}
	examineSearchAttributes(ctx, temporal, d, a.isSet("LATCH_SEARCH_ATTRIBUTES"))
	a.examineRegistry(ctx, temporal, d)
	queue := a.settings.TaskQueue
	if unpolled(ctx, temporal, queue) {
		d.add("worker", findingNote, fmt.Sprintf("no worker polls the task queue %q", queue), "start one: LATCH_TASK_QUEUE="+shell(queue)+" worker")
	} else {
		d.add("worker", findingOK, fmt.Sprintf("a worker polls the task queue %q", queue), "")
	}
}

// cannotDial says why there is no connection.
func (a *app) cannotDial(d *diagnosis, err error) {
	known := explain(err)
	d.unreachable = known.code == exitUnreachable
	fix := "TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE, or TEMPORAL_PROFILE, say where it is; for trying, make dev starts one"
	if !d.unreachable {
		fix = "correct the setting that is named"
	}
	d.add(checkTemporal, findingWrong, known.Message, fix)
}

// examineServer reports whether the server answers.
func examineServer(ctx context.Context, temporal temporalClient, d *diagnosis) bool {
	answer, err := temporal.WorkflowService().GetSystemInfo(ctx, &workflowservice.GetSystemInfoRequest{})
	if err != nil {
		d.unreachable = isUnanswered(err)
		d.add(checkTemporal, findingWrong, "it does not say what it is: "+plainly(err), "see the server's log, and what stands between it and here")
		return false
	}
	d.add(checkTemporal, findingOK, "reached, server "+orDash(answer.GetServerVersion()), "")
	return true
}

// examineNamespace reports whether the namespace is there, and looks at what
// Latch needs of it.
func examineNamespace(ctx context.Context, temporal temporalClient, d *diagnosis) bool {
	name := temporal.Namespace()
	answer, err := temporal.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: name})
	var missing *serviceerror.NamespaceNotFound
	var denied *serviceerror.PermissionDenied
	switch {
	case errors.As(err, &missing), temporalruns.IsNotFound(err):
		d.add("namespace", findingWrong, fmt.Sprintf("there is no namespace %q", name), "temporal operator namespace create --namespace "+shell(name)+", or name another one in TEMPORAL_NAMESPACE")
		return false
	case errors.As(err, &denied):
		d.add("namespace", findingWrong, fmt.Sprintf("access to namespace %q is denied: %s", name, plainly(err)), "TEMPORAL_API_KEY, or TEMPORAL_TLS_CLIENT_CERT_PATH and …_KEY_PATH, of somebody who may use it")
		return false
	case err != nil:
		d.unreachable = isUnanswered(err)
		d.add("namespace", findingWrong, fmt.Sprintf("namespace %q cannot be read: %s", name, plainly(err)), "see the server's log")
		return false
	}
	retention := answer.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration()
	d.add("namespace", findingOK, fmt.Sprintf("%q keeps closed runs, and what was decided in them, for %s", name, retention), "")
	if !answer.GetNamespaceInfo().GetCapabilities().GetSyncUpdate() {
		d.add("namespace", findingWrong, "updates are off: the API, lock pages and starter cannot remove locks, only signals can",
			"set frontend.enableUpdateWorkflowExecution to true in the server's dynamic configuration")
	}
	return true
}

// An attribute is a search attribute that Latch can use.
type attribute struct {
	name string
	kind enumspb.IndexedValueType
	// needed says that runs upsert it without looking whether it is there.
	needed bool
}

var attributes = []attribute{
	{latch.SearchAttributeID, enumspb.INDEXED_VALUE_TYPE_KEYWORD, true},
	{latch.SearchAttributeStatus, enumspb.INDEXED_VALUE_TYPE_KEYWORD, true},
	{latch.SearchAttributeWaiting, enumspb.INDEXED_VALUE_TYPE_BOOL, true},
	{latch.SearchAttributeWebhooks, enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST, false},
}

// examineSearchAttributes looks for Latch's search attributes. Missing ones are
// wrong only where the worker upserts them.
func examineSearchAttributes(ctx context.Context, temporal temporalClient, d *diagnosis, upserted bool) {
	const check = "search attributes"
	answer, err := temporal.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: temporal.Namespace()})
	if err != nil {
		d.add(check, findingNote, "the server does not list them: "+plainly(err), "")
		return
	}
	var known []string
	for _, each := range attributes {
		kind, there := answer.GetCustomAttributes()[each.name]
		switch {
		case there && kind == each.kind:
			known = append(known, each.name)
		case there:
			d.add(check, findingWrong, fmt.Sprintf("%s is a %s, and Latch needs a %s", each.name, kind, each.kind),
				fmt.Sprintf("temporal operator search-attribute remove --namespace %s --name %s, and create it as %s", shell(temporal.Namespace()), each.name, each.kind))
		default:
			status, message := findingNote, each.name+" is not known: Latch works without it"
			if upserted && each.needed {
				status, message = findingWrong, each.name+" is not known, and with LATCH_SEARCH_ATTRIBUTES=true no run gets past its start"
			}
			d.add(check, status, message, fmt.Sprintf("temporal operator search-attribute create --namespace %s --name %s --type %s", shell(temporal.Namespace()), each.name, each.kind))
		}
	}
	if len(known) > 0 {
		d.add(check, findingOK, "known: "+strings.Join(known, ", "), "")
	}
	if len(known) == len(attributes) && !upserted {
		d.add(check, findingNote, "runs are not found by them: the worker does not set them, as far as this environment says", "LATCH_SEARCH_ATTRIBUTES=true in the worker's environment")
	}
}

// examineRegistry looks whether registered jobs and webhooks can be read.
func (a *app) examineRegistry(ctx context.Context, temporal temporalClient, d *diagnosis) {
	const check = "registry"
	store := a.registry(temporal)
	jobs, err := store.List(ctx)
	if err != nil {
		d.add(check, findingWrong, "registered jobs cannot be listed: "+plainly(err), "allow this caller Temporal's schedules in the namespace")
	} else {
		d.add(check, findingOK, fmt.Sprintf("%d registered jobs", len(jobs)), "")
	}
	webhooks, err := store.Webhooks().List(ctx)
	if err != nil {
		d.add(check, findingWrong, "registered webhooks cannot be read, so no run begins: "+plainly(err),
			"allow this caller Temporal's schedules, and give it the LATCH_PAYLOAD_KEYS with which they were written")
		return
	}
	enforced := 0
	for i := range webhooks {
		if webhooks[i].Enforced {
			enforced++
		}
	}
	d.add(check, findingOK, fmt.Sprintf("%d registered webhooks of task queue %q, %d of them enforced", len(webhooks), a.settings.TaskQueue, enforced), "")
}
