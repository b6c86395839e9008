package console

import (
	"cmp"

	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/console/piece"
	"github.com/latch-run/latch/internal/runs"
)

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
	filter := v.runFilter()
	var part runs.ReleasePart
	if err := v.api.Releases(v.request.Context(), filter, v.query.Get("cursor"), pageLimit, &part); err != nil {
		return nil, err
	}
	var rows []piece.Row
	for i := range part.Releases {
		rows = append(rows, v.releaseRow(&part.Releases[i]))
	}
	data := releaseList{Start: v.mayStart(), Filters: runFilters(filter, "a part of the id or the title", runs.ReleaseStatuses),
		Releases: v.pageOfRuns("Releases", part.NextCursor, part.Count, rows)}
	data.Releases.Columns = []string{"Release", "Status", "Now", "Began", "Ended"}
	data.Releases.Empty = emptyReleases(filter)
	data.Releases.Lag = "Those that run first. A release shows here a moment after its start."
	made := show("Releases", "releases", data)
	made.said = "The list of releases has changed"
	return made, nil
}

// emptyReleases says why no releases are listed.
func emptyReleases(filter apiclient.RunFilter) string {
	if filter.Status+filter.Since+filter.Search != "" {
		return "No release is found that the filter takes."
	}
	return "There is no release that Temporal knows of. Start one with starter start, or over the API."
}

func (v *visit) releaseRow(row *runs.ReleaseRow) piece.Row {
	name := piece.Link(cmp.Or(row.Title, row.ID), v.link(releasePath(row.WorkflowID)))
	if row.Title != "" {
		name = name.With(row.ID)
	}
	return piece.Row{Key: row.RunID, Cells: []piece.Cell{name, runStatus(row.Status, &row.RunRow), runNow(&row.RunRow, row.Step),
		piece.When(row.StartedAt), piece.When(row.ClosedAt)}}
}
