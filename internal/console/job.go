package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/console/piece"
)

const (
	// runsLimit is the number of runs on one page of a job's list.
	runsLimit = 25
	// recordsLimit is the number of deliveries on a job's page.
	recordsLimit = 10
	// childrenLimit is the number of a sequence's jobs that a page shows with
	// more than their ids.
	childrenLimit = 30
)

// job is the data of the page of a job.
type job struct {
	Title    string
	Facts    piece.Facts
	Sequence piece.List
	// IsSequence is true if the job runs other jobs in order.
	IsSequence bool
	Durations  piece.Chart
	Runs       piece.List
	// Result is the result of the last run, and Output what its task returned.
	Result piece.Facts
	Output string
	// Records are the deliveries of the job's webhooks; Unread says why they
	// could not be read. Measured are the measurements in them.
	Records    []piece.Record
	Measured   []piece.Measurements
	Unread     string
	Webhooks   piece.List
	AddWebhook string
	Control    *piece.Form
	AddTag     *piece.Form
	RemoveTags []piece.Form
	Delete     *piece.Form
}

// A readJob is a job with all that its page shows.
type readJob struct {
	*apiclient.Job
	// id is the job's id, and whole the other keys that the page shows.
	id       string
	whole    jobDetails
	runs     *apiclient.JobRunPart
	records  []latch.Record
	unread   string
	children []*apiclient.Job
}

// jobDetails are further keys of a job that its page shows.
type jobDetails struct {
	Jobs     []json.RawMessage `json:"jobs"`
	Webhooks []jobWebhook      `json:"webhooks"`
	Warnings []api.Warning     `json:"warnings"`
}

// A jobWebhook is a job's webhook as the list shows it.
type jobWebhook struct {
	ID        json.Number `json:"id"`
	URL       string      `json:"url"`
	Method    string      `json:"method"`
	EventType string      `json:"event_type"`
	Enabled   *bool       `json:"enabled"`
}

// job shows a job: its schedule, its runs and their results, and its webhooks.
func (v *visit) job() (*answer, error) {
	read, err := v.readJob(!wantsStream(v.request))
	if err != nil {
		return nil, err
	}
	if wantsStream(v.request) {
		if err := v.addJobRecords(read); err != nil {
			return nil, err
		}
	}
	return v.jobPage(read), nil
}

// recordsEvery is how often a page that updates itself reads its deliveries
// again while the job's runs are unchanged. Reading them means asking every
// run.
const recordsEvery = 15 * time.Second

// jobRecords are the deliveries that a page that updates itself has read.
type jobRecords struct {
	// runs identifies the state of the job's runs at the time.
	runs    string
	at      time.Time
	records []latch.Record
	unread  string
}

// addJobRecords adds the deliveries to a job whose page updates itself. It
// reuses those that were read before while nothing has changed.
func (v *visit) addJobRecords(read *readJob) error {
	stand := fmt.Sprint(read.runs.Count)
	if len(read.runs.Runs) > 0 {
		stand += read.runs.Runs[0].RunID + read.runs.Runs[0].Status
	}
	if known := v.records; known == nil || known.runs != stand || v.now.Sub(known.at) >= recordsEvery {
		if err := v.readRecords(v.request.Context(), read); err != nil {
			return err
		}
		v.records = &jobRecords{stand, v.now, read.records, read.unread}
	}
	read.records, read.unread = v.records.records, v.records.unread
	return nil
}

// readRecords reads the deliveries of a job's webhooks. If the API refuses, it
// keeps the reason.
func (v *visit) readRecords(ctx context.Context, read *readJob) error {
	var part struct{ Records []latch.Record }
	err := v.api.Deliveries(ctx, apiclient.DeliveryFilter{Job: read.id, Limit: recordsLimit}, &part)
	var problem *apiclient.Problem
	if errors.As(err, &problem) {
		read.unread, err = problem.Error(), nil
	}
	read.records = part.Records
	return err
}

// readJob reads a job and its runs concurrently and, if whole is true, the
// deliveries of its webhooks and the jobs of a sequence.
func (v *visit) readJob(whole bool) (*readJob, error) {
	ctx := v.request.Context()
	read := &readJob{id: v.path("id")}
	described, raw, err := v.api.Job(ctx, read.id)
	if err != nil {
		return nil, err
	}
	read.Job = described
	if err := json.Unmarshal(raw, &read.whole); err != nil {
		read.whole.Webhooks = nil // in a format that is not known here
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		read.runs, err = v.api.JobRuns(ctx, read.id, v.query.Get("cursor"), runsLimit)
		return err
	})
	if whole {
		group.Go(func() error { return v.readRecords(ctx, read) })
		v.readChildren(group, read)
	}
	return read, group.Wait()
}

// readChildren reads the jobs of a sequence.
func (v *visit) readChildren(group *errgroup.Group, read *readJob) {
	read.children = make([]*apiclient.Job, min(len(read.whole.Jobs), childrenLimit))
	for i := range read.children {
		group.Go(func() error {
			child, err := v.childOf(read.whole.Jobs[i])
			read.children[i] = child
			return err
		})
	}
}

// childOf reads one job of a sequence: a registered job given by its id, or a
// job defined in place.
func (v *visit) childOf(raw json.RawMessage) (*apiclient.Job, error) {
	inline := new(apiclient.Job)
	if len(raw) > 0 && raw[0] == '{' {
		return inline, json.Unmarshal(raw, inline)
	}
	if err := json.Unmarshal(raw, &inline.ID); err != nil {
		return inline, nil
	}
	found, _, err := v.api.Job(v.request.Context(), string(inline.ID))
	var problem *apiclient.Problem
	if errors.As(err, &problem) && problem.Status == http.StatusNotFound {
		return inline, nil
	}
	return found, err
}

func (v *visit) jobPage(read *readJob) *answer {
	title := jobTitle(read.Job)
	data := job{Title: title, Facts: v.jobFacts(read), Durations: durationsOf(read.runs.Runs), Runs: v.runList(read),
		IsSequence: len(read.whole.Jobs) > 0, Sequence: v.sequenceOf(read), Unread: read.unread,
		Webhooks: v.jobWebhooks(read)}
	data.Result, data.Output = resultOf(read)
	for i := range read.records {
		data.Records = append(data.Records, piece.RecordOf(fmt.Sprint("record-", i), read.records[i]))
	}
	data.Measured = piece.TakeMeasured(data.Records)
	if v.may(api.RoleRun) {
		data.Control = v.jobControl(read)
	}
	if v.may(api.RoleAdmin) {
		data.AddWebhook = v.link(jobsPath + "/" + segment(read.id) + "/webhooks/new")
		data.addForms(v, read)
	}
	made := show(title, "job", data)
	made.said = title + ": " + jobState(read)
	return made
}

// jobState returns the status of the last run in a word.
func jobState(read *readJob) string {
	if read.Status == nil {
		return "never ran"
	}
	return read.Status.Status()
}

func (v *visit) jobFacts(read *readJob) piece.Facts {
	var facts piece.Facts
	facts.Add("Job", piece.Text(read.id))
	facts.Add("Name", piece.Text(read.Name))
	facts.Add("Type", piece.Text(read.Type))
	facts.Add("Runs", jobTimes(read.Job))
	for i, next := range read.NextTimes {
		facts.Add([]string{"Next", "Then"}[min(i, 1)], piece.When(next))
	}
	facts.Add("Last run", lastRun(read.Status))
	facts.Add("Tags", tagsCell(read.Tags))
	for _, warning := range read.whole.Warnings {
		facts.Add("Probably not meant", piece.Text(warning.Path+": "+warning.Message))
	}
	facts.Add("Made", piece.When(read.CreatedAt))
	facts.Add("Changed", piece.When(read.UpdatedAt))
	return facts
}

// resultOf returns the result of the last run and what its task returned.
func resultOf(read *readJob) (facts piece.Facts, output string) {
	run := read.Status
	if run == nil {
		return nil, ""
	}
	facts.Add("Status", piece.Status(run.Status()))
	if run.Error != "" {
		facts.Add("Error", piece.Cell{Text: run.Error, Status: "bad"})
	}
	if run.ReturnCode != nil {
		facts.Add("Return code", piece.Text(fmt.Sprint(*run.ReturnCode)))
	}
	facts.Add("Began", piece.When(run.StartedAt))
	facts.Add("Ended", piece.When(run.CompletedAt))
	return facts, piece.Object(run.KVP)
}

// durationsOf charts the durations of the runs that ended, the oldest first.
func durationsOf(listed []apiclient.JobRun) piece.Chart {
	chart := piece.Chart{ID: "durations", Name: "How long its runs took", Spans: true, Series: []piece.Series{{Name: "took"}}, Empty: "No run has ended yet."}
	for _, run := range slices.Backward(listed) {
		if run.CompletedAt.IsZero() {
			continue
		}
		tone := "bad"
		if run.Status == latch.JobSucceeded {
			tone = "good"
		}
		chart.Points = append(chart.Points, piece.Point{At: run.StartedAt.Time, Values: []float64{float64(run.DurationMS)}, Tone: tone})
	}
	return chart
}

func (v *visit) runList(read *readJob) piece.List {
	part, cursor := read.runs, v.query.Get("cursor")
	list := piece.List{ID: "runs", Name: "Runs", Columns: []string{"Began", "Status", "Took", "Run in Temporal"}, Empty: "It never ran, or so long ago that Temporal has forgotten it.",
		Count: piece.Count(len(part.Runs), part.Count, false), Lag: "A run shows here within moments of its start."}
	for _, run := range part.Runs {
		took := piece.Cell{}
		if !run.CompletedAt.IsZero() {
			took = piece.Text(piece.Span(run.DurationMS))
		}
		list.Rows = append(list.Rows, piece.Row{Key: run.RunID, Cells: []piece.Cell{piece.When(run.StartedAt),
			piece.Status(run.Status).With(run.Error), took, piece.Link(run.RunID, v.runURL(run.WorkflowID, run.RunID))}})
	}
	if cursor != "" {
		list.First = v.with("cursor", "")
	}
	if part.NextCursor != "" {
		list.Next = v.with("cursor", part.NextCursor)
	}
	return list
}

// sequenceOf lists the jobs of a sequence in the order in which they run.
func (v *visit) sequenceOf(read *readJob) piece.List {
	list := piece.List{ID: "sequence", Name: "Jobs of the sequence, in order", Columns: []string{"Order", "Job", "Last run"},
		Count: piece.Count(len(read.children), len(read.whole.Jobs), false)}
	for i, child := range read.children {
		cell := piece.Text(jobTitle(child)).With(string(child.ID))
		if raw := read.whole.Jobs[i]; len(raw) > 0 && raw[0] != '{' {
			cell.Href = v.jobLink(string(child.ID))
			if child.CreatedAt.IsZero() {
				cell = piece.Cell{Text: string(child.ID), Status: "bad", Note: "not registered"}
			}
		}
		last := lastRun(child.Status)
		if cell.Href == "" {
			last = piece.Cell{}
		}
		list.Rows = append(list.Rows, piece.Row{Key: fmt.Sprint(i + 1), Cells: []piece.Cell{piece.Text(fmt.Sprint(i + 1)), cell, last}})
	}
	return list
}

func (v *visit) jobWebhooks(read *readJob) piece.List {
	hooks := read.whole.Webhooks
	list := piece.List{ID: "webhooks", Name: "Webhooks", Columns: []string{"Webhook", "Event", "URL", "Enabled"}, Empty: "The job has no webhook.",
		Count: piece.Count(len(hooks), len(hooks), false)}
	for _, hook := range hooks {
		id, enabled := hook.ID.String(), piece.Status("enabled")
		if hook.Enabled != nil && !*hook.Enabled {
			enabled = piece.Status("disabled")
		}
		list.Rows = append(list.Rows, piece.Row{Key: id, Cells: []piece.Cell{
			piece.Link("Webhook "+id, v.link(jobsPath+"/"+segment(read.id)+"/webhooks/"+segment(id))),
			piece.Text(hook.EventType), piece.Code(hook.Method + " " + hook.URL), enabled}})
	}
	return list
}
