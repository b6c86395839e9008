package console

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/console/piece"
	"github.com/latch-run/latch/internal/vars"
)

// A hookPage is the data of a webhook's page.
type hookPage struct {
	Title string
	// Back is the address of the list that contains the webhook, and BackTo its
	// title.
	Back, BackTo string
	// MayChange is true if the person may change it.
	MayChange bool
	// Conflict says that somebody else changed it, and Versions lists the
	// differences.
	Conflict *piece.Notice
	Versions piece.List
	Form     piece.Form
	// Preview is what it would send; nil for callers who may not change it.
	Preview *hookPreview
	// Test is the result of a test delivery; nil if there was none.
	Test *hookTest
	// Variables are the template variables, shown if there is no preview.
	Variables piece.List
	// Confirm asks whether to delete the webhook; it replaces the form.
	Confirm *piece.Confirmation
	// Health summarizes a registered webhook's deliveries, Switch enables or disables
	// it, Skipped sends what was skipped, and Deliveries links to what it sent.
	Health     piece.Facts
	Switch     *piece.Form
	Skipped    *piece.Form
	Deliveries string
	// Events holds the history of each event of a registered webhook.
	Events []hookHistory
}

// hookActions are the actions of a webhook's form.
var hookActions = map[string]action{
	"save":           {api.RoleAdmin, (*visit).saveHook},
	"more":           {api.RoleRead, (*visit).showMore},
	"preview":        {api.RoleAdmin, (*visit).previewHook},
	"test":           {api.RoleAdmin, (*visit).testHook},
	"delete":         {api.RoleAdmin, (*visit).askToDeleteHook},
	"confirm-delete": {api.RoleAdmin, (*visit).deleteHook},
}

// registeredActions returns hookActions and those that only registered webhooks
// have.
func registeredActions() map[string]action {
	actions := maps.Clone(hookActions)
	actions["enable"], actions["disable"] = action{api.RoleAdmin, enableWebhook(true)}, action{api.RoleAdmin, enableWebhook(false)}
	actions[countSkipped], actions[sendSkipped] = action{api.RoleRun, (*visit).countSkippedOf}, action{api.RoleRun, (*visit).sendSkippedOf}
	return actions
}

// newHook shows an empty form.
func (v *visit) newHook() (*answer, error) {
	return v.showHook(newDraft(v.hookPlace().ofJob()), "", nil)
}

// hook shows a webhook and its history.
func (v *visit) hook() (*answer, error) {
	p := v.hookPlace()
	webhook, etag, err := p.load()
	if err != nil {
		return nil, err
	}
	return v.showHook(draftOf(webhook, p.ofJob()), etag, func(page *hookPage) error {
		if p.ofJob() {
			page.Deliveries = p.sentByJob()
			return nil
		}
		page.Deliveries, page.Switch = v.link(deliveriesPath, "webhook", p.id), v.ownSwitch(webhook, p.id, etag)
		page.Skipped = v.skippedForm(webhook)
		if page.Health, err = v.hookHealth(webhook, p.id); err != nil {
			return err
		}
		page.Events, err = v.hookHistories(p.id, eventsIn(webhook))
		return err
	})
}

// showHook shows the form of a draft. add may add to the page, or be nil.
func (v *visit) showHook(d *hookDraft, etag string, add func(*hookPage) error) (*answer, error) {
	p := v.hookPlace()
	page := hookPage{Title: p.title(), Back: p.parent(), BackTo: "All webhooks", MayChange: v.may(api.RoleAdmin), Form: v.hookForm(d, etag), Variables: hookVariables()}
	if p.ofJob() {
		page.BackTo = "Job " + p.job
	}
	page.Form.Buttons = v.hookButtons(p.id == "")
	if add != nil {
		if err := add(&page); err != nil {
			return nil, err
		}
	}
	if page.Preview == nil && page.MayChange {
		page.Preview = p.firstPreview(d, &page.Form)
	}
	return show(page.Title, "webhook", page), nil
}

// hookVariables lists the variables that templates see.
func hookVariables() piece.List {
	list := piece.List{ID: "variables", Name: "Variables", Columns: []string{"Variable", "Is", "Keys"}}
	for _, variable := range vars.In(vars.Templates) {
		list.Rows = append(list.Rows, piece.Row{Key: variable.Name, Cells: []piece.Cell{piece.Code("${" + variable.Name + "}"),
			piece.Text(variable.Kind.String()), piece.Text(strings.Join(variable.Keys, ", "))}})
	}
	list.Count = piece.Count(len(list.Rows), len(list.Rows), false)
	return list
}

// showMore shows what was typed, with room for another event.
func (v *visit) showMore() (*answer, error) {
	return v.showHook(sentDraft(v.sent, v.hookPlace().ofJob()), v.sent.Get("etag"), nil)
}

// saveHook saves what was typed.
func (v *visit) saveHook() (*answer, error) {
	p := v.hookPlace()
	d := sentDraft(v.sent, p.ofJob())
	if p.id != "" {
		stored, _, err := p.load()
		if err != nil {
			return nil, err
		}
		d.keepLineEnds(draftOf(stored, p.ofJob()))
	}
	webhook, problems := d.object()
	if len(problems) > 0 { // incomplete, so it is only validated: the API reports the other problems
		_, all, err := p.previewOf(d)
		if err != nil {
			return nil, err
		}
		return v.refuseHook(d, http.StatusUnprocessableEntity, func(form *piece.Form) { form.Refuse(all) })
	}
	err := p.save(webhook, v.sent.Get("etag"))
	if err == nil {
		return v.goTo(p.parent(), "The webhook is saved. It counts for what starts from now on."), nil
	}
	if isConflict(err) {
		return v.showConflict(d)
	}
	var form piece.Form
	status, other := v.refuse(&form, err)
	if other != nil {
		return nil, other
	}
	return v.refuseHook(d, status, func(form *piece.Form) { _, _ = v.refuse(form, err) })
}

// refuseHook shows what was typed again, with its problems.
func (v *visit) refuseHook(d *hookDraft, status int, refuse func(*piece.Form)) (*answer, error) {
	made, err := v.showHook(d, v.sent.Get("etag"), func(page *hookPage) error {
		refuse(&page.Form)
		return nil
	})
	if err == nil {
		made.status = status
	}
	return made, err
}

// showConflict shows what was typed next to what somebody else saved meanwhile.
// Saving again then overwrites that.
func (v *visit) showConflict(d *hookDraft) (*answer, error) {
	p := v.hookPlace()
	theirs, etag, err := p.load()
	var gone *apiclient.Problem
	if errors.As(err, &gone) && gone.Status == http.StatusNotFound {
		return refusal(http.StatusPreconditionFailed, "Somebody has deleted this webhook", "Nothing of yours is saved."), nil
	} else if err != nil {
		return nil, err
	}
	made, err := v.showHook(d, etag, func(page *hookPage) error {
		page.Conflict = &piece.Notice{Tone: "bad", Title: "Somebody else has changed this webhook since you opened it",
			Text: "Nothing of yours is done yet. Below is what differs. Save or delete again to have yours count, or open the page again to go on from theirs."}
		page.Versions = differences(d, draftOf(theirs, p.ofJob()))
		return nil
	})
	if err == nil {
		made.status = http.StatusPreconditionFailed
	}
	return made, err
}

// isConflict reports whether somebody else has changed the webhook meanwhile.
func isConflict(err error) bool {
	var problem *apiclient.Problem
	return errors.As(err, &problem) && problem.Status == http.StatusPreconditionFailed
}

// differences lists the fields that differ between two drafts.
func differences(yours, theirs *hookDraft) piece.List {
	list := piece.List{ID: "versions", Name: "What differs", Columns: []string{"Field", "Yours", "Theirs"}, Empty: "Both say the same."}
	for _, field := range fieldsOf(yours, theirs) {
		if mine, other := yours.Get(field.Name), theirs.Get(field.Name); mine != other {
			list.Rows = append(list.Rows, piece.Row{Key: field.Name, Cells: []piece.Cell{piece.Text(field.Label), piece.Code(mine), piece.Code(other)}})
		}
	}
	list.Count = piece.Count(len(list.Rows), piece.Unknown, false)
	return list
}

// askToDeleteHook asks for confirmation to delete the version that the person
// has seen. It passes on what was typed, to be shown if there is a newer
// version.
func (v *visit) askToDeleteHook() (*answer, error) {
	p := v.hookPlace()
	switch _, etag, err := p.load(); {
	case err != nil:
		return nil, err
	case etag != v.sent.Get("etag"):
		return v.showConflict(sentDraft(v.sent, p.ofJob()))
	}
	ask := piece.Confirmation{Title: "Delete the webhook?", Form: v.form("delete"), Back: p.link(v.request.URL.EscapedPath()),
		Effect: "It will no longer be sent. Runs that have started keep it for what they send for the first time. Its history stays."}
	for _, name := range slices.Sorted(maps.Keys(v.sent)) {
		if name != "form" && name != "action" {
			ask.Form.Hidden = append(ask.Form.Hidden, piece.Hidden{Name: name, Value: v.sent.Get(name)})
		}
	}
	ask.Form.Buttons = []piece.Button{{Value: "confirm-delete", Label: "Yes: delete it", Look: piece.LookGrave}}
	return show(p.title(), "webhook", hookPage{Title: p.title(), Back: p.parent(), BackTo: "Back", MayChange: true, Confirm: &ask}), nil
}

func (v *visit) deleteHook() (*answer, error) {
	p := v.hookPlace()
	if _, _, err := p.load(); err != nil {
		return nil, err
	}
	if err := p.remove(v.sent.Get("etag")); isConflict(err) {
		return v.showConflict(sentDraft(v.sent, p.ofJob()))
	} else if err != nil {
		return nil, err
	}
	return v.goTo(p.parent(), "The webhook is deleted."), nil
}

// hookEventsShown bounds the events whose history one page shows.
const hookEventsShown = 10

// A hookHistory is the history of a registered webhook at one event.
type hookHistory struct {
	Event   string
	Records []piece.Record
	// Note says what is not shown.
	Note string
}

// hookHistories reads the latest deliveries of the webhook, event by event.
func (v *visit) hookHistories(id string, events []latch.Object) ([]hookHistory, error) {
	var histories []hookHistory
	for at, event := range events[:min(len(events), hookEventsShown)] {
		history, err := v.hookHistory(id, at, textOf(event["event"]))
		if err != nil {
			return nil, err
		}
		histories = append(histories, history)
	}
	return histories, nil
}
