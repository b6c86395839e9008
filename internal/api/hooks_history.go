package api

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
)

const (
	// runsAtOnce is how many runs one of Temporal's pages tells of.
	runsAtOnce = 50
	// maximumRuns bounds how many runs one call asks for their records.
	maximumRuns = 500
	// askers is how many of them are asked at the same time.
	askers = 8
)

func (a *api) registerWebhookHistory() {
	register[noBody](a, operation{id: "get-webhook-history", method: http.MethodGet, path: webhooksPath + "/{id}/history", role: RoleRead,
		errors: []int{http.StatusNotImplemented}, summary: "Show what became of a webhook in all runs, newest first",
		about: "Of a webhook that stands by itself, and of one that runs bring under the same id; a redelivery is a record of its own. " +
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

func (a *api) getWebhookHistory(ctx context.Context, input *webhookHistoryInput) (*webhookHistoryOutput, error) {
	found := newestRecords{limit: input.Limit}
	if err := found.start(input.Cursor); err != nil {
		return nil, err
	}
	complete, err := a.gather(ctx, latch.HistoryQuery{Webhook: input.ID, Event: input.Event}, &found)
	if err != nil {
		return nil, err
	}
	part := WebhookHistory{Records: found.records, Incomplete: !complete}
	if len(part.Records) > input.Limit {
		part.Records = part.Records[:input.Limit]
		part.NextCursor = placeOf(&part.Records[input.Limit-1]).encode()
	}
	if err := a.follow(ctx, part.Records); err != nil {
		return nil, err
	}
	if callerOf(ctx).role < RoleLock {
		part.Records = unsignedRecords(part.Records)
	}
	return &webhookHistoryOutput{part}, nil
}

// gather asks the runs that have the webhook, until no other can have a newer
// record than those that are found. It tells whether it came so far.
func (a *api) gather(ctx context.Context, want latch.HistoryQuery, found *newestRecords) (complete bool, err error) {
	tag := want.Webhook
	if want.Event != "" {
		tag += ":" + want.Event
	}
	query := fmt.Sprintf("%s = %s", latch.SearchAttributeWebhooks, quote(tag)) + found.began()
	began, page := time.Now(), []byte(nil)
	for asked := 0; ; {
		response, err := a.list(ctx, query, runsAtOnce, page)
		if err != nil {
			return false, a.withoutAttribute(err)
		}
		runs := response.GetExecutions()
		if err := a.askRuns(ctx, runs, want, found); err != nil {
			return false, err
		}
		asked, page = asked+len(runs), response.GetNextPageToken()
		switch {
		case len(page) == 0 || len(runs) > 0 && found.settled(runs[len(runs)-1]):
			return true, nil
		case asked >= maximumRuns || time.Since(began) > workerTimeout:
			return false, nil
		}
	}
}

// quote gives text as a value in a query to Temporal.
func quote(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}

// withoutAttribute tells what to do where the namespace does not know the
// attribute: all else in the query it always knows.
func (a *api) withoutAttribute(err error) error {
	var invalid *serviceerror.InvalidArgument
	if !errors.As(err, &invalid) {
		return err
	}
	p := problem(http.StatusNotImplemented, "A history across runs needs the search attribute %s in the namespace %s. "+
		"Create what Latch knows: `temporal operator search-attribute create --namespace %s --name %s --type KeywordList --name %s --type Keyword --name %s --type Keyword --name %s --type Bool`, "+
		"and start the workers with LATCH_SEARCH_ATTRIBUTES=true; runs that begin from then on are found. Temporal says: %s",
		latch.SearchAttributeWebhooks, a.namespace, a.namespace, latch.SearchAttributeWebhooks, latch.SearchAttributeID,
		latch.SearchAttributeStatus, latch.SearchAttributeWaiting, invalid.Message)
	p.Type = "urn:latch:problem:search-attribute-missing"
	return p
}

// askRuns adds the runs' records. A run that is gone meanwhile has none.
func (a *api) askRuns(ctx context.Context, runs []*workflowpb.WorkflowExecutionInfo, want latch.HistoryQuery, found *newestRecords) error {
	told := make([][]latch.Record, len(runs))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(askers)
	for i, run := range runs {
		group.Go(func() error {
			err := a.query(ctx, run.GetExecution().GetWorkflowId(), run.GetExecution().GetRunId(), latch.QueryHistory, &told[i], want)
			if isNotFound(err) || isForeign(err) {
				return nil
			}
			return err
		})
	}
	err := group.Wait()
	found.add(slices.Concat(told...))
	return err
}

// follow puts in place of records that their run left pending what became of
// them after it.
func (a *api) follow(ctx context.Context, records []latch.Record) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(askers)
	for i := range records {
		if records[i].HandedTo == "" || records[i].Result != latch.ResultPending {
			continue
		}
		group.Go(func() error {
			var final []latch.Record
			err := a.query(ctx, records[i].HandedTo, "", latch.QueryHistory, &final)
			if isNotFound(err) || isForeign(err) {
				return nil
			}
			if err == nil && len(final) == 1 {
				final[0].HandedTo = records[i].HandedTo
				records[i] = final[0]
			}
			return err
		})
	}
	return group.Wait()
}

// newestRecords are the newest records of those that were added, from a place
// on. One more than the limit is kept, to tell whether there are more.
type newestRecords struct {
	limit   int
	from    *place
	records []latch.Record
}

// start begins where the part before ended.
func (n *newestRecords) start(cursor string) error {
	n.records = []latch.Record{}
	if cursor == "" {
		return nil
	}
	n.from = &place{}
	decoded, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || json.Unmarshal(decoded, n.from) != nil || n.from.At.IsZero() {
		return problem(http.StatusUnprocessableEntity, "cursor: %q is none that a part before told as next_cursor.", cursor)
	}
	return nil
}

// began leaves out runs that began after the place: they have nothing older.
func (n *newestRecords) began() string {
	if n.from == nil {
		return ""
	}
	return fmt.Sprintf(" AND StartTime < '%s'", n.from.At.Add(time.Millisecond).UTC().Format(time.RFC3339Nano))
}

func (n *newestRecords) add(records []latch.Record) {
	for i := range records {
		if n.from == nil || placeOf(&records[i]).compare(*n.from) > 0 {
			n.records = append(n.records, records[i])
		}
	}
	slices.SortFunc(n.records, func(a, b latch.Record) int { return placeOf(&a).compare(placeOf(&b)) })
	n.records = n.records[:min(len(n.records), n.limit+1)]
}

// settled tells that no run behind the given one in Temporal's list has a
// record among the newest. The list has running runs first, then those that
// closed last, and no record is newer than its run's end.
func (n *newestRecords) settled(last *workflowpb.WorkflowExecutionInfo) bool {
	closed := last.GetCloseTime()
	return closed != nil && len(n.records) > n.limit && n.records[n.limit].StartedAt.After(closed.AsTime())
}

// A place in the history: newest first, and one order of records that began
// at the same time.
type place struct {
	At         latch.Time `json:"at"`
	DeliveryID string     `json:"delivery_id"`
	Redelivery int        `json:"redelivery,omitempty"`
	RunID      string     `json:"run_id"`
}

func placeOf(record *latch.Record) place {
	return place{At: record.StartedAt, DeliveryID: record.DeliveryID, Redelivery: record.Redelivery, RunID: record.RunID}
}

// compare is negative where p comes before the other.
func (p place) compare(other place) int {
	return cmp.Or(other.At.Compare(p.At.Time), cmp.Compare(other.Redelivery, p.Redelivery),
		strings.Compare(p.DeliveryID, other.DeliveryID), strings.Compare(p.RunID, other.RunID))
}

func (p place) encode() string {
	encoded, err := json.Marshal(p)
	if err != nil {
		return "" // times and text encode
	}
	return base64.RawURLEncoding.EncodeToString(encoded)
}
