// Command client starts a release, removes the lock that holds it and prints
// the release's webhook history, by a client that was generated from the API's
// own description: client.gen.go, which the test has made beside this file.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"
)

func main() {
	if err := run(context.Background(), os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "client:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, url, key, id string) error {
	client, err := NewClientWithResponses(url, WithRequestEditorFn(func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+key)
		return nil
	}))
	if err != nil {
		return err
	}
	blocking, step := true, "deploy"
	started, err := client.StartReleaseWithResponse(ctx, nil, Release{
		Id:       id,
		Steps:    []Step{{Name: &step, Do: &Task{Workflow: &WorkflowTask{Type: "latch.Emit", Input: map[string]any{"event": "DEPLOYED"}}}}},
		Webhooks: &[]Webhook{{Id: "board", Events: &[]Event{{Event: "BEFORE_RELEASE", Blocking: &blocking}}}},
	})
	if err != nil {
		return err
	}
	if started.JSON201 == nil {
		return fmt.Errorf("start: %s: %s", started.Status(), started.Body)
	}
	held, err := await(ctx, client, id, func(r *ReleaseState) bool { return len(r.Locks) == 1 })
	if err != nil {
		return err
	}
	reason := "looks good"
	removed, err := client.ReleaseLockWithResponse(ctx, held.Locks[0].Token, LockRemoval{Reason: &reason})
	if err != nil {
		return err
	}
	if removed.JSON200 == nil || removed.JSON200.Lock == nil || removed.JSON200.Lock.RemovedAt == nil {
		return fmt.Errorf("remove the lock: %s: %s", removed.Status(), removed.Body)
	}
	missing, err := client.GetLockWithResponse(ctx, "nobody:board:x")
	if err != nil {
		return err
	}
	if missing.ApplicationproblemJSON404 == nil || missing.ApplicationproblemJSON404.Detail == nil {
		return fmt.Errorf("a lock that is none: %s: %s", missing.Status(), missing.Body)
	}
	released, err := await(ctx, client, id, func(r *ReleaseState) bool { return r.ClosedAt != nil })
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(released)
}

// await asks for the release until it is as wanted.
func await(ctx context.Context, client *ClientWithResponses, id string, wanted func(*ReleaseState) bool) (*ReleaseState, error) {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		got, err := client.GetReleaseWithResponse(ctx, id)
		if err != nil {
			return nil, err
		}
		if got.JSON200 == nil {
			return nil, fmt.Errorf("get the release: %s: %s", got.Status(), got.Body)
		}
		if wanted(got.JSON200) {
			return got.JSON200, nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
