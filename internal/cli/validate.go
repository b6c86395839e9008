package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/spec"
	"github.com/latch-run/latch/internal/typo"
)

func (a *app) validateCommand() *cobra.Command {
	var kind string
	command := &cobra.Command{Use: "validate FILE...", Short: "Check job, release, emission and webhook files, without a server", Args: cobra.MinimumNArgs(1),
		Long: `Check files without a server and list all that is wrong with each, one problem a
line as FILE: path: message (line, column). Warnings, of what is allowed and
probably not meant, bear the word warning and do not make a file invalid. What a
file describes is told by its keys: a release has steps, a job has a task or
jobs, an emission has an event, a webhook that is to stand by itself has a url
or events, tests of rules have tests. A file may hold several, as YAML documents,
as a list, or as the list of webhooks that the API shows. Of a job with a cron
expression the next three times are told. Whether a worker holds the secrets,
reaches the addresses and serves the task queues only a run can tell.`,
		RunE: func(_ *cobra.Command, args []string) error { return a.validate(args, spec.Kind(kind)) }}
	command.Flags().StringVar(&kind, "kind", "", "what the files describe: "+strings.Join(kindNames(), ", "))
	return command
}

// report of one file, as --output json prints it.
type fileReport struct {
	File     string          `json:"file"`
	Kind     spec.Kind       `json:"kind,omitempty"`
	Valid    bool            `json:"valid"`
	Problems []latch.Problem `json:"problems"`
	Warnings []latch.Problem `json:"warnings"`
	// NextTimes are the next three times of a job with a cron expression.
	NextTimes []latch.Time `json:"next_times,omitempty"`
}

func (a *app) validate(files []string, kind spec.Kind) error {
	if kind != "" && !slices.Contains(spec.Kinds, kind) {
		return usageError(fmt.Errorf("--kind is one of %s, not %q%s", strings.Join(kindNames(), ", "), kind, typo.Hint(string(kind), kindNames())))
	}
	code := exitOK
	reports := []fileReport{}
	for _, file := range files {
		for _, input := range a.checkAll(file, kind) {
			if len(input.problems) > 0 {
				code = exitUsage
			}
			if !a.json() {
				a.printChecked(input)
			}
			reports = append(reports, fileReport{File: input.file, Kind: input.kind, Valid: len(input.problems) == 0,
				Problems: append([]latch.Problem{}, input.problems...), Warnings: append([]latch.Problem{}, input.warnings...), NextTimes: latchTimes(input.next)})
		}
	}
	if a.json() {
		a.printJSON(map[string]any{"valid": code == exitOK, "files": reports})
	}
	if code != exitOK {
		return silent(code)
	}
	return nil
}

// printChecked lists what is wrong and doubtful in a file, or that it is valid.
func (a *app) printChecked(input *checked) {
	for _, problem := range input.problems {
		a.printf("%s: %s\n", input.file, cell{printable(problem.String()), plain}.show(a.colour()))
	}
	for _, warning := range input.warnings {
		a.printf("%s: %s: %s\n", input.file, cell{"warning", yellow}.show(a.colour()), printable(warning.String()))
	}
	if len(input.next) > 0 {
		a.printf("%s: next: %s\n", input.file, timesText(input.next))
	}
	if len(input.problems) == 0 {
		a.printf("%s: %s (%s)\n", input.file, cell{"valid", green}.show(a.colour()), input.kind)
	}
}
