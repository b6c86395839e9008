package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/cluster"
)

// A started is a run that was accepted.
type started struct {
	plan
	workflowID, runID string
}

// callers start runs and remove locks, and try again until they are told that it
// was done.
type callers struct {
	cluster *cluster.Cluster
	base    string
	http    *http.Client
}

// pause is how long a caller waits before it tries again.
const pause = 300 * time.Millisecond

// start starts a plan and then once more under the same key, as if the first
// answer had been lost. It fails if that starts another run, or with the context.
func (c *callers) start(ctx context.Context, p plan) (started, error) {
	first, err := c.startOnce(ctx, p, 0)
	if err != nil {
		return first, err
	}
	second, err := c.startOnce(ctx, p, 1)
	if err == nil && second != first {
		err = fmt.Errorf("%s %s: its key started %s and %s", p.kind, p.id, first.runID, second.runID)
	}
	return first, err
}

func (c *callers) startOnce(ctx context.Context, p plan, side int) (s started, err error) {
	s.plan = p
	path := map[string]string{kindRelease: "/latch/v1/releases", kindEmission: "/latch/v1/events",
		kindRegistered: "/v2/jobs/" + p.id + "/:actions"}[p.kind]
	if path == "" {
		s.workflowID, s.runID, err = c.startAtTemporal(ctx, p)
		return s, err
	}
	body := p.input(c.base)
	if p.kind == kindRegistered {
		body = `{"action": "START"}`
	}
	text, err := c.call(ctx, side, path, body, p.key)
	if err != nil {
		return s, fmt.Errorf("%s %s: %w", p.kind, p.id, err)
	}
	var run struct {
		WorkflowID string `json:"workflow_id"`
		RunID      string `json:"run_id"`
	}
	if err := json.Unmarshal(text, &run); err != nil || run.RunID == "" {
		return s, fmt.Errorf("%s %s: answered %s: %w", p.kind, p.id, text, err)
	}
	s.workflowID, s.runID = run.WorkflowID, run.RunID
	if p.kind == kindRegistered { // as Mitto's API, its answer has no workflow id
		s.workflowID = latch.PrefixJobRun + p.id
	}
	return s, nil
}

// startAtTemporal starts a job without the API.
func (c *callers) startAtTemporal(ctx context.Context, p plan) (workflowID, runID string, err error) {
	for ticker := time.Tick(pause); ; {
		run, err := c.cluster.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "work-" + p.id, TaskQueue: latch.DefaultTaskQueue,
			WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE}, latch.WorkflowJobRun, json.RawMessage(p.input(c.base)))
		if err == nil {
			return run.GetID(), run.GetRunID(), nil
		}
		select {
		case <-ticker:
		case <-ctx.Done():
			return "", "", fmt.Errorf("%s %s: %w: %w", p.kind, p.id, context.Cause(ctx), err)
		}
	}
}

// call posts to one of the APIs until it is answered 200 or 201. A conflict of a
// registered job, which runs already, passes; another refusal is an error.
func (c *callers) call(ctx context.Context, side int, path, body, key string) ([]byte, error) {
	var last error
	for ticker := time.Tick(pause); ; side++ {
		status, text, err := c.post(ctx, c.cluster.APIs[side%len(c.cluster.APIs)].URL+path, body, key)
		busy := status == http.StatusConflict && strings.HasSuffix(path, "/:actions")
		switch {
		case err == nil && (status == http.StatusOK || status == http.StatusCreated):
			return text, nil
		case err == nil && status < http.StatusInternalServerError && !busy:
			return nil, fmt.Errorf("POST %s was answered %d: %s", path, status, text)
		case err == nil:
			err = fmt.Errorf("answered %d: %s", status, text)
		}
		last = err
		select {
		case <-ticker:
		case <-ctx.Done():
			return nil, fmt.Errorf("POST %s: %w: %w", path, context.Cause(ctx), last)
		}
	}
}

func (c *callers) post(ctx context.Context, url, body, key string) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, text, err
}

// removeOverAPI and removeAtTemporal are two sides that remove the same lock with
// the same result, which must count once and be refused to neither.
func (c *callers) removeOverAPI(ctx context.Context, lock, result string) error {
	_, err := c.call(ctx, 0, "/latch/v1/locks/"+url.PathEscape(lock)+"/release", fmt.Sprintf(`{"result": %q}`, result), "")
	return err
}

func (c *callers) removeAtTemporal(ctx context.Context, workflowID, lock, result string) error {
	for ticker := time.Tick(pause); ; {
		handle, err := c.cluster.Client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{WorkflowID: workflowID,
			UpdateName: latch.MessageReleaseLock, WaitForStage: client.WorkflowUpdateStageCompleted,
			Args: []any{latch.LockRelease{Lock: lock, Result: result, By: "temporal"}}})
		if err == nil {
			err = handle.Get(ctx, nil)
		}
		_, refused := errors.AsType[*temporal.ApplicationError](err)
		switch {
		case err == nil || isNotFound(err): // the run has closed since the other side removed it
			return nil
		case refused:
			return fmt.Errorf("lock %s: %w", lock, err)
		}
		select {
		case <-ticker:
		case <-ctx.Done():
			return fmt.Errorf("lock %s: %w: %w", lock, context.Cause(ctx), err)
		}
	}
}
