package api

import (
	"context"
	"net/http"

	"github.com/latch-run/latch"
)

func (a *API) registerWebhookHistory() {
	Register[NoBody](a, Operation{ID: "get-webhook-history", Method: http.MethodGet, Path: webhooksPath + "/{id}/history", Role: RoleRead,
		Errors: []int{http.StatusNotImplemented}, Summary: "Show what became of a webhook in all runs, newest first",
		About: "Of a webhook that stands by itself, and of one that runs bring under the same id; a redelivery is a record of its own. " +
			"It needs the search attribute " + latch.SearchAttributeWebhooks + ": without it the answer is 501 and says how to create it."}, a.getWebhookHistory)
}

// WebhookHistory is a part of a webhook's history.
type WebhookHistory struct {
	Records    []latch.Record `json:"records" doc:"Newest first"`
	NextCursor string         `json:"next_cursor,omitempty" doc:"The parameter cursor of the next part; absent on the last"`
	Incomplete bool           `json:"incomplete,omitempty" doc:"So many runs went on at the same time that not all were asked: records of those that began first may be missing"`
}

type webhookHistoryInput struct {
	ID     string `path:"id" doc:"The webhook's id"`
	Event  string `query:"event" maxLength:"200" pattern:"^[A-Z][A-Z0-9_]*$" doc:"Only records of this event"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" doc:"What the part before told as next_cursor"`
}

type webhookHistoryOutput struct{ Body WebhookHistory }

func (a *API) getWebhookHistory(ctx context.Context, input *webhookHistoryInput) (*webhookHistoryOutput, error) {
	part, err := a.deliveries.Webhook(ctx, latch.HistoryQuery{Webhook: input.ID, Event: input.Event}, input.Cursor, input.Limit)
	if err != nil {
		return nil, err
	}
	return &webhookHistoryOutput{WebhookHistory{Records: part.Records, NextCursor: part.NextCursor, Incomplete: part.Incomplete}}, nil
}
