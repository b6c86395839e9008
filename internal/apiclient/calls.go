package apiclient

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/latch-run/latch"
)

const (
	releases = "/latch/v1/releases"
	events   = "/latch/v1/events"
	gates    = "/latch/v1/gates"
	locks    = "/latch/v1/locks"
)

// pathOf is the path of a kind's runs.
var pathOf = map[latch.Kind]string{latch.ReleaseKind: releases, latch.GateKind: gates}

// A Started is a run that was started.
type Started struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	ID         string `json:"id"`
}

// A State is the state of a release or a gate, or its result.
type State struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	latch.Status
	Reason    string           `json:"reason"`
	DecidedBy *latch.DecidedBy `json:"decided_by"`
	StartedAt latch.Time       `json:"started_at"`
	// ClosedAt is zero while it runs.
	ClosedAt latch.Time     `json:"closed_at"`
	History  []latch.Record `json:"history"`
}

// A Gate is a gate as the API returns it.
type Gate struct {
	State
	// Decision is empty while the gate is open, and for one that ended without a decision.
	Decision string `json:"decision"`
}

// StartRelease starts a release, with the workflow id if it is not empty.
func (c *Client) StartRelease(ctx context.Context, release json.RawMessage, workflowID string) (*Started, error) {
	return c.start(ctx, releases, release, workflowID)
}

// FireEvent fires a custom event, with the workflow id if it is not empty.
func (c *Client) FireEvent(ctx context.Context, emission json.RawMessage, workflowID string) (*Started, error) {
	return c.start(ctx, events, emission, workflowID)
}

// AskGate asks a gate, with the workflow id if it is not empty.
func (c *Client) AskGate(ctx context.Context, gate json.RawMessage, workflowID string) (*Started, error) {
	return c.start(ctx, gates, gate, workflowID)
}

// Gate returns a gate by its id, or its workflow id.
func (c *Client) Gate(ctx context.Context, id string) (*Gate, error) {
	gate := new(Gate)
	return gate, c.call(ctx, http.MethodGet, gates+"/"+url.PathEscape(id), nil, nil, gate)
}

func (c *Client) start(ctx context.Context, path string, body json.RawMessage, workflowID string) (*Started, error) {
	query := url.Values{}
	if workflowID != "" {
		query.Set("workflow_id", workflowID)
	}
	started := new(Started)
	return started, c.call(ctx, http.MethodPost, path, query, body, started)
}

// Release returns a release by its id, or its workflow id.
func (c *Client) Release(ctx context.Context, id string) (*State, error) {
	release := new(State)
	return release, c.call(ctx, http.MethodGet, releases+"/"+url.PathEscape(id), nil, nil, release)
}

// Evidence returns the signed evidence of a closed release or gate.
func (c *Client) Evidence(ctx context.Context, kind latch.Kind, id string) (json.RawMessage, error) {
	var sealed json.RawMessage
	err := c.call(ctx, http.MethodGet, pathOf[kind]+"/"+url.PathEscape(id)+"/evidence", nil, nil, &sealed)
	return sealed, err
}

// ReleasePlan reads what a release does, and what a rollback would undo, into plan.
func (c *Client) ReleasePlan(ctx context.Context, id string, plan any) error {
	return c.call(ctx, http.MethodGet, releases+"/"+url.PathEscape(id)+"/plan", nil, nil, plan)
}

// ForeseeRelease reads what a release would do into plan, without starting it.
func (c *Client) ForeseeRelease(ctx context.Context, release json.RawMessage, workflowID string, plan any) error {
	query := url.Values{}
	if workflowID != "" {
		query.Set("workflow_id", workflowID)
	}
	return c.call(ctx, http.MethodPost, releases+"/plan", query, release, plan)
}

// DryRunRelease reads what the release would do with the answers into report, without starting
// it.
func (c *Client) DryRunRelease(ctx context.Context, release, answers json.RawMessage, report any) error {
	asked := map[string]json.RawMessage{"release": release}
	if len(answers) > 0 {
		asked["answers"] = answers
	}
	return c.call(ctx, http.MethodPost, releases+"/dry-run", nil, asked, report)
}

// Tell sends stop, rollback, skip, or to a release also retry, to a release or a gate, and
// returns its answer.
func (c *Client) Tell(ctx context.Context, kind latch.Kind, id, message string, argument any) (json.RawMessage, error) {
	var answer json.RawMessage
	err := c.call(ctx, http.MethodPost, pathOf[kind]+"/"+url.PathEscape(id)+"/"+message, nil, argument, &answer)
	return answer, err
}

// Lock shows a lock, open or removed.
func (c *Client) Lock(ctx context.Context, token string, into any) error {
	return c.call(ctx, http.MethodGet, locks+"/"+url.PathEscape(token), nil, nil, into)
}

// ExtendLock moves a lock's deadline and returns its record.
func (c *Client) ExtendLock(ctx context.Context, extension latch.LockExtension) (json.RawMessage, error) {
	var record json.RawMessage
	err := c.call(ctx, http.MethodPost, locks+"/"+url.PathEscape(extension.Lock)+"/extend", nil, extension, &record)
	return record, err
}

// RemoveLock removes a lock and returns its record.
func (c *Client) RemoveLock(ctx context.Context, removal latch.LockRelease) (json.RawMessage, error) {
	var record json.RawMessage
	err := c.call(ctx, http.MethodPost, locks+"/"+url.PathEscape(removal.Lock)+"/release", nil, removal, &record)
	return record, err
}
