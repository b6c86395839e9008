package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/rules"
	"github.com/latch-run/latch/internal/spec"
	"github.com/latch-run/latch/internal/trial"
	"github.com/latch-run/latch/internal/vars"
	"github.com/latch-run/latch/internal/verdict"
)

func rulesCommand(e *env) *cobra.Command {
	test := &cobra.Command{Use: "test FILE...", Short: "Test the rules of webhooks against records, without a server", Args: cobra.MinimumNArgs(1),
		Long: `Test the expressions and policies by which webhooks decide. FILE, YAML or JSON,
names the file of a job, release, emission or webhook and lists tests:

  file: release.yaml
  tests:
    - name: one failed test rolls back
      event: BEFORE_RELEASE_COMPLETE
      webhook: tests                     # where several listen to the event
      record: {data: {failed: 1}}        # as starter history prints one
      variables: {vars: {limit: 3}}      # laid over what is made up
      expect: {result: pass, decision: rollback, rule: rollback_release}
    - name: an endpoint that is down stops
      event: BEFORE_RELEASE_COMPLETE
      outcome: failed
      expect: {decision: stop}

outcome says what came to the hook: delivered (the default), unreadable, failed,
unanswered (in time); of a hook that blocks lock_removed (its default), and
lock_expired. expect has result (pass, fail, skipped, pending), decision
(continue, stop, rollback; waits where the lock still holds; none where the hook
decides nothing), would_decide of a hook with enforce: false, and parts of the
error and the rule that held. gate: true says
that a custom event is fired by workflows.Gate.

Exit codes: 0 all is as expected; 1 something is not; 2 a file is wrong.`,
		RunE: func(_ *cobra.Command, args []string) error { return testRules(e.out, args) }}
	return group("rules", "Test the rules by which webhooks decide", test)
}

// A ruleReport is one test, as --output json prints it.
type ruleReport struct {
	File        string             `json:"file"`
	Name        string             `json:"name"`
	Webhook     string             `json:"webhook"`
	Event       string             `json:"event"`
	Passed      bool               `json:"passed"`
	Got         rules.Finding      `json:"got"`
	Differences []rules.Difference `json:"differences"`
}

func testRules(out *output.Printer, files []string) error {
	var reports []ruleReport
	for _, file := range files {
		tested, err := testRulesOf(out, file)
		if err != nil {
			return err
		}
		reports = append(reports, tested...)
	}
	failed := 0
	for _, report := range reports {
		if !report.Passed {
			failed++
		}
		if !out.JSON {
			printRuleReport(out, report)
		}
	}
	if out.JSON {
		out.Value(map[string]any{"passed": failed == 0, "tests": reports})
	} else {
		out.Printf("%d tests, %d failed\n", len(reports), failed)
	}
	if failed > 0 {
		return failure.Silent(failure.ExitFailed)
	}
	return nil
}

// testRulesOf runs a file's tests, after checking all of them.
func testRulesOf(out *output.Printer, file string) ([]ruleReport, error) {
	opened, err := spec.Open(file, out.In, false)
	if err != nil {
		return nil, failure.OfFile(file, unreadable(err))
	}
	from := source{file: opened}
	data, err := opened.JSON()
	if err != nil {
		return nil, failure.OfFile(file, unreadable(err))
	}
	suite, err := rules.Decode(data)
	if err != nil {
		return nil, located(file, from, err)
	}
	about := suite.File
	if !filepath.IsAbs(about) && file != "-" {
		about = filepath.Join(filepath.Dir(file), about)
	}
	reports, problems := []ruleReport{}, latch.Problems(nil)
	for i, test := range suite.Tests {
		report, err := testRule(out, about, test)
		var wrong *failure.Error
		if errors.As(err, &wrong) {
			return nil, err // the file that is tested
		}
		if err != nil {
			problems.Addf(fmt.Sprintf("tests[%d]", i), "%v", err)
		}
		report.File = file
		reports = append(reports, report)
	}
	if len(problems) > 0 {
		return nil, located(file, from, problems)
	}
	return reports, nil
}

// located adds the lines of its problems to an error about a file.
func located(file string, from source, err error) error {
	var problems latch.Problems
	if !errors.As(err, &problems) {
		return err
	}
	return failure.OfFile(file, from.located(problems))
}

func testRule(out *output.Printer, about string, test rules.Test) (ruleReport, error) {
	report := ruleReport{Name: test.Name, Event: test.Event}
	input, err := loadTrial(out, about, test.Event)
	if err != nil {
		return report, err
	}
	chosen, err := input.Find(test.Event, test.Webhook, "say which by the key webhook")
	if err != nil {
		return report, err
	}
	hook := rules.Hook{Settings: chosen.Settings, Scope: scopeOf(chosen, test.Gate)}
	if hook.Variables, err = ruleVariables(out, chosen, test.Variables); err != nil {
		return report, err
	}
	report.Webhook = chosen.Webhook.ID
	if report.Got, err = hook.Run(test); err != nil {
		return report, err
	}
	report.Differences = test.Expect.Differences(report.Got)
	report.Passed = len(report.Differences) == 0
	return report, nil
}

// scopeOf returns what the hooks of the event decide about.
func scopeOf(h *trial.Hook, gate bool) verdict.Scope {
	switch {
	case gate || h.Kind == spec.Release && latch.EventDecides(h.Settings.Event):
		return verdict.Decides
	case h.Settings.Event == latch.EventJobStart:
		return verdict.Begins
	default:
		return verdict.Tells
	}
}

// ruleVariables are the variables of webhook test, independent of the machine, overridden by
// the test's own.
func ruleVariables(out *output.Printer, chosen *trial.Hook, own latch.Object) (expr.Variables, error) {
	variables := chosen.Variables(vars.NewSystem("worker.example", "", "default", latch.DefaultTaskQueue))
	given, err := json.Marshal(own)
	if err != nil {
		return nil, err
	}
	over, err := trial.Decode(given)
	if err != nil {
		return nil, fmt.Errorf("variables: %w", err)
	}
	variables.Lay(over)
	variables["event"], variables["webhook"] = chosen.Settings.Event, map[string]any{"id": chosen.Webhook.ID}
	return variables.Encode()
}

func printRuleReport(out *output.Printer, report ruleReport) {
	word := output.Green.In("ok  ")
	if !report.Passed {
		word = output.Red.In("FAIL")
	}
	out.Printf("%s  %s at %s: %s\n", out.Show(word), output.Printable(report.Webhook), output.Printable(report.Event), output.OneLine(report.Name))
	if report.Passed {
		return
	}
	explained := []struct{ key, text string }{{"error", report.Got.Error}, {"rule", report.Got.Rule}}
	for _, difference := range report.Differences {
		out.Printf("        %s: expected %s, got %s\n", difference.Key, output.OneLine(difference.Expected), cmp.Or(output.OneLine(difference.Got), "nothing"))
	}
	for _, why := range explained {
		shown := slices.ContainsFunc(report.Differences, func(d rules.Difference) bool { return d.Key == why.key })
		if why.text != "" && !shown {
			out.Printf("        its %s: %s\n", why.key, output.OneLine(why.text))
		}
	}
}
