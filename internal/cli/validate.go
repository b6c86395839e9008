package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/spec"
	"github.com/latch-run/latch/internal/typo"
)

func validateCommand(e *env) *cobra.Command {
	var kind string
	command := &cobra.Command{Use: "validate FILE...",
		Short: "Check job, release, emission, webhook, watch and freeze files, without a server", Args: cobra.MinimumNArgs(1),
		Long: `Check files without a server and list everything that is wrong with each, one
problem a line as FILE: path: message (line, column). A warning says what is
allowed and probably not meant; it does not make a file invalid. The keys of a file
say what it describes: a release has steps, a job has a task or jobs, an emission
has an event, a registered webhook has a url or events, a watch has a query, a
freeze has windows, tests of rules have tests.
A file may hold several, as YAML documents, as a list, or as the list of webhooks
that the API shows. For a job with a cron expression, the next three times are
shown. Only a run shows whether a worker has the secrets, reaches the addresses and
serves the task queues.`,
		RunE: func(_ *cobra.Command, args []string) error { return validateFiles(e.out, args, spec.Kind(kind)) }}
	command.Flags().StringVar(&kind, "kind", "", "what the files describe: "+strings.Join(kindNames(), ", "))
	completeFlag(command, "kind", kindNames()...)
	return command
}

// A fileReport is what validate found in one file, as --output json prints it.
type fileReport struct {
	File     string          `json:"file"`
	Kind     spec.Kind       `json:"kind,omitempty"`
	Valid    bool            `json:"valid"`
	Problems []latch.Problem `json:"problems"`
	Warnings []latch.Problem `json:"warnings"`
	// NextTimes are the next three times of a job with a cron expression.
	NextTimes []latch.Time `json:"next_times,omitempty"`
}

func validateFiles(out *output.Printer, files []string, kind spec.Kind) error {
	if kind != "" && !slices.Contains(spec.Kinds, kind) {
		return failure.OfUsage(fmt.Errorf("--kind is one of %s, not %q%s", strings.Join(kindNames(), ", "), kind, typo.Hint(string(kind), kindNames())))
	}
	code := failure.ExitOK
	reports := []fileReport{}
	for _, file := range files {
		for _, input := range checkAll(out.In, file, kind) {
			if len(input.problems) > 0 {
				code = failure.ExitUsage
			}
			if !out.JSON {
				printChecked(out, input)
			}
			reports = append(reports, fileReport{File: input.file, Kind: input.kind, Valid: len(input.problems) == 0,
				Problems: append([]latch.Problem{}, input.problems...), Warnings: append([]latch.Problem{}, input.warnings...), NextTimes: latchTimes(input.next)})
		}
	}
	if out.JSON {
		out.Value(map[string]any{"valid": code == failure.ExitOK, "files": reports})
	}
	if code != failure.ExitOK {
		return failure.Silent(code)
	}
	return nil
}

// printChecked prints the problems and the warnings of a file, or that it is valid.
func printChecked(out *output.Printer, input *checked) {
	for _, problem := range input.problems {
		out.Printf("%s: %s\n", input.file, out.Show(output.Plain(output.Printable(problem.String()))))
	}
	for _, warning := range input.warnings {
		out.Printf("%s: %s: %s\n", input.file, out.Show(output.Yellow.In("warning")), output.Printable(warning.String()))
	}
	if len(input.next) > 0 {
		out.Printf("%s: next: %s\n", input.file, timesText(input.next))
	}
	if len(input.problems) == 0 {
		out.Printf("%s: %s (%s)\n", input.file, out.Show(output.Green.In("valid")), input.kind)
	}
}
