package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/runs"
)

const checkTemporal = "temporal"

// examineTemporal checks the server, as far as it answers. If there is no backend, it returns
// the backend's error.
func examineTemporal(ctx context.Context, open opener, e *env, d *diagnosis) error {
	world, err := open(ctx)
	if err != nil {
		cannotDial(d, err)
		return nil
	}
	server, err := world.Server()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	if !examineServer(ctx, server, d) || !examineNamespace(ctx, server, d) {
		return nil
	}
	examineSearchAttributes(ctx, server, d, isSet(e, "LATCH_SEARCH_ATTRIBUTES"))
	queue := e.settings.TaskQueue
	examineRegistry(ctx, world, queue, d)
	examineClock(ctx, server, d)
	examineRates(ctx, world, server, queue, d)
	examineCallbacks(ctx, world, server, e, d)
	if world.Unpolled(ctx, queue) {
		d.add("worker", findingNote, fmt.Sprintf("no worker polls the task queue %q", queue), "start one: LATCH_TASK_QUEUE="+output.Shell(queue)+" worker")
	} else {
		d.add("worker", findingOK, fmt.Sprintf("a worker polls the task queue %q", queue), "")
	}
	return nil
}

// cannotDial adds the reason why there is no connection.
func cannotDial(d *diagnosis, err error) {
	known := failure.Explain(err)
	d.unreachable = known.ExitCode() == failure.ExitUnreachable
	fix := "TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE, or TEMPORAL_PROFILE, say where it is; for trying, make dev starts one"
	if !d.unreachable {
		fix = "correct the setting that is named"
	}
	d.add(checkTemporal, findingWrong, known.Message, fix)
}

// examineServer adds the server, and reports whether it answers.
func examineServer(ctx context.Context, server backend.Server, d *diagnosis) bool {
	version, err := server.Version(ctx)
	if err != nil {
		d.unreachable = failure.IsUnanswered(err)
		d.add(checkTemporal, findingWrong, "it does not say what it is: "+failure.Plainly(err), "see the server's log, and what stands between it and here")
		return false
	}
	d.add(checkTemporal, findingOK, "reached, server "+output.OrDash(version), "")
	return true
}

// examineNamespace checks the namespace, and reports whether it exists.
func examineNamespace(ctx context.Context, server backend.Server, d *diagnosis) bool {
	name := server.Namespace()
	namespace, err := server.DescribeNamespace(ctx)
	var missing *serviceerror.NamespaceNotFound
	var denied *serviceerror.PermissionDenied
	switch {
	case errors.As(err, &missing), runs.IsNotFound(err):
		d.add("namespace", findingWrong, fmt.Sprintf("there is no namespace %q", name), "temporal operator namespace create --namespace "+output.Shell(name)+", or name another one in TEMPORAL_NAMESPACE")
		return false
	case errors.As(err, &denied):
		d.add("namespace", findingWrong, fmt.Sprintf("access to namespace %q is denied: %s", name, failure.Plainly(err)), "TEMPORAL_API_KEY, or TEMPORAL_TLS_CLIENT_CERT_PATH and …_KEY_PATH, of somebody who may use it")
		return false
	case err != nil:
		d.unreachable = failure.IsUnanswered(err)
		d.add("namespace", findingWrong, fmt.Sprintf("namespace %q cannot be read: %s", name, failure.Plainly(err)), "see the server's log")
		return false
	}
	d.add("namespace", findingOK, fmt.Sprintf("%q keeps closed runs, and what was decided in them, for %s", name, namespace.Retention), "")
	if !namespace.Updates {
		d.add("namespace", findingWrong, "updates are off: the API, lock pages and starter cannot remove locks, only signals can",
			"set frontend.enableUpdateWorkflowExecution to true in the server's dynamic configuration")
	}
	return true
}

// An attribute is a search attribute that Latch can use.
type attribute struct {
	name string
	kind enumspb.IndexedValueType
	// needed reports that without it, runs get no search attributes.
	needed bool
}

var attributes = []attribute{
	{latch.SearchAttributeID, enumspb.INDEXED_VALUE_TYPE_KEYWORD, true},
	{latch.SearchAttributeStatus, enumspb.INDEXED_VALUE_TYPE_KEYWORD, true},
	{latch.SearchAttributeWaiting, enumspb.INDEXED_VALUE_TYPE_BOOL, true},
	{latch.SearchAttributeWebhooks, enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST, false},
}

// examineSearchAttributes adds which of Latch's search attributes exist. A missing one is an
// error only if the worker upserts it.
func examineSearchAttributes(ctx context.Context, server backend.Server, d *diagnosis, upserted bool) {
	const check = "search attributes"
	types, err := server.SearchAttributes(ctx)
	if err != nil {
		d.add(check, findingNote, "the server does not list them: "+failure.Plainly(err), "")
		return
	}
	var known []string
	for _, each := range attributes {
		kind, there := types[each.name]
		switch {
		case there && kind == each.kind:
			known = append(known, each.name)
		case there:
			d.add(check, findingWrong, fmt.Sprintf("%s is a %s, and Latch needs a %s", each.name, kind, each.kind),
				fmt.Sprintf("temporal operator search-attribute remove --namespace %s --name %s, and create it as %s", output.Shell(server.Namespace()), each.name, each.kind))
		default:
			status, message := findingNote, each.name+" is not known: Latch works without it"
			if upserted && each.needed {
				status, message = findingWrong, each.name+" is not known, so no run gets search attributes, although LATCH_SEARCH_ATTRIBUTES=true asks for them"
			}
			d.add(check, status, message, fmt.Sprintf("starter setup, or: temporal operator search-attribute create --namespace %s --name %s --type %s", output.Shell(server.Namespace()), each.name, each.kind))
		}
	}
	if len(known) > 0 {
		d.add(check, findingOK, "known: "+strings.Join(known, ", "), "")
	}
	if len(known) == len(attributes) && !upserted {
		d.add(check, findingNote, "runs are not found by them: the worker does not set them, as far as this environment says", "LATCH_SEARCH_ATTRIBUTES=true in the worker's environment")
	}
}

// examineRegistry adds whether registered jobs and webhooks can be read.
func examineRegistry(ctx context.Context, world backend.Backend, queue string, d *diagnosis) {
	const check = "registry"
	jobs, err := world.Jobs(ctx, backend.JobFilter{})
	if err != nil {
		d.add(check, findingWrong, "registered jobs cannot be listed: "+failure.Plainly(err), "allow this caller Temporal's schedules in the namespace")
	} else {
		d.add(check, findingOK, fmt.Sprintf("%d registered jobs", len(jobs)), "")
	}
	webhooks, err := world.Webhooks(ctx)
	if err != nil {
		d.add(check, findingWrong, "registered webhooks cannot be read, so no run begins: "+failure.Plainly(err),
			"allow this caller Temporal's schedules, and give it the LATCH_PAYLOAD_KEYS with which they were written")
		return
	}
	enforced := 0
	for i := range webhooks {
		if webhooks[i].Enforced {
			enforced++
		}
	}
	d.add(check, findingOK, fmt.Sprintf("%d registered webhooks of task queue %q, %d of them enforced", len(webhooks), queue, enforced), "")
}

// clockTolerance is the difference between clocks that doctor reports. Receivers reject
// signatures that are five minutes off.
const clockTolerance = 5 * time.Second

// examineClock compares the server's clock with this machine's.
func examineClock(ctx context.Context, server backend.Server, d *diagnosis) {
	const check, fix = "clock", "set the clock that is wrong by NTP: timedatectl set-ntp true, or chronyc makestep"
	clock, err := server.Clock(ctx)
	switch {
	case err != nil:
		d.add(check, findingNote, "the server's time cannot be read by a poll: "+failure.Plainly(err), "compare by hand: date -u, here and there")
	case clock.AtLeast > clockTolerance:
		d.add(check, findingWrong, fmt.Sprintf("the server's clock is %s or more ahead of this machine's: schedules, timeouts of locks and the times in signatures disagree",
			clock.AtLeast.Round(time.Second)), fix)
	case clock.AtMost < -clockTolerance:
		d.add(check, findingWrong, fmt.Sprintf("the server's clock is %s or more behind this machine's: schedules, timeouts of locks and the times in signatures disagree",
			(-clock.AtMost).Round(time.Second)), fix)
	default:
		d.add(check, findingOK, "no difference from the server's is seen", "")
	}
}
