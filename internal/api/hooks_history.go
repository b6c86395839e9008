package api

import (
	"context"
	"net/http"

	"github.com/latch-run/latch"
)

func (a *API) registerWebhookHistory() {
	Register[NoBody](a, Operation{ID: "get-webhook-history", Method: http.MethodGet, Path: webhooksPath + "/{id}/history", Role: RoleRead,
		Errors: []int{http.StatusNotImplemented}, Summary: "Show a webhook's records across all runs, newest first",
		About: "Covers the registered webhook with this id and webhooks of runs with the same id. Each redelivery is a record of its own. " +
			"Requires the search attribute " + latch.SearchAttributeWebhooks + ": without it, the answer is 501 and says how to create it."}, a.getWebhookHistory)
}

// WebhookHistory is one page of a webhook's history.
type WebhookHistory struct {
	Records    []latch.Record `json:"records" doc:"Newest first"`
	NextCursor string         `json:"next_cursor,omitempty" doc:"The cursor of the next page; absent on the last"`
	Incomplete bool           `json:"incomplete,omitempty" doc:"Too many runs were open at the same time to query all of them: records of those that started first may be missing"`
}

type webhookHistoryInput struct {
	ID     string `path:"id" doc:"The webhook's id"`
	Event  string `query:"event" maxLength:"200" pattern:"^[A-Z][A-Z0-9_]*$" doc:"Only records of this event"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" doc:"The next_cursor of the previous page"`
}

type webhookHistoryOutput struct{ Body WebhookHistory }

func (a *API) getWebhookHistory(ctx context.Context, input *webhookHistoryInput) (*webhookHistoryOutput, error) {
	part, err := a.deliveries.Webhook(ctx, latch.HistoryQuery{Webhook: input.ID, Event: input.Event}, input.Cursor, input.Limit)
	if err != nil {
		return nil, err
	}
	return &webhookHistoryOutput{WebhookHistory{Records: part.Records, NextCursor: part.NextCursor, Incomplete: part.Incomplete}}, nil
}
