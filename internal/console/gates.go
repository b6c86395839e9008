package console

import (
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/approval"
	"github.com/latch-run/latch/internal/console/piece"
	"github.com/latch-run/latch/internal/runs"
)

const gatesPath = rootPath + "gates"

// gateList is the data of the list of gates.
type gateList struct {
	Filters piece.Form
	Gates   piece.List
}

// gates lists gates, open and decided.
func (v *visit) gates() (*answer, error) {
	filter := v.runFilter()
	var part runs.GatePart
	if err := v.api.Gates(v.request.Context(), filter, v.query.Get("cursor"), pageLimit, &part); err != nil {
		return nil, err
	}
	var rows []piece.Row
	for i := range part.Gates {
		rows = append(rows, v.gateRow(&part.Gates[i]))
	}
	data := gateList{Filters: runFilters(filter, "a part of the id or the event", runs.GateStatuses),
		Gates: v.pageOfRuns("Gates", part.NextCursor, part.Count, rows)}
	data.Gates.Columns = []string{"Gate", "Status", "Now", "Decides", "Began", "Ended", "Run"}
	data.Gates.Empty = emptyGates(filter)
	data.Gates.Lag = "Those that are open first. A gate shows here a moment after its start."
	made := show("Gates", "gates", data)
	made.said = "The list of gates has changed"
	return made, nil
}

// emptyGates says why no gates are listed.
func emptyGates(filter apiclient.RunFilter) string {
	if filter.Status+filter.Since+filter.Search != "" {
		return "No gate is found that the filter takes."
	}
	return "There is no gate that Temporal knows of. Ask one with starter gate, or over the API."
}

func (v *visit) gateRow(row *runs.GateRow) piece.Row {
	name := piece.Link(row.ID, v.link(gatePath(row.WorkflowID))).With(row.Event)
	return piece.Row{Key: row.RunID, Cells: []piece.Cell{name, runStatus(row.Status, &row.RunRow), runNow(&row.RunRow, ""), v.decider(row),
		piece.When(row.StartedAt), piece.When(row.ClosedAt), piece.Link(row.WorkflowID, v.runURL(row.WorkflowID, row.RunID))}}
}

// decider names who decides about a gate, with a link to the first lock that it
// waits for, or who or what has decided.
func (v *visit) decider(row *runs.GateRow) piece.Cell {
	by := row.DecidedBy
	switch {
	case len(row.Locks) > 0:
		lock := &row.Locks[0]
		link := v.lockLink(lock)
		link.Text += andMore(len(row.Locks) - 1)
		var needs []string
		for _, missing := range lock.Missing {
			needs = append(needs, "needs "+approval.WhoOf(missing.Groups, missing.Users, missing.Count))
		}
		return link.With(strings.Join(needs, ", "))
	case by == nil:
		return piece.Cell{}
	case by.By == "":
		return piece.Text(by.Webhook)
	default:
		return piece.Text(by.Person()).With(by.Webhook)
	}
}

// gatePath returns the path of a gate's page.
func gatePath(workflowID string) string { return runPath(latch.GateKind, workflowID) }
