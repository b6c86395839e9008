package console

import (
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/audit"
	"github.com/latch-run/latch/internal/console/piece"
)

const (
	// auditPath is the path of the audit.
	auditPath = rootPath + "audit"
	// auditLimit is how many entries one page shows.
	auditLimit = 100
)

// An auditList is the data of the page of the audit.
type auditList struct {
	Filters piece.Form
	Entries piece.List
	// Unread says how many entries cannot be read.
	Unread string
}

// audit lists who did what, and what was refused.
func (v *visit) audit() (*answer, error) {
	filter := apiclient.AuditFilter{Since: v.query.Get("since"), Until: v.query.Get("until"), By: v.query.Get("by"),
		Action: v.query.Get("action"), Outcome: v.query.Get("outcome")}
	cursor := v.query.Get("cursor")
	var part audit.Part
	if err := v.api.Audit(v.request.Context(), filter, cursor, auditLimit, &part); err != nil {
		return nil, err
	}
	data := auditList{Filters: auditFilters(filter), Entries: piece.List{ID: "audit", Name: "Audit",
		Count:   piece.Count(len(part.Entries), piece.Unknown, part.NextCursor != "" || cursor != ""),
		Columns: []string{"When", "Who", "What", "Outcome", "About", "Why"}, Empty: emptyAudit(filter),
		Lag: "The newest first. Refusals that are alike show here within a minute, as one."}}
	for i := range part.Entries {
		data.Entries.Rows = append(data.Entries.Rows, v.auditRow(&part.Entries[i]))
	}
	if cursor != "" {
		data.Entries.First = v.with("cursor", "")
	}
	if part.NextCursor != "" {
		data.Entries.Next = v.with("cursor", part.NextCursor)
	}
	if part.Unread > 0 {
		data.Unread = "There are entries that cannot be read here, such as those encrypted with a key that this server lacks."
	}
	return show("Audit", "audit", data), nil
}

// emptyAudit says why no entries are listed.
func emptyAudit(filter apiclient.AuditFilter) string {
	if filter != (apiclient.AuditFilter{}) {
		return "No entry is found that the filter takes."
	}
	return "Nothing was done yet that Temporal knows of, or LATCH_AUDIT is false."
}

func auditFilters(filter apiclient.AuditFilter) piece.Form {
	return piece.Form{ID: "filter", Groups: []piece.Group{{Fields: []piece.Field{
		{Name: "by", Label: "Who", Kind: piece.KindSearch, Value: filter.By, Help: "the name of a key or a person"},
		{Name: "action", Label: "What", Value: filter.Action, Help: "such as release, or release.stop",
			Options: piece.Options(latch.AuditActions()...)},
		{Name: "outcome", Label: "Outcome", Kind: piece.KindSelect, Value: filter.Outcome,
			Options: append([]piece.Option{{Label: "any"}}, piece.Options(latch.AuditOutcomes()...)...)},
		{Name: "since", Label: "Since", Value: filter.Since, Help: "a duration back from now, such as 24h, or a time"},
		{Name: "until", Label: "Until", Value: filter.Until, Help: "the same"},
	}}}, Buttons: []piece.Button{{Name: "show", Label: "Filter"}}}
}

func (v *visit) auditRow(entry *latch.AuditEntry) piece.Row {
	who := piece.Text(entry.Who()).With(entry.Way())
	if entry.By != "" && entry.Remote != "" {
		who.Note += ", from " + entry.Remote
	}
	outcome := piece.Status(entry.Outcome)
	if entry.Count > 1 {
		outcome = outcome.WithTime("the first of them", entry.First)
	}
	return piece.Row{Key: entry.ID, Cells: []piece.Cell{piece.When(entry.At), who, piece.Text(entry.Action), outcome,
		v.auditTarget(entry), piece.Text(entry.Why())}}
}

// auditTarget names what the entry is about, and links to it.
func (v *visit) auditTarget(entry *latch.AuditEntry) piece.Cell {
	about := piece.Text(entry.What())
	switch {
	case entry.WorkflowID != "" && (latch.IsAuditOf(entry.Action, "release") || strings.HasPrefix(entry.WorkflowID, latch.PrefixRelease)):
		about.Href = v.link(releasePath(entry.WorkflowID))
	case entry.WorkflowID != "" && latch.IsAuditOf(entry.Action, "gate"):
		about.Href = v.link(gatePath(entry.WorkflowID))
	case entry.WorkflowID != "":
		about.Href = v.runURL(entry.WorkflowID, entry.RunID)
	case latch.IsAuditOf(entry.Action, "job") && entry.Target != "":
		about.Href = v.link(jobsPath + "/" + segment(entry.Target))
	case latch.IsAuditOf(entry.Action, "watch") && entry.Target != "":
		about.Href = v.link(watchPath(entry.Target))
	}
	return about
}
