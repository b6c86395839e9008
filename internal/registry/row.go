package registry

import (
	"encoding/json"
	"strings"

	"github.com/latch-run/latch"
)

// A Row is a registered job as lists show it, without its task. It is stored in
// the note of the job's schedule, because Temporal's list returns nothing else.
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
	// Revision changes with every write of the job.
	Revision string `json:"revision"`
	// Paused is true if the job's schedule is paused.
	Paused bool `json:"paused,omitempty"`
	// Lacks is true if the job cannot run.
	Lacks bool `json:"lacks,omitempty"`
	// NextTime is the job's next scheduled time; zero for a job that does not run by itself.
	NextTime latch.Time `json:"-"`
}

// maximumRow bounds the row in the note, in bytes. If a job's row is larger,
// lists read its definition.
const maximumRow = 4 << 10

// RowOf returns the row of a job.
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

// typeOf returns the type by which other clients know the job.
func typeOf(definition *Definition) string {
	var value string
	if json.Unmarshal(definition.Fields["type"], &value) == nil && value != "" {
		return value
	}
	return text(definition, "type", nil)
}

// note returns the schedule's note: a sentence for people on the first line,
// the row on the second.
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

// readNote returns the row in a note, or false if somebody else wrote the note.
func readNote(id, text string) (Row, bool) {
	_, encoded, _ := strings.Cut(text, "\n")
	var row Row
	if json.Unmarshal([]byte(encoded), &row) != nil || row.Revision == "" {
		return Row{}, false
	}
	row.ID = id
	return row, true
}
