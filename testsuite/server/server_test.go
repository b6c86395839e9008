package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch/internal/wire"
	"github.com/latch-run/latch/testsuite/server"
)

const (
	taskQueue = "greetings"

	// tick is how often a wait looks again.
	tick = 20 * time.Millisecond
)

// greet waits for an update, so that a test sees one answered, and greets.
func greet(ctx workflow.Context, name string) (string, error) {
	greeting := ""
	err := workflow.SetUpdateHandler(ctx, "greet", func(_ workflow.Context, word string) (string, error) {
		greeting = word + ", " + name
		return greeting, nil
	})
	if err != nil {
		return "", err
	}
	if err := workflow.Await(ctx, func() bool { return greeting != "" }); err != nil {
		return "", err
	}
	return greeting, nil
}

// start brings a server up that the test's end stops.
func start(t *testing.T, options server.Options) *server.Server {
	t.Helper()
	s, err := server.Start(t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	return s
}

func dial(t *testing.T, s *server.Server, namespace string) client.Client {
	t.Helper()
	c, err := client.DialContext(t.Context(), server.Persistent(client.Options{
		HostPort: s.FrontendHostPort, Namespace: namespace, Logger: slog.New(slog.DiscardHandler),
	}))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func startWorker(t *testing.T, c client.Client) {
	t.Helper()
	w := worker.New(c, taskQueue, worker.Options{})
	w.RegisterWorkflowWithOptions(greet, workflow.RegisterOptions{Name: "greet"})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
}

// finish updates a workflow and returns what it then completes with.
func finish(t *testing.T, c client.Client, workflowID, word string) string {
	t.Helper()
	update, err := c.UpdateWorkflow(t.Context(), client.UpdateWorkflowOptions{
		WorkflowID: workflowID, UpdateName: "greet", Args: []any{word},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	require.NoError(t, err)
	require.NoError(t, update.Get(t.Context(), nil))
	var result string
	require.NoError(t, c.GetWorkflow(t.Context(), workflowID, "").Get(t.Context(), &result))
	return result
}

func TestAWorkflowRunsAndTakesAnUpdate(t *testing.T) {
	t.Parallel()
	s := start(t, server.Options{})
	require.Empty(t, s.HTTPAddress)
	require.Empty(t, s.UIURL)
	c := dial(t, s, server.DefaultNamespace)
	startWorker(t, c)

	options := client.StartWorkflowOptions{ID: "by-client", TaskQueue: taskQueue}
	_, err := c.ExecuteWorkflow(t.Context(), options, "greet", "Ada")
	require.NoError(t, err)
	require.Equal(t, "Hello, Ada", finish(t, c, "by-client", "Hello"))
}

// A worker has pollers for each partition of a task queue: in one without a poller, a task would
// wait.
func TestTheWorkerKnowsHowManyPartitionsATaskQueueHas(t *testing.T) {
	t.Parallel()
	c := dial(t, start(t, server.Options{}), server.DefaultNamespace)
	queue, err := c.WorkflowService().ListTaskQueuePartitions(t.Context(), &workflowservice.ListTaskQueuePartitionsRequest{
		Namespace: server.DefaultNamespace, TaskQueue: &taskqueuepb.TaskQueue{Name: taskQueue}})
	require.NoError(t, err)
	require.Len(t, queue.GetWorkflowTaskQueuePartitions(), wire.Partitions)
	require.Len(t, queue.GetActivityTaskQueuePartitions(), wire.Partitions)
}

func TestTheHTTPAPIStartsAWorkflow(t *testing.T) {
	t.Parallel()
	s := start(t, server.Options{HTTP: true})
	c := dial(t, s, server.DefaultNamespace)
	startWorker(t, c)

	url := s.HTTPAddress + "/api/v1/namespaces/default/workflows/by-http"
	body := `{"workflowType":{"name":"greet"},"taskQueue":{"name":"` + taskQueue + `"},"input":["Grace"]}`
	status, answer := send(t, http.MethodPost, url, body)
	require.Equal(t, http.StatusOK, status, answer)
	var started struct{ RunID string }
	require.NoError(t, json.Unmarshal([]byte(answer), &started))
	require.NotEmpty(t, started.RunID)

	require.Equal(t, "Hi, Grace", finish(t, c, "by-http", "Hi"))
}

func TestTheUIAnswersAndReachesTheServer(t *testing.T) {
	t.Parallel()
	s := start(t, server.Options{UI: true, Namespaces: []string{"one", "two"}})

	status, page := send(t, http.MethodGet, s.UIURL+"/", "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page, "<html")
	status, answer := send(t, http.MethodGet, s.UIURL+"/api/v1/namespaces/two", "")
	require.Equal(t, http.StatusOK, status, answer)
	require.Contains(t, answer, `"two"`)
}

func TestNamespacesRetentionAndSearchAttributes(t *testing.T) {
	t.Parallel()
	tags, blocked := temporal.NewSearchAttributeKeyKeyword("Tags"), temporal.NewSearchAttributeKeyBool("Blocked")
	s := start(t, server.Options{
		Namespaces: []string{"one", "two"},
		Retention:  72 * time.Hour,
		SearchAttributes: map[string]enumspb.IndexedValueType{
			"Tags": enumspb.INDEXED_VALUE_TYPE_KEYWORD, "Blocked": enumspb.INDEXED_VALUE_TYPE_BOOL,
		},
	})
	for _, namespace := range []string{"one", "two"} {
		c := dial(t, s, namespace)
		described, err := c.WorkflowService().DescribeNamespace(t.Context(),
			&workflowservice.DescribeNamespaceRequest{Namespace: namespace})
		require.NoError(t, err)
		require.Equal(t, 72*time.Hour, described.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration())

		_, err = c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
			TaskQueue:             taskQueue,
			TypedSearchAttributes: temporal.NewSearchAttributes(tags.ValueSet("x"), blocked.ValueSet(true)),
		}, "greet", "Ada")
		require.NoError(t, err, "a search attribute counts as soon as the server runs")
	}
}

func TestATakenPortIsRefusedByName(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	port := listener.Addr().(*net.TCPAddr).Port

	for what, options := range map[string]server.Options{
		"frontend": {FrontendPort: port},
		"HTTP API": {HTTP: true, HTTPPort: port},
		"UI":       {UI: true, UIPort: port},
	} {
		_, err := server.Start(t.Context(), options)
		require.ErrorContains(t, err, what+" port")
		require.ErrorContains(t, err, "choose another")
	}
}

func TestADatabaseFileThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	_, err := server.Start(t.Context(), server.Options{DatabaseFile: filepath.Join(t.TempDir(), "none", "latch.db")})
	require.ErrorContains(t, err, "latch.db")
	require.ErrorContains(t, err, "does its folder exist?")
}

func TestStopFreesThePorts(t *testing.T) {
	t.Parallel()
	s := start(t, server.Options{HTTP: true, UI: true})
	require.NoError(t, s.Stop())
	require.NoError(t, s.Stop(), "a second stop is the first one's")
	for _, address := range []string{
		s.FrontendHostPort, strings.TrimPrefix(s.HTTPAddress, "http://"), strings.TrimPrefix(s.UIURL, "http://"),
	} {
		listener, err := net.Listen("tcp", address)
		require.NoError(t, err)
		require.NoError(t, listener.Close())
	}
}

// crashFile names the database of the process that TestAFileOutlivesAKill kills.
const crashFile = "LATCH_TEST_SERVER_FILE"

// TestServeUntilKilled is that process: a server with a workflow in it. It prints
// its address once the workflow is accepted, and then waits to be killed.
func TestServeUntilKilled(t *testing.T) {
	file := os.Getenv(crashFile)
	if file == "" {
		t.Skip("a part of TestAFileOutlivesAKill")
	}
	s, err := server.Start(t.Context(), server.Options{DatabaseFile: file})
	require.NoError(t, err)
	c := dial(t, s, server.DefaultNamespace)
	_, err = c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "kept", TaskQueue: taskQueue}, "greet", "Ada")
	require.NoError(t, err)
	_, _ = io.WriteString(os.Stderr, "accepted\n")
	select {}
}

func TestAFileOutlivesAKill(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "latch.db")
	ctx, cancel := context.WithCancel(t.Context())
	first := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestServeUntilKilled$")
	first.Env = append(os.Environ(), crashFile+"="+file)
	stderr, err := first.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, first.Start())
	said := make([]byte, len("accepted\n"))
	_, err = io.ReadFull(stderr, said)
	require.NoError(t, err, "the first server ended early")
	require.Equal(t, "accepted\n", string(said))
	cancel() // kill -9
	require.Error(t, first.Wait())

	s := start(t, server.Options{
		DatabaseFile:     file,
		SearchAttributes: map[string]enumspb.IndexedValueType{"Tags": enumspb.INDEXED_VALUE_TYPE_KEYWORD},
	})
	c := dial(t, s, server.DefaultNamespace)
	startWorker(t, c)
	require.Equal(t, "Again, Ada", finish(t, c, "kept", "Again"))

	tags := temporal.NewSearchAttributeKeyKeyword("Tags")
	_, err = c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		TaskQueue: taskQueue, TypedSearchAttributes: temporal.NewSearchAttributes(tags.ValueSet("x")),
	}, "greet", "Ada")
	require.NoError(t, err, "a namespace of an older file gets the attributes it lacks")
}

func send(t *testing.T, method, url, body string) (status int, answer string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewBufferString(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(read)
}
