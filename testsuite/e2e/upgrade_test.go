package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/testsuite/receiver"
)

// waitingOverUpgrade is how many releases wait for their locks while the worker is upgraded.
const waitingOverUpgrade = 200

// A oneStepMore is the difference of version B of the worker from version A: one additional
// step before a release, for those that begin with it, and one after it.
type oneStepMore struct {
	interceptor.WorkerInterceptorBase
}

const (
	changeBefore = "one-step-more-before"
	changeAfter  = "one-step-more-after"
)

func (*oneStepMore) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &moreSteps{interceptor.WorkflowInboundInterceptorBase{Next: next}}
}

type moreSteps struct {
	interceptor.WorkflowInboundInterceptorBase
}

func (m *moreSteps) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	if workflow.GetInfo(ctx).WorkflowType.Name != latch.WorkflowRelease {
		return m.Next.ExecuteWorkflow(ctx, in)
	}
	if err := stepOf(ctx, changeBefore); err != nil {
		return nil, err
	}
	result, err := m.Next.ExecuteWorkflow(ctx, in)
	if err != nil {
		return nil, err
	}
	return result, stepOf(ctx, changeAfter)
}

// stepOf returns a step that a run which is past it must not take.
func stepOf(ctx workflow.Context, change string) error {
	if workflow.GetVersion(ctx, change, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return nil
	}
	return workflow.Sleep(ctx, time.Millisecond)
}

// An upgraded is a deployment of which two versions run at the same time.
type upgraded struct {
	*bench
	deployment string
}

// startVersion starts a worker of the deployment. It has a user's own workflow that is pinned
// to the version with which it began.
func (u *upgraded) startVersion(build string, interceptors ...interceptor.WorkerInterceptor) {
	u.Helper()
	w := worker.New(shared.client, u.queue, worker.Options{Plugins: []worker.Plugin{latchPlugin()}, Interceptors: interceptors,
		DeploymentOptions: worker.DeploymentOptions{UseVersioning: true,
			Version:                   worker.WorkerDeploymentVersion{DeploymentName: u.deployment, BuildID: build},
			DefaultVersioningBehavior: workflow.VersioningBehaviorAutoUpgrade}})
	w.RegisterWorkflowWithOptions(gates, workflow.RegisterOptions{Name: "gates", VersioningBehavior: workflow.VersioningBehaviorPinned})
	require.NoError(u, w.Start())
	u.Cleanup(w.Stop)
}

// makeCurrent makes new runs begin with the version, and unpinned ones continue with it.
func (u *upgraded) makeCurrent(build string) {
	u.Helper()
	deployment := shared.client.WorkerDeploymentClient().GetHandle(u.deployment)
	var last error
	require.Eventually(u, func() bool {
		_, last = deployment.SetCurrentVersion(u.ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: build})
		return last == nil
	}, patience, tick, "%v", last)
}

// each calls a function for each of the runs, some concurrently.
func (u *upgraded) each(call func(ctx context.Context, id string) error) {
	u.Helper()
	group, ctx := errgroup.WithContext(u.ctx)
	group.SetLimit(20)
	for n := range waitingOverUpgrade {
		group.Go(func() error { return call(ctx, fmt.Sprintf("release-upgraded-%d", n)) })
	}
	require.NoError(u, group.Wait())
}

// changes returns the changes that a run knows, and the builds that it ran on.
func (u *upgraded) changes(id string) (changes, builds string) {
	u.Helper()
	known, ran := []string{}, []string{}
	for _, event := range (&lane{bench: u.bench}).recorded(id, "").GetEvents() {
		switch event.GetEventType() {
		case enums.EVENT_TYPE_MARKER_RECORDED:
			for _, payload := range event.GetMarkerRecordedEventAttributes().GetDetails()["change-id"].GetPayloads() {
				known = append(known, strings.Trim(string(payload.GetData()), `"`))
			}
		case enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
			build := event.GetWorkflowTaskCompletedEventAttributes().GetDeploymentVersion().GetBuildId()
			if len(ran) == 0 || ran[len(ran)-1] != build {
				ran = append(ran, build)
			}
		}
	}
	return strings.Join(known, " "), strings.Join(ran, " ")
}

// Releases that wait for locks while a new version of the worker arrives end with that version.
// A user's own pinned workflow ends with the version with which it began. Both versions run
// until the old one has nothing left to do.
func TestReleasesWaitOverAnUpgrade(t *testing.T) {
	t.Parallel()
	u := &upgraded{&bench{T: t, ctx: hang.Context(t), queue: t.Name(), receiver: receiver.New(t)}, "latch-upgraded"}
	u.startVersion("A")
	u.makeCurrent("A")
	spec := json.RawMessage(u.spec(`{"id":"up","steps":[{"name":"a","do":{"http":{"url":"{R}/do"}}}],"webhooks":[
		{"id":"gate","events":[{"event":"BEFORE_RELEASE","blocking":true}]},{"id":"log","url":"{R}/log","event":"RELEASE_SUCCESS"}]}`))
	start := func(ctx context.Context, id, name string, input any) error {
		_, err := shared.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: u.queue}, name, input)
		return err
	}
	u.each(func(ctx context.Context, id string) error { return start(ctx, id, latch.WorkflowRelease, spec) })
	require.NoError(t, start(u.ctx, "gates-upgraded", "gates", json.RawMessage(`[{"event":"APPROVED","webhooks":[
		{"id":"gate","events":[{"event":"APPROVED","blocking":true}]}]}]`)))
	u.each(u.holds)
	require.NoError(t, u.holds(u.ctx, "gates-upgraded"))

	u.startVersion("B", &oneStepMore{})
	u.makeCurrent("B")
	require.NoError(t, start(u.ctx, "release-of-b", latch.WorkflowRelease, spec))
	require.NoError(t, u.holds(u.ctx, "release-of-b"))
	u.each(u.letPass)
	for _, id := range []string{"gates-upgraded", "release-of-b"} {
		require.NoError(t, u.letPass(u.ctx, id))
	}

	for n := range waitingOverUpgrade {
		changes, builds := u.changes(fmt.Sprintf("release-upgraded-%d", n))
		require.Equal(t, changeAfter, changes)
		require.Equal(t, "A B", builds)
	}
	changes, builds := u.changes("release-of-b")
	require.Equal(t, changeBefore+" "+changeAfter+" B", changes+" "+builds)
	_, builds = u.changes("gates-upgraded")
	require.Equal(t, "A", builds, "what is pinned stays with its version")
	require.Len(t, u.receiver.Requests("/do"), waitingOverUpgrade+1)
	require.Len(t, u.receiver.Requests("/log"), waitingOverUpgrade+1)
}

// holds waits until the run's lock is open.
func (u *upgraded) holds(ctx context.Context, id string) error {
	for {
		var status latch.Status
		value, err := shared.client.QueryWorkflow(ctx, id, "", latch.QueryStatus)
		if err == nil && value.Get(&status) == nil && len(status.Locks) == 1 {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("no lock of %s is open: %w (%v)", id, ctx.Err(), err)
		}
		time.Sleep(tick)
	}
}

// letPass removes the run's lock and waits for its end.
func (u *upgraded) letPass(ctx context.Context, id string) error {
	var status latch.Status
	value, err := shared.client.QueryWorkflow(ctx, id, "", latch.QueryStatus)
	if err == nil {
		err = value.Get(&status)
	}
	if err != nil {
		return err
	}
	if err := shared.client.SignalWorkflow(ctx, id, "", latch.MessageReleaseLock,
		latch.LockRelease{Lock: status.Locks[0].Token}); err != nil {
		return err
	}
	return shared.client.GetWorkflow(ctx, id, "").Get(ctx, nil)
}
