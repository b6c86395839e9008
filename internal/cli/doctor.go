package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"
)

func (a *app) doctorCommand() *cobra.Command {
	return needsTemporal(&cobra.Command{Use: "doctor", Short: "Check the connection to Temporal, and the settings of the worker and the API", Args: cobra.NoArgs,
		Long: `Check what Latch needs: whether Temporal answers and has the namespace, which of
Latch's search attributes it knows, whether registered jobs and webhooks can be
read, and whether a worker polls the task queue. Run with a worker's environment
it checks the worker's settings too, and names the secrets that may go to any
host. Each finding comes with the command or the setting that mends it.

Nothing is changed, nothing is sent to a receiver, and no secret's value is shown.
It exits 0 when nothing is wrong, 1 when something is, 3 when Temporal is out of
reach.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context()) }})
}

// How a finding is meant.
const (
	findingOK = "ok"
	// findingNote is worth knowing, and makes nothing fail.
	findingNote  = "note"
	findingWrong = "wrong"
)

// A finding is one thing that was looked at.
type finding struct {
	// Check names what was looked at.
	Check string `json:"check"`
	// Status is ok, note or wrong.
	Status  string `json:"status"`
	Message string `json:"message"`
	// Fix is the command or the setting that mends it.
	Fix string `json:"fix,omitempty"`
}

// A diagnosis is all that was found.
type diagnosis struct {
	findings []finding
	// unreachable says that Temporal did not answer.
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

// doctor looks at everything and prints what it found.
func (a *app) doctor(ctx context.Context) error {
	d := &diagnosis{findings: []finding{}}
	a.examineTemporal(ctx, d)
	if interrupted(ctx) {
		return ctx.Err()
	}
	a.examineSettings(d)
	a.printDiagnosis(d)
	switch {
	case d.unreachable:
		return silent(exitUnreachable)
	case d.wrong():
		return silent(exitFailed)
	default:
		return nil
	}
}

func (a *app) printDiagnosis(d *diagnosis) {
	if a.json() {
		a.printJSON(map[string]any{"ok": !d.wrong(), "findings": d.findings})
		return
	}
	colours := map[string]string{findingOK: green, findingNote: yellow, findingWrong: red}
	for _, each := range d.findings {
		status := cell{each.Status, colours[each.Status]}.show(a.colour())
		a.printf("%s%s  %s: %s\n", status, strings.Repeat(" ", len(findingWrong)-len(each.Status)), each.Check, printable(each.Message))
		if each.Fix != "" {
			a.printf("       fix: %s\n", printable(each.Fix))
		}
	}
}
