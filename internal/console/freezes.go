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
				mayOverride(&freeze.Freeze), piece.Text(freeze.ManagedBy), piece.When(freeze.UpdatedAt)}})
	}
	return show("Freezes", "freezes", list), nil
}

// freezeState says whether a freeze is in force, since when, and when it ends.
func freezeState(state *latch.FreezeState) piece.Cell {
	switch {
	case state == nil:
		return piece.Cell{Text: "cannot be read", Status: "bad"}
	case !state.InForce:
		return piece.Text("not in force")
	}
	cell, since := piece.Cell{Text: "in force", Status: "wait"}, "since "+state.Since.UTC().Format("2006-01-02 15:04 MST")
	if state.Until.IsZero() {
		return cell.With(since + ", for good")
	}
	return cell.WithTime(since+"; ends", state.Until)
}

func nextWindow(state *latch.FreezeState) piece.Cell {
	if state == nil || state.Next == nil {
		return piece.Text("")
	}
	cell := piece.When(state.Next.Since)
	if state.Next.Until.IsZero() {
		return cell.With("for good")
	}
	return cell.WithTime("ends", state.Next.Until)
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

// mayOverride says who may remove a freeze's lock.
func mayOverride(freeze *latch.Freeze) piece.Cell {
	if !freeze.MayOverride() {
		return piece.Text("nobody")
	}
	cell := piece.Text(strings.Join(append(append([]string{}, freeze.Override.Groups...), freeze.Override.Users...), ", "))
	if freeze.Override.Reason {
		return cell.With("with a reason")
	}
	return cell
}
