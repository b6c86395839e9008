package console

import (
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/console/piece"
)

// freezesPath is the path of the list of freezes.
const freezesPath = rootPath + "freezes"

// freezes lists the freezes of the task queue.
func (v *visit) freezes() (*answer, error) {
	var listed api.Freezes
	if err := v.api.Freezes(v.request.Context(), &listed); err != nil {
		return nil, err
	}
	list := piece.List{ID: "freezes", Name: "Freezes",
		Columns: []string{"Freeze", "State", "Next window", "Holds", "May override", "Declared by", "Changed"},
		Count:   piece.Count(len(listed.Freezes), len(listed.Freezes), false),
		Empty:   "There are none yet. Register one with starter freeze apply, or over the API."}
	for i := range listed.Freezes {
		freeze := &listed.Freezes[i]
		list.Rows = append(list.Rows, piece.Row{Key: freeze.ID,
			Cells: []piece.Cell{piece.Text(freeze.ID), freezeState(freeze.State), nextWindow(freeze.State), heldBy(&freeze.Freeze),
				piece.Text(mayOverride(&freeze.Freeze)), piece.Text(freeze.ManagedBy), piece.When(freeze.UpdatedAt)}})
	}
	return show("Freezes", "freezes", list), nil
}

// freezeState says whether a freeze is in force, and until when.
func freezeState(state *latch.FreezeState) piece.Cell {
	const layout = "2006-01-02 15:04 MST"
	switch {
	case state == nil:
		return piece.Text("cannot be read")
	case !state.InForce:
		return piece.Text("not in force")
	case state.Until.IsZero():
		return piece.Text("in force").With("since " + state.Since.UTC().Format(layout) + ", for good")
	default:
		return piece.Text("in force").With("since " + state.Since.UTC().Format(layout) + ", until " + state.Until.UTC().Format(layout))
	}
}

func nextWindow(state *latch.FreezeState) piece.Cell {
	if state == nil || state.Next == nil {
		return piece.Text("")
	}
	return piece.When(state.Next.Since)
}

// heldBy says which releases a freeze holds.
func heldBy(freeze *latch.Freeze) piece.Cell {
	cell := piece.Text("all releases")
	if freeze.When != "" {
		cell = piece.Code(freeze.When)
	}
	if freeze.Holds() {
		return cell.With("also those under way")
	}
	return cell
}

func mayOverride(freeze *latch.Freeze) string {
	if !freeze.MayOverride() {
		return "nobody"
	}
	return strings.Join(append(append([]string{}, freeze.Override.Groups...), freeze.Override.Users...), ", ")
}
