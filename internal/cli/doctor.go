package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
)

func doctorCommand(e *env) *cobra.Command {
	return remoteNeeding(e, serverOf, &cobra.Command{Use: "doctor", Short: "Check the connection to Temporal, and the settings of the worker and the API", Args: cobra.NoArgs,
		Long: `Check what Latch needs: whether Temporal answers and has the namespace, which of
Latch's search attributes it knows, whether registered jobs and webhooks can be
read, whether a worker polls the task queue, and whether the server's clock and this
machine's agree, by a poll of a task queue that only it knows. Run with a worker's
environment it checks the worker's settings too, and names the secrets that may go to
any host. Each finding comes with the command or the setting that mends it.

Nothing is changed, nothing is sent to a receiver, and no secret's value is shown.
It exits 0 when nothing is wrong, 1 when something is, 3 when Temporal is out of
reach.`},
		func(ctx context.Context, open opener, _ []string) error { return runDoctor(ctx, open, e) })
}

// The statuses of a finding.
const (
	findingOK = "ok"
	// findingNote is information, and not a failure.
	findingNote  = "note"
	findingWrong = "wrong"
)

// A finding is the result of one check.
type finding struct {
	// Check names the check.
	Check string `json:"check"`
	// Status is ok, note or wrong.
	Status  string `json:"status"`
	Message string `json:"message"`
	// Fix is the command or the setting that fixes the problem.
	Fix string `json:"fix,omitempty"`
}

// A diagnosis is the list of all findings.
type diagnosis struct {
	findings []finding
	// unreachable reports that Temporal did not answer.
	unreachable bool
}

func (d *diagnosis) add(check, status, message, fix string) {
	d.findings = append(d.findings, finding{check, status, message, fix})
}

func (d *diagnosis) wrong() bool {
	for _, each := range d.findings {
		if each.Status == findingWrong {
			return true
		}
	}
	return false
}

// runDoctor makes all checks and prints the findings.
func runDoctor(ctx context.Context, open opener, e *env) error {
	d := &diagnosis{findings: []finding{}}
	if err := examineTemporal(ctx, open, e, d); err != nil {
		return err
	}
	if failure.IsInterrupted(ctx) {
		return ctx.Err()
	}
	examineSettings(e, d)
	printDiagnosis(e.out, d)
	switch {
	case d.unreachable:
		return failure.Silent(failure.ExitUnreachable)
	case d.wrong():
		return failure.Silent(failure.ExitFailed)
	default:
		return nil
	}
}

func printDiagnosis(out *output.Printer, d *diagnosis) {
	if out.JSON {
		out.Value(map[string]any{"ok": !d.wrong(), "findings": d.findings})
		return
	}
	colours := map[string]output.Colour{findingOK: output.Green, findingNote: output.Yellow, findingWrong: output.Red}
	for _, each := range d.findings {
		status := out.Show(colours[each.Status].In(each.Status))
		out.Printf("%s%s  %s: %s\n", status, strings.Repeat(" ", len(findingWrong)-len(each.Status)), each.Check, output.Printable(each.Message))
		if each.Fix != "" {
			out.Printf("       fix: %s\n", output.Printable(each.Fix))
		}
	}
}
