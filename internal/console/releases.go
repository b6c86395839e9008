package console

import (
	"cmp"
	"fmt"

	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/console/piece"
	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/runs"
)

// releasesLimit is about how many releases one page of the list shows.
const releasesLimit = 50

// releaseList is the data of the list of releases.
type releaseList struct {
	Filters  piece.Form
	Releases piece.List
	// Start is the address of the page that starts a release; "" for callers
	// who may not.
	Start string
}

// releases lists releases, running and closed.
func (v *visit) releases() (*answer, error) {
	filter := apiclient.ReleaseFilter{Status: v.query.Get("status"), Since: v.query.Get("since"), Search: v.query.Get("search"), Count: true}
	cursor := v.query.Get("cursor")
	var part runs.ReleasePart
	if err := v.api.Releases(v.request.Context(), filter, cursor, releasesLimit, &part); err != nil {
		return nil, err
	}
	total := piece.Unknown
	if part.Count != nil {
		total = max(int(*part.Count), len(part.Releases)) // the count may lag behind the list
	}
	count := piece.Count(len(part.Releases), total, part.NextCursor != "" || cursor != "")
	data := releaseList{Start: v.mayStart(), Filters: releaseFilters(filter), Releases: piece.List{ID: "list", Name: "Releases", Count: count,
		Columns: []string{"Release", "Status", "Now", "Began", "Ended"}, Empty: emptyReleases(filter),
		Lag: "Those that run first. A release shows here a moment after its start."}}
	for i := range part.Releases {
		data.Releases.Rows = append(data.Releases.Rows, v.releaseRow(&part.Releases[i]))
	}
	if cursor != "" {
		data.Releases.First = v.with("cursor", "")
	}
	if part.NextCursor != "" {
		data.Releases.Next = v.with("cursor", part.NextCursor)
	}
	made := show("Releases", "releases", data)
	made.said = "The list of releases has changed"
	return made, nil
}

// emptyReleases says why no releases are listed.
func emptyReleases(filter apiclient.ReleaseFilter) string {
	if filter.Status+filter.Since+filter.Search != "" {
		return "No release is found that the filter takes."
	}
	return "There is no release that Temporal knows of. Start one with starter start, or over the API."
}

func releaseFilters(filter apiclient.ReleaseFilter) piece.Form {
	return piece.Form{ID: "filter", Groups: []piece.Group{{Fields: []piece.Field{
		{Name: "search", Label: "Search", Kind: piece.KindSearch, Value: filter.Search, Help: "a part of the id or the title"},
		{Name: "status", Label: "Status", Kind: piece.KindSelect, Value: filter.Status, Options: append([]piece.Option{{Label: "any"}}, piece.Options(runs.ReleaseStatuses...)...)},
		{Name: "since", Label: "Began since", Value: filter.Since, Help: "a duration back from now, such as 24h, or a time"},
	}}}, Buttons: []piece.Button{{Name: "show", Label: "Filter"}}}
}

// releasePath returns the path of a release's page.
func releasePath(workflowID string) string { return locklink.ReleasesPath + "/" + segment(workflowID) }

func (v *visit) releaseRow(row *runs.ReleaseRow) piece.Row {
	name := piece.Link(cmp.Or(row.Title, row.ID), v.link(releasePath(row.WorkflowID)))
	if row.Title != "" {
		name = name.With(row.ID)
	}
	now := piece.Text(row.Phase)
	switch {
	case len(row.WaitsFor) > 0:
		now = piece.Text("waits for "+row.WaitsFor[0].Webhook).WithTime("at "+row.WaitsFor[0].Event+", since", row.WaitsFor[0].Since)
		if more := len(row.WaitsFor) - 1; more > 0 {
			now.Text += fmt.Sprintf(" and %d more", more)
		}
	case row.Reason != "":
		now = piece.Text(row.Reason)
	case row.Step != "":
		now = now.With("step " + row.Step)
	}
	status := piece.Status(row.Status)
	if row.Partial {
		status = status.With(partialRelease(row))
	}
	return piece.Row{Key: row.RunID, Cells: []piece.Cell{name, status, now, piece.When(row.StartedAt), piece.When(row.ClosedAt)}}
}

// partialRelease says what is missing of a release whose run could not be read
// in full, and why.
func partialRelease(row *runs.ReleaseRow) string {
	if row.ClosedAt.IsZero() {
		return "partial: no worker reported its progress in time"
	}
	return "partial: its result cannot be read here"
}
