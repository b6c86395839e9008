package cli

import (
	"fmt"
	"strings"

	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/declared"
)

// An applied is what --output json prints.
type applied struct {
	DryRun  bool               `json:"dry_run"`
	Changes []*declared.Change `json:"changes"`
	// Kept are the registered items that no file declares and that apply did not write for the
	// owner.
	Kept    []keptThing    `json:"kept,omitempty"`
	Summary map[string]int `json:"summary"`
	Error   *failure.Error `json:"error,omitempty"`
}

type keptThing struct {
	Kind declared.Kind `json:"kind"`
	ID   string        `json:"id"`
}

// actions are all actions, in the order of the summary.
var actions = []string{declared.Created, declared.Updated, declared.Removed, declared.Unchanged}

func newApplied(plan *declared.Plan, changes []*declared.Change, dryRun bool) *applied {
	report := &applied{DryRun: dryRun, Changes: changes, Summary: map[string]int{}}
	for _, action := range actions {
		report.Summary[action] = 0
	}
	for _, change := range changes {
		report.Summary[change.Action]++
	}
	for _, kept := range plan.Kept {
		report.Kept = append(report.Kept, keptThing{kept.Kind, kept.ID})
	}
	return report
}

// foretell prints what a plan would do. If that is not nothing, it returns an error with a
// separate exit code.
func foretell(out *output.Printer, plan *declared.Plan) error {
	printApplied(out, newApplied(plan, plan.Changes, true))
	if plan.Differs() {
		return failure.Silent(failure.ExitDiffers)
	}
	return nil
}

// reportApplied prints what was done. If the plan failed, it returns the error with how many
// changes were made.
func reportApplied(out *output.Printer, plan *declared.Plan, done map[*declared.Change]bool, err error) error {
	changes := []*declared.Change{}
	for _, change := range plan.Changes {
		if done[change] || change.Action == declared.Unchanged {
			changes = append(changes, change)
		}
	}
	report := newApplied(plan, changes, false)
	if err == nil {
		printApplied(out, report)
		return nil
	}
	failed := *failure.Explain(err)
	failed.Text += fmt.Sprintf("\n%d of %d changes were made before this; apply the files again once it is right",
		len(done), len(plan.Changes)-plan.Count(declared.Unchanged))
	if report.Error = &failed; out.JSON {
		failed.Printed = true
	}
	printApplied(out, report)
	return &failed
}

func printApplied(out *output.Printer, report *applied) {
	if out.JSON {
		out.Value(report)
		return
	}
	for _, change := range report.Changes {
		if change.Action == declared.Unchanged {
			continue
		}
		out.Printf("%s\n", changeLine(out, change, report.DryRun))
		for _, field := range change.Fields {
			out.Printf("  %s\n", fieldLine(out, field))
		}
	}
	for _, kept := range report.Kept {
		out.Notef("kept %s %s: no file declares it, and apply did not write it for this owner; --prune-all removes it", kept.Kind, output.OneLine(kept.ID))
	}
	if report.Error == nil {
		out.Printf("%s\n", summary(report))
	}
}

// changeLine returns a change in one line.
func changeLine(out *output.Printer, change *declared.Change, dryRun bool) string {
	colour := map[string]output.Colour{declared.Created: output.Green, declared.Updated: output.Yellow, declared.Removed: output.Red}[change.Action]
	line := fmt.Sprintf("%s  %s %s", out.Show(colour.In(wording(change.Action, dryRun))), change.Kind, output.OneLine(change.ID))
	if change.Title != "" {
		line += "  " + output.OneLine(change.Title)
	}
	return line
}

// fieldLine returns the change of a field: + for an added one, - for a removed one, ~ for a
// changed one.
func fieldLine(out *output.Printer, field declared.FieldChange) string {
	sign, colour := "~", output.Yellow
	switch {
	case field.From == nil:
		sign, colour = "+", output.Green
	case field.To == nil:
		sign, colour = "-", output.Red
	}
	var values []string
	for _, value := range [][]byte{field.From, field.To} {
		if value != nil {
			values = append(values, output.OneLine(string(value)))
		}
	}
	return out.Show(colour.In(sign+" "+output.OneLine(field.Field)+": ")) + strings.Join(values, " → ")
}

func summary(report *applied) string {
	var parts []string
	for _, action := range actions {
		if n := report.Summary[action]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, wording(action, report.DryRun)))
		}
	}
	return strings.Join(parts, ", ")
}
