package cli

import (
	"cmp"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// fakeOperator lists search attributes.
type fakeOperator struct {
	operatorservice.OperatorServiceClient
	attributes map[string]enumspb.IndexedValueType
	err        error
}

func (f fakeOperator) ListSearchAttributes(context.Context, *operatorservice.ListSearchAttributesRequest,
	...grpc.CallOption) (*operatorservice.ListSearchAttributesResponse, error) {
	return &operatorservice.ListSearchAttributesResponse{CustomAttributes: f.attributes}, f.err
}

// A patient describes the system that doctor examines.
type patient struct {
	system, namespace, schedules error
	noUpdates, unpolled          bool
	// poll is the error of a poll. polled reports that workers poll.
	poll   error
	polled bool
	// ahead is how far the server's clock is ahead.
	ahead    time.Duration
	operator fakeOperator
	// rates is the configuration of the queue of rates. version is the server's.
	rates   *taskqueuepb.TaskQueueConfig
	version string
}

// limited is the configuration of a queue whose fairness keys have a rate limit.
func limited() *taskqueuepb.TaskQueueConfig { return limit(1) }

func limit(perSecond float32) *taskqueuepb.TaskQueueConfig {
	return &taskqueuepb.TaskQueueConfig{FairnessKeysRateLimitDefault: &taskqueuepb.RateLimitConfig{
		RateLimit: &taskqueuepb.RateLimit{RequestsPerSecond: perSecond}}}
}

// An examined Temporal answers as described by the patient.
type examined struct {
	*runstest.Temporal
	service examinedService
}

func (e examined) WorkflowService() workflowservice.WorkflowServiceClient { return e.service }

func (e examined) OperatorService() operatorservice.OperatorServiceClient { return e.service.operator }

type examinedService struct {
	workflowservice.WorkflowServiceClient
	patient
}

func (e examinedService) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest,
	...grpc.CallOption) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{ServerVersion: cmp.Or(e.version, "1.32.1")}, e.system
}

// PollWorkflowTaskQueue has no task for as long as the caller waits.
func (e examinedService) PollWorkflowTaskQueue(ctx context.Context, _ *workflowservice.PollWorkflowTaskQueueRequest,
	_ ...grpc.CallOption) (*workflowservice.PollWorkflowTaskQueueResponse, error) {
	if e.poll != nil {
		return nil, e.poll
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

// DescribeTaskQueue lists the poller of a queue that only it knows, and workers that polled
// the others long ago.
func (e examinedService) DescribeTaskQueue(_ context.Context, request *workflowservice.DescribeTaskQueueRequest,
	_ ...grpc.CallOption) (*workflowservice.DescribeTaskQueueResponse, error) {
	answer := &workflowservice.DescribeTaskQueueResponse{Config: e.rates}
	switch private := request.GetTaskQueue().GetKind() == enumspb.TASK_QUEUE_KIND_STICKY; {
	case private && e.poll == nil:
		answer.Pollers = []*taskqueuepb.PollerInfo{{LastAccessTime: timestamppb.New(time.Now().Add(e.ahead))}}
	case !private && e.polled:
		answer.Pollers = []*taskqueuepb.PollerInfo{{LastAccessTime: timestamppb.New(time.Now().Add(-4 * time.Minute))}}
	}
	return answer, nil
}

func (e examinedService) DescribeNamespace(context.Context, *workflowservice.DescribeNamespaceRequest,
	...grpc.CallOption) (*workflowservice.DescribeNamespaceResponse, error) {
	return &workflowservice.DescribeNamespaceResponse{
		NamespaceInfo: &namespacepb.NamespaceInfo{Capabilities: &namespacepb.NamespaceInfo_Capabilities{SyncUpdate: !e.noUpdates}},
		Config:        &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(72 * time.Hour)},
	}, e.patient.namespace
}

// known are all the search attributes that Latch can use.
func known() fakeOperator {
	f := fakeOperator{attributes: map[string]enumspb.IndexedValueType{}}
	for _, each := range attributes {
		f.attributes[each.name] = each.kind
	}
	return f
}

// TestDoctor: every problem comes with its fix, and the exit code reports whether there is one.
func TestDoctor(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(dir+"/pay-roll", []byte("0123456789abcdef"), 0o600))
	wrongKind := known()
	wrongKind.attributes[latch.SearchAttributeWaiting] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
	for name, test := range map[string]struct {
		patient patient
		env     map[string]string
		code    int
		says    []string
		not     []string
	}{
		"fine": {patient{operator: known()}, nil, failure.ExitOK,
			[]string{"ok     temporal: reached, server 1.32.1", `"default" keeps closed runs, and what was decided in them, for 72h`,
				"known: LatchID, LatchStatus, LatchWaiting, LatchWebhooks", "0 registered jobs",
				`0 registered webhooks of task queue "latch"`,
				`a worker polls the task queue "latch"`, "secrets: there are none in this environment"}, []string{"wrong"}},
		"no namespace": {patient{namespace: serviceerror.NewNamespaceNotFound("default")}, nil, failure.ExitFailed,
			[]string{`there is no namespace "default"`, "fix: temporal operator namespace create --namespace default"},
			[]string{"registered jobs"}},
		"denied": {patient{namespace: serviceerror.NewPermissionDenied("no", "")}, nil, failure.ExitFailed,
			[]string{`access to namespace "default" is denied`, "fix: TEMPORAL_API_KEY"}, nil},
		"silent server": {patient{system: serviceerror.NewUnavailable("gone")}, nil, failure.ExitUnreachable,
			[]string{"wrong  temporal: it does not say what it is"}, nil},
		"silent namespace": {patient{namespace: context.DeadlineExceeded}, nil, failure.ExitUnreachable,
			[]string{`namespace "default" cannot be read`}, nil},
		"no updates": {patient{noUpdates: true}, nil, failure.ExitFailed,
			[]string{"updates are off", "fix: set frontend.enableUpdateWorkflowExecution to true"}, nil},
		"attributes missing, not used": {patient{}, nil, failure.ExitOK,
			[]string{"note   search attributes: LatchID is not known: Latch works without it",
				"fix: starter setup, or: temporal operator search-attribute create --namespace default --name LatchWebhooks --type KeywordList"}, []string{"wrong"}},
		"attributes missing, used": {patient{}, map[string]string{"LATCH_SEARCH_ATTRIBUTES": "true"}, failure.ExitFailed,
			[]string{"wrong  search attributes: LatchID is not known, so no run gets search attributes, although LATCH_SEARCH_ATTRIBUTES=true asks for them",
				"fix: starter setup, or: temporal operator search-attribute create --namespace default --name LatchWaiting --type Bool",
				"note   search attributes: LatchWebhooks"}, nil},
		"an attribute of another type": {patient{operator: wrongKind}, nil, failure.ExitFailed,
			[]string{"LatchWaiting is a Keyword, and Latch needs a Bool"}, nil},
		"attributes not listed": {patient{operator: fakeOperator{err: serviceerror.NewPermissionDenied("no", "")}},
			nil, failure.ExitOK, []string{"the server does not list them"}, nil},
		"registry unreadable": {patient{schedules: serviceerror.NewPermissionDenied("no schedules", "")}, nil,
			failure.ExitFailed, []string{"registered webhooks cannot be read, so no run begins", "fix: allow this caller"}, nil},
		"no worker": {patient{unpolled: true}, nil, failure.ExitOK,
			[]string{"note   worker: no worker polls", "fix: start one: LATCH_TASK_QUEUE=latch worker"}, nil},
		"an unbound secret": {patient{},
			map[string]string{"LATCH_SECRET_BOARD": "value-of-the-board", "LATCH_SECRETS_DIR": dir,
				"LATCH_SECRETS_HOSTS": "pay_roll=hooks.example.com"}, failure.ExitFailed,
			[]string{`wrong  secrets: "board" is bound to no host: whoever writes a job, release or event may send it anywhere`,
				"fix: add to LATCH_SECRETS_HOSTS: board=<its receiver's host>",
				"fix: LATCH_SECRETS_HOSTS_REQUIRED=true"}, []string{"pay", "value-of"}},
		"an unbound secret where hosts are required": {patient{},
			map[string]string{"LATCH_SECRET_BOARD": "value-of-the-board", "LATCH_SECRETS_HOSTS_REQUIRED": "true"}, failure.ExitFailed,
			[]string{`"board" is bound to no host, so it goes nowhere`}, []string{"LATCH_SECRETS_HOSTS_REQUIRED=true", "value-of"}},
		"bound secrets": {patient{},
			map[string]string{"LATCH_SECRET_BOARD": "value-of-the-board", "LATCH_SECRETS_HOSTS": "board=hooks.example.com"}, failure.ExitOK,
			[]string{"all 1 are bound to hosts", "note   secrets: a secret that is added later",
				"fix: LATCH_SECRETS_HOSTS_REQUIRED=true"}, []string{"wrong"}},
		"a server ahead": {patient{ahead: time.Minute}, nil, failure.ExitFailed,
			[]string{"wrong  clock: the server's clock is 1m0s or more ahead of this machine's",
				"fix: set the clock that is wrong by NTP: timedatectl set-ntp true"}, nil},
		"a server behind": {patient{ahead: -time.Minute}, nil, failure.ExitFailed,
			[]string{"wrong  clock: the server's clock is 1m0s or more behind this machine's"}, nil},
		"a server in time":              {patient{unpolled: true}, nil, failure.ExitOK, []string{"ok     clock: no difference"}, nil},
		"a worker that stopped polling": {patient{polled: true, rates: limited()}, nil, failure.ExitOK, []string{"ok     clock: no difference"}, nil},
		"a poll that is denied": {patient{poll: serviceerror.NewPermissionDenied("no polls", "")}, nil, failure.ExitOK,
			[]string{"note   clock: the server's time cannot be read by a poll: ", "fix: compare by hand"}, []string{"wrong"}},
		"bad settings": {patient{}, map[string]string{"LATCH_EGRESS_ALLOW": "10.0.0.0/99", "LATCH_API_KEYS": "ann",
			"LATCH_SECRETS_HOSTS": "board"}, failure.ExitFailed,
			[]string{"wrong  settings of the worker: ", "10.0.0.0/99", `LATCH_SECRETS_HOSTS: "board" is not of the form`,
				"wrong  settings of the API: LATCH_API_KEYS"}, nil},
		"rates not limited": {patient{polled: true}, nil, failure.ExitOK,
			[]string{`note   rates: the server does not limit the rates of task queue "latch-at-rate"`, "each worker's own pace",
				"fix: start a worker on a server of 1.29 or later"}, []string{"dynamic configuration"}},
		"rates multiplied": {patient{rates: limit(20), polled: true}, nil, failure.ExitFailed,
			[]string{`20 a second, so that webhooks are sent at 20 times their rate`, "restart a worker"}, nil},
		"rates nobody serves": {patient{rates: limited()}, nil, failure.ExitOK,
			[]string{`note   rates: no worker polls the task queue "latch-at-rate"`, "ServeRates"}, nil},
		"rates kept": {patient{rates: limited(), polled: true}, nil, failure.ExitOK,
			[]string{`ok     rates: the server limits rates, in task queue "latch-at-rate"`,
				"note   dynamic configuration: a client cannot read it", "fix: set matching.enableFairness to true"}, []string{"wrong"}},
		"rates on an older server": {patient{rates: limited(), polled: true, version: "1.30.4"}, nil, failure.ExitOK,
			[]string{"in server 1.30.4 matching.useNewMatcher is off unless it is set"}, nil},
		"commands": {patient{}, map[string]string{"LATCH_ALLOW_COMMANDS": "true"}, failure.ExitOK,
			[]string{"whoever writes a job or release runs programs as the worker's user"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for variable, value := range test.env {
				t.Setenv(variable, value)
			}
			diagnose := func(args ...string) (int, string) {
				temporal := newTemporal()
				temporal.Unpolled, temporal.Schedules.Err = test.patient.unpolled, test.patient.schedules
				c := newCommand("", nil)
				c.dial = func(context.Context) (*backend.Connection, error) {
					return &backend.Connection{Client: examined{temporal, examinedService{temporal.WorkflowService(), test.patient}},
						Namespace: "default"}, nil
				}
				c.environ = os.Environ()
				return c.start(append([]string{"doctor"}, args...)...), c.stdout.String() + c.stderr.String()
			}
			code, out := diagnose()
			require.Equal(t, test.code, code, out)
			for _, text := range test.says {
				require.Contains(t, out, text)
			}
			for _, text := range test.not {
				require.NotContains(t, out, text)
			}
			code, out = diagnose("-o", "json")
			require.Equal(t, test.code, code, out)
			report := object(t, out)
			require.Equal(t, test.code == failure.ExitOK, report["ok"])
			for _, each := range report["findings"].([]any) {
				found := each.(map[string]any)
				require.NotEmpty(t, found["message"])
				if found["status"] == findingWrong {
					require.NotEmpty(t, found["fix"], found["message"])
				}
			}
		})
	}
}

// TestDoctorWithoutTemporal: the exit code is 3, and the settings are checked all the same.
func TestDoctorWithoutTemporal(t *testing.T) {
	t.Parallel()
	c := newCommand("", nil)
	c.environ = []string{"LATCH_SECRET_BOARD=value-of-the-board"}
	require.Equal(t, failure.ExitUnreachable, c.start("doctor"))
	out := c.stdout.String()
	require.Contains(t, out, "wrong  temporal: cannot reach Temporal at 127.0.0.1:7233")
	require.Contains(t, out, "fix: TEMPORAL_ADDRESS")
	require.Contains(t, out, `"board" is bound to no host`)
	require.NotContains(t, out, "value-of")
	require.Equal(t, 1, strings.Count(out, "temporal:"))
	require.Empty(t, c.stderr.String())
	code, _, refused := execute("", nil, "doctor", "--api", "http://127.0.0.1:7127")
	require.Equal(t, failure.ExitUsage, code)
	require.Contains(t, refused, "speaks to Temporal alone")
}
