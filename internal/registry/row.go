package registry

import (
	"encoding/json"
	"strings"

	"github.com/latch-run/latch"
)

// A Row is a registered job as lists show it, without its task. It is stored in
// its schedule's note, which is all that Temporal's list returns of it.
type Row struct {
	ID         string          `json:"-"`
	Name       string          `json:"name,omitempty"`
	Title      string          `json:"title,omitempty"`
	Type       string          `json:"type,omitempty"`
	Tags       []string        `json:"tags,omitempty"`
	Schedule   *latch.Schedule `json:"schedule,omitempty"`
	WebhookIDs []string        `json:"webhooks,omitempty"`
	CreatedAt  latch.Time      `json:"created_at,omitzero"`
	UpdatedAt  latch.Time      `json:"updated_at,omitzero"`
	ManagedBy  string          `json:"managed_by,omitempty"`
	// Revision differs between any two writes of the job.
	Revision string `json:"revision"`
	// Paused reports that the job does not run by itself although it could.
	Paused bool `json:"paused,omitempty"`
	// Lacks reports that the job cannot run.
	Lacks bool `json:"lacks,omitempty"`
	// NextTime is when the job runs next by itself; zero where it does not.
	NextTime latch.Time `json:"-"`
}

// maximumRow bounds the row in the note; the list of a job with more than
// that reads its definition.
const maximumRow = 4 << 10

// RowOf returns the job as lists show it.
func RowOf(definition *Definition) Row {
	row := Row{
		ID:        definition.ID,
		Name:      text(definition, "name", func(j *latch.Job) string { return j.Name }),
		Title:     text(definition, "title", func(j *latch.Job) string { return j.Title }),
		Type:      typeOf(definition),
		Tags:      tags(definition),
		Schedule:  scheduleOf(definition),
		CreatedAt: definition.CreatedAt,
		UpdatedAt: definition.UpdatedAt,
		ManagedBy: definition.ManagedBy,
		Revision:  definition.Revision,
		Paused:    definition.Paused,
		Lacks:     definition.Job == nil,
	}
	if definition.Job != nil {
		for _, webhook := range definition.Job.Webhooks {
			row.WebhookIDs = append(row.WebhookIDs, webhook.ID)
		}
	}
	return row
}

// typeOf returns the type that clients of other systems know the job by.
func typeOf(definition *Definition) string {
	var value string
	if json.Unmarshal(definition.Fields["type"], &value) == nil && value != "" {
		return value
	}
	return text(definition, "type", nil)
}

// note is what the schedule's note says: a sentence for people on the first
// line, the row on the second.
func note(definition *Definition) string {
	encoded, err := json.Marshal(RowOf(definition))
	if err != nil || len(encoded) > maximumRow {
		encoded, _ = json.Marshal(map[string]string{"too_large": definition.Revision}) // strings always encode
	}
	return sentence(definition) + "\n" + string(encoded)
}

func sentence(definition *Definition) string {
	switch {
	case definition.Job == nil:
		return "Cannot run: " + strings.Join(strings.Fields(definition.Lacks), " ")
	case definition.Paused:
		return "Paused: runs only when it is started or triggered."
	case after(definition) != "":
		return "Paused because it has no times: runs after job " + after(definition) + ", and when it is started or triggered."
	case !hasTimes(definition):
		return "Paused because it has no times: runs when it is started or triggered."
	default:
		return "Runs at its times, and when it is started or triggered."
	}
}

// readNote returns the row of a note; false where somebody wrote another note.
func readNote(id, text string) (Row, bool) {
	_, encoded, _ := strings.Cut(text, "\n")
	var row Row
	if json.Unmarshal([]byte(encoded), &row) != nil || row.Revision == "" {
		return Row{}, false
	}
	row.ID = id
	return row, true
}
