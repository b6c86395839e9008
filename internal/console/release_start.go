package console

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/console/piece"
	"github.com/latch-run/latch/internal/dryrun"
	"github.com/latch-run/latch/internal/spec"
)

// startReleasePath is the path of the page that starts a release. It is not
// below the releases, because any word may be a workflow id.
const startReleasePath = rootPath + "start-release"

// releaseStart is the data of the page that starts a release.
type releaseStart struct {
	// Source shows the lines of the file that have problems.
	Source piece.Source
	Form   piece.Form
	// Plan is what the release would do; nil if nobody asked.
	Plan *startPlan
}

// A startPlan is what a release would do.
type startPlan struct {
	Facts piece.Facts
	Way   piece.Picture
	Gates piece.List
	// Course is what would happen, in order, and End how the release would end.
	Course piece.List
	End    piece.Facts
}

// newRelease shows an empty form for a release's file.
func (v *visit) newRelease() (*answer, error) {
	return show("Start a release", "start-release", releaseStart{Form: v.startForm()}), nil
}

func (v *visit) startForm() piece.Form {
	form := v.form("start", piece.Group{Fields: []piece.Field{
		{Name: "file", At: "query.file", Label: "The release's file", Kind: piece.KindCode, Rows: 24, Required: true,
			Help: "YAML or JSON, as starter takes it. Secrets stand in it by their names alone."},
	}}, piece.Group{Legend: "What others answer", Folded: true, Fields: []piece.Field{
		{Name: "answers", At: "answers", Label: "Answers", Kind: piece.KindCode, Rows: 10,
			Help: "For showing what it would do: what receivers, people and tasks answer, as starter release plan --answers takes it. What is not mentioned goes well."},
	}}, piece.Group{Legend: "More settings", Folded: true, Fields: []piece.Field{
		{Name: "workflow_id", At: "query.workflow_id", Label: "Workflow id", Help: "instead of release- and the id"},
	}})
	form.Buttons = []piece.Button{{Value: "plan", Label: "Show what it would do", Help: "Nothing starts. The file is checked, and its steps and gates are shown."}, {Value: "start", Label: "Start the release", Look: piece.LookFirst,
		Help: "It is checked first. If anything is wrong, nothing starts."}}
	return form
}

// startRelease starts the release that a file describes, and goes to its page.
// Problems are shown beside the file's lines.
func (v *visit) startRelease() (*answer, error) {
	return v.withFile(func(content json.RawMessage) (*answer, error) {
		started, err := v.api.StartRelease(v.request.Context(), content, v.sent.Get("workflow_id"))
		if err != nil {
			return nil, err
		}
		return v.goTo(v.link(releasePath(started.WorkflowID)), "The release was started."), nil
	})
}

// planRelease shows what the release that a file describes would do.
func (v *visit) planRelease() (*answer, error) {
	return v.withFile(func(content json.RawMessage) (*answer, error) {
		plan := new(api.ReleasePlan)
		if err := v.api.ForeseeRelease(v.request.Context(), content, v.sent.Get("workflow_id"), plan); err != nil {
			return nil, err
		}
		data := v.startAgain()
		report, problems, err := v.dryRun(content)
		if err != nil {
			return nil, err
		}
		if len(problems) > 0 {
			data.Form.Refuse(problems)
			made := show("Start a release", "start-release", *data)
			made.status = http.StatusUnprocessableEntity
			return made, nil
		}
		data.Plan = planShown(plan)
		data.Plan.happens(report)
		return show("Start a release", "start-release", *data), nil
	})
}

// dryRun returns what the release would do with the answers that were typed, or what
// is wrong with those.
func (v *visit) dryRun(release json.RawMessage) (*dryrun.Report, latch.Problems, error) {
	var answers json.RawMessage
	if text := v.sent.Get("answers"); strings.TrimSpace(text) != "" {
		file, err := spec.Open("-", strings.NewReader(text), false)
		if err == nil {
			answers, err = file.JSON()
		}
		if err != nil {
			return nil, latch.Problems{{Path: "answers", Message: err.Error()}}, nil
		}
	}
	report := new(dryrun.Report)
	err := v.api.DryRunRelease(v.request.Context(), release, answers, report)
	var problem *apiclient.Problem
	if errors.As(err, &problem) && len(problem.Problems()) > 0 {
		return nil, problem.Problems(), nil
	}
	return report, nil, err
}

// happens shows what would happen.
func (p *startPlan) happens(report *dryrun.Report) {
	p.Course = piece.List{ID: "course", Name: "What would happen", Columns: []string{"After", "What", "Event", "Webhook", "Detail", "Outcome"},
		Empty: "Nothing.", Count: piece.Count(len(report.Events), len(report.Events), false)}
	for i := range report.Events {
		event := &report.Events[i]
		what, detail, outcome := event.Words()
		at := event.Event
		if event.Step != "" && at != "" {
			at += " (" + event.Step + ")"
		}
		p.Course.Rows = append(p.Course.Rows, piece.Row{Key: fmt.Sprint(i), Cells: []piece.Cell{piece.Text(event.After.String()), piece.Text(what),
			piece.Text(at), piece.Text(event.Webhook), piece.Text(detail), piece.Text(outcome)}})
	}
	p.End.Add("It would end as", piece.Text(report.Status))
	for i := range report.Freezes {
		p.End.Add("Freeze", piece.Text(report.Freezes[i].Words()))
	}
	p.End.Add("Because", piece.Text(cmp.Or(report.Reason, report.Error)))
	p.End.Add("Answers that nothing asked for", piece.Text(strings.Join(report.Unused, ", ")))
}

// planShown shows the plan of a release that has not started.
func planShown(plan *api.ReleasePlan) *startPlan {
	shown := &startPlan{Way: wayOf(&apiclient.State{Status: latch.Status{Status: latch.ReleaseRunning}}, plan),
		Gates: piece.List{ID: "gates", Name: "Gates", Columns: []string{"Webhook", "Holds at", "Condition"}, Empty: "Nothing holds it: it goes from step to step by itself.",
			Count: piece.Count(len(plan.Gates), len(plan.Gates), false)}}
	shown.Facts.Add("Workflow id", piece.Text(plan.WorkflowID))
	var undoes, stays []string
	for _, step := range plan.Steps {
		if step.Undo {
			undoes = append(undoes, step.Name)
		} else {
			stays = append(stays, step.Name)
		}
	}
	shown.Facts.Add("A rollback undoes", piece.Text(strings.Join(undoes, ", ")))
	shown.Facts.Add("Has no undo", piece.Text(strings.Join(stays, ", ")))
	for _, hook := range plan.Observers {
		shown.Facts.Add("Decides nothing", piece.Text(hook.Webhook+" at "+hook.Event).With(piece.NotActedOn))
	}
	for i, gate := range plan.Gates {
		condition := piece.Text("always")
		if gate.When != "" {
			condition = piece.Code(gate.When)
		}
		if gate.Enforced {
			condition = condition.With("enforced: no release may leave it out")
		}
		shown.Gates.Rows = append(shown.Gates.Rows, piece.Row{Key: fmt.Sprint(i), Cells: []piece.Cell{piece.Text(gate.Webhook), piece.Text(gate.Event), condition}})
	}
	return shown
}

// withFile passes the content of the submitted file to use. Problems with the
// file, and the API's refusal, are shown beside its lines.
func (v *visit) withFile(use func(json.RawMessage) (*answer, error)) (*answer, error) {
	text := strings.ReplaceAll(v.sent.Get("file"), "\r\n", "\n") // browsers send CRLF
	file, content, problems := releaseContent(text)
	if len(problems) > 0 {
		data := v.startAgain()
		data.Form.Refuse(problems)
		return data.refused(http.StatusUnprocessableEntity, text, problems), nil
	}
	made, err := use(content)
	if err == nil {
		return made, nil
	}
	data := v.startAgain()
	status, other := v.refuse(&data.Form, err)
	if other != nil {
		return nil, other
	}
	var problem *apiclient.Problem
	if errors.As(err, &problem) {
		problems = file.Located("", problem.Problems())
		if problem.WorkflowID != "" {
			data.Form.Problems = append(data.Form.Problems, piece.FieldProblem{Field: "Its page",
				Href: v.link(releasePath(problem.WorkflowID)), Message: problem.WorkflowID})
		}
	}
	return data.refused(status, text, problems), nil
}

// startAgain returns the page with what was typed.
func (v *visit) startAgain() *releaseStart {
	data := &releaseStart{Form: v.startForm()}
	data.Form.Fill(v.sent)
	return data
}

// refused answers with the form and the problems with the file. The caller has
// added the same problems, in the same order, to the form.
func (s *releaseStart) refused(status int, text string, problems latch.Problems) *answer {
	s.Source = piece.SourceOf("line", "What is wrong in the file", text, problems)
	shown := map[int]bool{}
	for _, line := range s.Source.Lines {
		shown[line.Number] = true
	}
	for i, problem := range problems {
		if told := &s.Form.Problems[i]; problem.Line > 0 {
			told.Message += fmt.Sprintf(" (line %d, column %d)", problem.Line, problem.Column)
			if told.Href == "" && shown[problem.Line] {
				told.Field, told.Href = orLine(told.Field, problem.Line), fmt.Sprintf("#%s-%d", s.Source.ID, problem.Line)
			}
		}
	}
	made := show("Start a release", "start-release", *s)
	made.status = status
	return made
}

func orLine(name string, line int) string {
	if name == "" {
		return fmt.Sprintf("line %d", line)
	}
	return name
}

var namedLine = regexp.MustCompile(`\bline (\d+): `)

// releaseContent returns the file's content as JSON, or why it cannot be read.
func releaseContent(text string) (*spec.File, json.RawMessage, latch.Problems) {
	file, err := spec.Open("-", strings.NewReader(text), false)
	if err != nil {
		return nil, nil, latch.Problems{{Message: err.Error()}}
	}
	content, err := file.JSON()
	if err != nil {
		problem := latch.Problem{Message: err.Error()}
		if match := namedLine.FindStringSubmatch(problem.Message); match != nil {
			problem.Line, _ = strconv.Atoi(match[1]) // a few digits
			problem.Message = strings.Replace(problem.Message, match[0], "", 1)
		}
		return nil, nil, latch.Problems{problem}
	}
	if kind, err := spec.KindOf(content); err == nil && kind != spec.Release {
		return nil, nil, latch.Problems{{Message: fmt.Sprintf("its keys are those of the kind %s; a release has steps", kind)}}
	}
	if json.Valid(content) {
		return file, content, nil
	}
	_, err = latch.DecodeRelease(content)
	var problems latch.Problems
	if !errors.As(err, &problems) {
		problems = latch.Problems{{Message: "this is not a release"}}
	}
	return nil, nil, file.Located("", problems)
}

// mayStart returns the address of the page that starts a release, or "" if the
// person's role is too small.
func (v *visit) mayStart() string {
	if !v.may(api.RoleRun) {
		return ""
	}
	return v.link(startReleasePath)
}
