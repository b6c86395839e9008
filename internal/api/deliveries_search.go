package api

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/deliveries"
)

const aboutDeliveries = "A delivery has failed when it was given up: its endpoint never accepted it. A delivery whose answer means \"fail\" has not failed; nor has one whose lock a person removed. " +
	"Its time is when it ended or, while it is pending, when its event fired. Runs past Temporal's retention are not found; without the search attribute " + latch.SearchAttributeWebhooks + ", neither are users' own workflows."

func (a *API) registerDeliverySearch() {
	Register[NoBody](a, Operation{ID: "list-deliveries", Method: http.MethodGet, Path: deliveriesPath, Role: RoleRead,
		Summary: "List the deliveries of all runs, newest first", Errors: []int{http.StatusUnprocessableEntity},
		About: aboutDeliveries + " With failed, each delivery is listed once, by its last record, without those delivered since or being sent again; otherwise each redelivery is listed as a record of its own."}, a.listDeliveries)
	Register[NoBody](a, Operation{ID: "delivery-statistics", Method: http.MethodGet, Path: deliveriesPath + "/statistics", Role: RoleRead,
		Summary: "Count the deliveries of all runs by outcome, with their latency over time", Errors: []int{http.StatusUnprocessableEntity},
		About: aboutDeliveries + " The filter is that of the list. All that it finds in the newest 500 runs is counted; where there are more runs, incomplete and complete_since say how far the call looked. since narrows it."}, a.deliveryStatistics)
	Register[RedeliveryFilter](a, Operation{ID: "redeliver-failed", Method: http.MethodPost,
		Act: latch.AuditDeliveryRedeliver, Path: deliveriesPath + "/redeliver", Role: RoleRun,
		Required: true, Takes: deliveries.KeptLimit, Load: LoadWait, Summary: "Send failed deliveries again",
		About: aboutDeliveries + " The call may be repeated: deliveries in progress, or delivered since they failed, are skipped, and the answer lists them. At most twenty a second are started. With skipped, all that is found goes out in order by one workflow for each webhook, as fast as the endpoint answers; limit and cursor have no effect then, and the answer may take minutes where there are thousands of runs. GET /latch/v1/deliveries/queues/{id} says how far such a workflow has come."}, a.redeliverFailed)
	Register[NoBody](a, Operation{ID: "get-delivery-queue", Method: http.MethodGet, Path: deliveriesPath + "/queues/{id}", Role: RoleRead,
		Errors: []int{http.StatusNotFound}, Summary: "Get how far a workflow has come that sends what was skipped",
		About: "The id is the workflow_id that POST /latch/v1/deliveries/redeliver answers with where skipped is true."}, a.getDeliveryQueue)
}

// A DeliveryQuery is the filter in the query of a list of deliveries.
type DeliveryQuery struct {
	Failed    bool   `query:"failed" doc:"Only failed deliveries that were not delivered since and are not being sent again"`
	Since     string `query:"since" maxLength:"100" doc:"A duration back from now, such as 2h, or an RFC 3339 time"`
	Until     string `query:"until" maxLength:"100" doc:"As since; a delivery that ended at exactly this time is left out"`
	Webhook   string `query:"webhook" maxLength:"1000" doc:"Only deliveries of the webhook with this id"`
	Event     string `query:"event" maxLength:"200" pattern:"^[A-Z][A-Z0-9_]*$" doc:"Only deliveries of this event"`
	Job       string `query:"job" maxLength:"1000" doc:"Only deliveries of the job with this id"`
	Release   string `query:"release" maxLength:"1000" doc:"Only deliveries of the release with this id"`
	TaskQueue string `query:"task_queue" maxLength:"1000" doc:"Only deliveries of runs on this task queue; no other run is asked"`
	Outcome   string `query:"outcome" enum:"delivered,failed,pending,skipped,settled" doc:"Only records of this outcome. settled: decided without the endpoint having accepted it, by a lock or by a when that failed. Unlike the parameter failed, failed also finds what was delivered since"`
}

// filter parses the times. Its error is a 422 that covers both.
func (q *DeliveryQuery) filter() (deliveries.Filter, error) {
	since, until, err := period(q.Since, q.Until)
	return deliveries.Filter{Failed: q.Failed, Since: since, Until: until,
		Webhook: q.Webhook, Event: q.Event, Job: q.Job, Release: q.Release, TaskQueue: q.TaskQueue, Outcome: q.Outcome}, err
}

type deliveriesInput struct {
	DeliveryQuery
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" doc:"The next_cursor of the previous page; since and until stay those of the first page"`
}

type deliveriesOutput struct{ Body deliveries.DeliveryPart }

func (a *API) listDeliveries(ctx context.Context, input *deliveriesInput) (*deliveriesOutput, error) {
	filter, err := input.filter()
	if err != nil {
		return nil, err
	}
	part, err := a.deliveries.Search(ctx, filter, input.Cursor, input.Limit)
	if err != nil {
		return nil, err
	}
	return &deliveriesOutput{*part}, nil
}

type statisticsInput struct {
	DeliveryQuery
	Intervals int `query:"intervals" minimum:"1" maximum:"200" default:"24" doc:"Into how many intervals their time is divided, at most"`
}

type statisticsOutput struct{ Body deliveries.Statistics }

func (a *API) deliveryStatistics(ctx context.Context, input *statisticsInput) (*statisticsOutput, error) {
	filter, err := input.filter()
	if err != nil {
		return nil, err
	}
	made, err := a.deliveries.Statistics(ctx, filter, input.Intervals)
	if err != nil {
		return nil, err
	}
	return &statisticsOutput{*made}, nil
}

// period parses the since and until of a list. Its error is a 422 that covers
// both.
func period(since, until string) (from, to time.Time, err error) {
	var problems latch.Problems
	if from, to = window(&problems, since, until); len(problems) > 0 {
		err = NewProblem(http.StatusUnprocessableEntity, "%v", problems)
	}
	return from, to, err
}

// window parses since and until, and adds errors to problems.
func window(problems *latch.Problems, since, until string) (from, to time.Time) {
	now := time.Now()
	from, err := deliveries.ParseTime(since, now)
	if err != nil {
		problems.Addf("since", "%v", err)
	}
	if to, err = deliveries.ParseTime(until, now); err != nil {
		problems.Addf("until", "%v", err)
	}
	return from, to
}

// A RedeliveryFilter says which deliveries to redeliver.
type RedeliveryFilter struct {
	Failed    bool   `json:"failed,omitempty" doc:"Send failed deliveries again. Exactly one of failed and skipped must be true"`
	Skipped   bool   `json:"skipped,omitempty" doc:"Send what was skipped since its endpoint was disabled: of each webhook in the order of the events, each once the one before is settled"`
	Since     string `json:"since,omitempty" doc:"A duration back from now, such as 2h, or an RFC 3339 time"`
	Until     string `json:"until,omitempty" doc:"As since; a delivery that ended at exactly this time is left out"`
	Webhook   string `json:"webhook,omitempty" doc:"Only deliveries of the webhook with this id"`
	Event     string `json:"event,omitempty" doc:"Only deliveries of this event"`
	Job       string `json:"job,omitempty" doc:"Only deliveries of the job with this id"`
	Release   string `json:"release,omitempty" doc:"Only deliveries of the release with this id"`
	TaskQueue string `json:"task_queue,omitempty" doc:"Only deliveries of runs on this task queue; no other run is asked"`
	// Deliveries are delivery ids, such as those from a dry run.
	Deliveries []string `json:"deliveries,omitempty" maxItems:"200" doc:"Only these, by their ids, at most 200: what a dry run has named, and nothing that failed since. The answer has each of them"`
	Limit      int      `json:"limit,omitempty" minimum:"1" maximum:"200" default:"100" doc:"The most deliveries to send again"`
	Cursor     string   `json:"cursor,omitempty" doc:"The next_cursor of the previous page; since and until stay those of the first page"`
	DryRun     bool     `json:"dry_run,omitempty" doc:"List what would be sent again, and send nothing"`
}

// Bounds of how many deliveries one call redelivers.
const (
	defaultRedeliveries = 100
	maximumRedeliveries = 200
)

var eventPattern = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// decode decodes the body strictly and returns the filter.
func (f *RedeliveryFilter) decode(body []byte) (deliveries.Filter, error) {
	f.Limit = defaultRedeliveries
	var problems latch.Problems
	if err := strictly(body, f); err != nil {
		return deliveries.Filter{}, err
	}
	switch {
	case f.Failed && f.Skipped:
		problems.Addf("skipped", "give failed or skipped, not both")
	case f.Skipped && len(f.Deliveries) > 0:
		problems.Addf("deliveries", "goes with failed: what was skipped is sent whole, in order")
	case !f.Failed && !f.Skipped:
		problems.Addf("failed", "must be true, or skipped: only deliveries that failed, or were skipped since their endpoint was disabled, are sent in bulk")
	}
	if f.Limit < 1 || f.Limit > maximumRedeliveries {
		problems.Addf("limit", "must be from 1 to %d, not %d", maximumRedeliveries, f.Limit)
	}
	f.checkIDs(&problems)
	if f.Event != "" && !eventPattern.MatchString(f.Event) {
		problems.Addf("event", "%q is not an event; events are in capitals, such as JOB_SUCCESS", f.Event)
	}
	filter := deliveries.Filter{Failed: f.Failed, Kept: f.Skipped, Webhook: f.Webhook, Event: f.Event, Job: f.Job, Release: f.Release, TaskQueue: f.TaskQueue, IDs: f.Deliveries}
	filter.Since, filter.Until = window(&problems, f.Since, f.Until)
	return filter, problems.Err()
}

// checkIDs adds problems with the delivery ids.
func (f *RedeliveryFilter) checkIDs(problems *latch.Problems) {
	if len(f.Deliveries) > deliveries.MaximumIDs {
		problems.Addf("deliveries", "%d ids are too many; the limit is %d", len(f.Deliveries), deliveries.MaximumIDs)
		return
	}
	for i, id := range f.Deliveries {
		at := fmt.Sprintf("deliveries[%d]", i)
		switch {
		case !strings.HasPrefix(id, latch.PrefixDeliveryID):
			problems.Addf(at, "%q is not the id of a delivery, which begins with %s", id, latch.PrefixDeliveryID)
		case slices.Contains(f.Deliveries[:i], id):
			problems.Addf(at, "%q is there twice", id)
		}
	}
}

type redeliverFailedInput struct{ RawBody []byte }

type redeliverFailedOutput struct{ Body deliveries.BulkRedelivery }

func (a *API) redeliverFailed(ctx context.Context, input *redeliverFailedInput) (*redeliverFailedOutput, error) {
	var asked RedeliveryFilter
	var filter deliveries.Filter
	err := decodeMessage(input.RawBody, func(body []byte) (err error) {
		filter, err = asked.decode(body)
		return err
	})
	if err != nil {
		return nil, err
	}
	if asked.DryRun {
		NoteNoAct(ctx)
	}
	NoteAct(ctx, func(entry *latch.AuditEntry) { entry.Webhook, entry.Event = asked.Webhook, asked.Event })
	bulk, err := a.deliveries.RedeliverFailed(ctx, filter, asked.Cursor, asked.Limit, asked.DryRun)
	if err != nil {
		return nil, err
	}
	return &redeliverFailedOutput{*bulk}, nil
}

type deliveryQueueInput struct {
	ID string `path:"id" maxLength:"1000" doc:"The workflow's id"`
}

type deliveryQueueOutput struct{ Body deliveries.QueueState }

func (a *API) getDeliveryQueue(ctx context.Context, input *deliveryQueueInput) (*deliveryQueueOutput, error) {
	state, err := a.deliveries.Queue(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	return &deliveryQueueOutput{*state}, nil
}
