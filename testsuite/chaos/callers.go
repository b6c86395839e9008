package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/cluster"
)

// A started is a run that was accepted.
type started struct {
	plan
	workflowID, runID string
}

// callers start runs and remove locks, and retry until they know the outcome.
type callers struct {
	cluster *cluster.Cluster
	base    string
	http    *http.Client
}

// pause is how long a caller waits before it retries.
const pause = 300 * time.Millisecond

// start starts a plan and then repeats the start with the same key, as if the first answer had
// been lost. It fails if that starts another run, or if the context ends.
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
	status, text, err := c.call(ctx, side, path, body, p.key)
	if err == nil && status >= http.StatusMultipleChoices {
		err = fmt.Errorf("answered %d: %s", status, text)
	}
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
	if p.kind == kindRegistered { // like that of Mitto's API, its answer has no workflow id
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

// call posts to the APIs in turn until one answers with a status below 500. It repeats the
// request for a registered job that is still running.
func (c *callers) call(ctx context.Context, side int, path, body, key string) (int, []byte, error) {
	for ticker := time.Tick(pause); ; side++ {
		status, text, err := c.post(ctx, c.cluster.APIs[side%len(c.cluster.APIs)].URL+path, body, key)
		busy := status == http.StatusConflict && strings.HasSuffix(path, "/:actions")
		if err == nil && status < http.StatusInternalServerError && !busy {
			return status, text, nil
		}
		if err == nil {
			err = fmt.Errorf("answered %d: %s", status, text)
		}
		select {
		case <-ticker:
		case <-ctx.Done():
			return 0, nil, fmt.Errorf("POST %s: %w: %w", path, context.Cause(ctx), err)
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
