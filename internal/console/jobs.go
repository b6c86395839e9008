package console

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/console/piece"
	"github.com/latch-run/latch/internal/cron"
	"github.com/latch-run/latch/internal/locklink"
)

// jobsPath is the path of the registered jobs. A job's page is below it.
const jobsPath = locklink.JobsPath

// jobsLimit is the number of jobs on one page of the list.
const jobsLimit = 50

// jobs is the data of the page of registered jobs.
type jobs struct {
	Filters piece.Form
	Jobs    piece.List
}

// jobs lists the registered jobs, a page at a time.
func (v *visit) jobs() (*answer, error) {
	filter := apiclient.JobFilter{Search: v.query.Get("search"), Tag: v.query.Get("tag"), Status: v.query.Get("status"), Paused: v.query.Get("paused") == "true"}
	offset, refused := v.offset()
	if refused != nil {
		return refused, nil
	}
	part, err := v.api.SearchJobs(v.request.Context(), filter, offset, jobsLimit)
	if err != nil {
		return nil, err
	}
	list := piece.List{ID: "jobs", Name: "Jobs", Count: countFrom(offset, len(part.Jobs), part.Pagination.Count),
		Columns: []string{"Job", "Runs", "Next", "Last run", "Tags"}, Empty: emptyJobs(filter),
		Lag: "The oldest first. A job that another process changed, and a run, show here within moments."}
	var tags []string
	for i := range part.Jobs {
		list.Rows = append(list.Rows, v.jobRow(&part.Jobs[i]))
		tags = append(tags, part.Jobs[i].Tags...)
	}
	if offset > 0 {
		list.First = v.with("offset", "")
	}
	if part.Pagination.MorePages {
		list.Next = v.with("offset", strconv.Itoa(offset+jobsLimit))
	}
	slices.Sort(tags)
	return show("Jobs", "jobs", jobs{Filters: jobFilters(filter, slices.Compact(tags)), Jobs: list}), nil
}

// emptyJobs says why no jobs are listed.
func emptyJobs(filter apiclient.JobFilter) string {
	if filter != (apiclient.JobFilter{}) {
		return "No job is registered that the filter takes."
	}
	return "No job is registered yet. Register one with starter job apply, or over the API."
}

// countFrom says which entries of how many are shown.
func countFrom(offset, shown, total int) string {
	if offset == 0 || shown == 0 {
		return piece.Count(shown, total, false)
	}
	return fmt.Sprintf("%d to %d of %d", offset+1, offset+shown, total)
}

func jobFilters(filter apiclient.JobFilter, tags []string) piece.Form {
	paused := ""
	if filter.Paused {
		paused = "true"
	}
	return piece.Form{ID: "filter", Groups: []piece.Group{{Fields: []piece.Field{
		{Name: "search", Label: "Search", Kind: piece.KindSearch, Value: filter.Search, Help: "part of the name or title"},
		{Name: "tag", Label: "Tag", Value: filter.Tag, Options: piece.Options(tags...)},
		{Name: "status", Label: "Last run", Kind: piece.KindSelect, Value: filter.Status, Options: []piece.Option{{Value: "", Label: "any"},
			{Value: latch.JobFailed, Label: "failing: it did not succeed"}, {Value: latch.JobSucceeded, Label: latch.JobSucceeded},
			{Value: latch.JobRunning, Label: "running now"}, {Value: latch.JobCancelled, Label: latch.JobCancelled}, {Value: "never", Label: "never ran"}}},
		{Name: "paused", Label: "Paused jobs only", Kind: piece.KindCheck, Value: paused},
	}}}, Buttons: []piece.Button{{Name: "show", Label: "Filter"}}}
}

// jobRow shows a job: when it runs by itself, and how its last run ended.
func (v *visit) jobRow(job *apiclient.Job) piece.Row {
	id := string(job.ID)
	return piece.Row{Key: id, Cells: []piece.Cell{
		piece.Link(jobTitle(job), v.jobLink(id)).With(id), jobTimes(job), piece.When(job.NextTime), lastRun(job.Status), tagsCell(job.Tags)}}
}

func (v *visit) jobLink(id string) string { return v.link(jobsPath + "/" + segment(id)) }

// jobTitle returns the job's title, or else its name or its id.
func jobTitle(job *apiclient.Job) string { return cmp.Or(job.Title, job.Name, "Job "+string(job.ID)) }

// jobTimes says when a job runs by itself.
func jobTimes(job *apiclient.Job) piece.Cell {
	switch words := cron.Words(job.Schedule.Latch()); {
	case job.CannotRun != nil && *job.CannotRun:
		return piece.Cell{Text: "cannot run", Status: "bad"}
	case job.Paused != nil && *job.Paused:
		return piece.Status("paused").With(words)
	case words == "":
		return piece.Text("when it is started")
	default:
		return piece.Text(words)
	}
}

// lastRun says how and when a job's last run ended.
func lastRun(run *apiclient.Run) piece.Cell {
	switch {
	case run == nil:
		return piece.Text("never ran")
	case run.CompletedAt.IsZero():
		return piece.Status(run.Status()).WithTime("since", run.StartedAt)
	default:
		return piece.Status(run.Status()).WithTime("", run.CompletedAt)
	}
}

func tagsCell(tags []string) piece.Cell { return piece.Text(strings.Join(tags, ", ")) }
