package mittoapi

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"runtime"
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/registry"
)

// MittoSystem is the template variable `system`, as far as the API knows it.
type MittoSystem struct {
	FQDN            string `json:"fqdn"`
	Environment     string `json:"environment"`
	Version         string `json:"version"`
	Namespace       string `json:"namespace"`
	TaskQueue       string `json:"task_queue"`
	DatabaseVersion string `json:"database.version" doc:"Latch's version; Temporal is the only database"`
}

// MittoAbout describes the service.
type MittoAbout struct {
	System   MittoSystem       `json:"system"`
	Version  string            `json:"version"`
	Timezone MittoTimezone     `json:"timezone"`
	Messages MittoMessages     `json:"messages"`
	SysInfo  map[string]string `json:"sysinfo"`
	Tags     []MittoTag        `json:"tags"`
}

// MittoMessages says that there are no messages for users.
type MittoMessages struct {
	Enabled           bool    `json:"enabled" doc:"Always false"`
	DefaultLevel      *string `json:"default-level" doc:"Always null"`
	DefaultLevelValue int     `json:"default-level-value" doc:"Always 0"`
}

// MittoTimezone is the time zone of all times in answers.
type MittoTimezone struct {
	Name   string `json:"name"`
	Offset string `json:"offset" doc:"As in +0000"`
	Olsen  string `json:"olsen"`
}

type (
	aboutOutput    struct{ Body MittoAbout }
	systemOutput   struct{ Body MittoSystem }
	messagesOutput struct{ Body MittoMessages }
)

func (a *routes) system() MittoSystem {
	return MittoSystem(a.System())
}

func (a *routes) getAbout(ctx context.Context, _ *struct{}) (*aboutOutput, error) {
	tags, err := a.listTags(ctx, nil)
	if err != nil {
		return nil, err
	}
	return &aboutOutput{MittoAbout{System: a.system(), Version: latch.Version, Timezone: MittoTimezone{Name: "UTC", Offset: "+0000", Olsen: "Etc/UTC"},
		SysInfo: map[string]string{"os": runtime.GOOS, "arch": runtime.GOARCH, "go": runtime.Version()}, Tags: tags.Body}}, nil
}

func (a *routes) getSystem(context.Context, *struct{}) (*systemOutput, error) {
	return &systemOutput{a.system()}, nil
}

func (a *routes) getAboutMessages(context.Context, *struct{}) (*messagesOutput, error) {
	return &messagesOutput{}, nil
}

// MittoMetrics counts jobs and their runs.
type MittoMetrics struct {
	Jobs       int   `json:"total_jobs_count"`
	Runs       int64 `json:"total_runs_count"`
	Failed     int64 `json:"total_failed_runs"`
	Successful int64 `json:"total_successful_runs"`
}

type metricsOutput struct{ Body MittoMetrics }

func (a *routes) getMetrics(ctx context.Context, _ *struct{}) (*metricsOutput, error) {
	rows, err := a.rows(ctx)
	if err != nil {
		return nil, err
	}
	counted, err := a.registry.CountRuns(ctx)
	return &metricsOutput{MittoMetrics{Jobs: len(rows), Runs: counted.Runs, Failed: counted.Failed, Successful: counted.Succeeded}}, err
}

type (
	tagOutput  struct{ Body MittoTag }
	tagsOutput struct{ Body []MittoTag }
)

func (a *routes) listTags(ctx context.Context, _ *struct{}) (*tagsOutput, error) {
	made, err := a.registry.Tags(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := a.rows(ctx)
	if err != nil {
		return nil, err
	}
	all := map[string]registry.Tag{}
	for _, tag := range made {
		all[tag.Name] = tag
	}
	for _, row := range rows {
		for _, name := range row.Tags {
			all[name] = widenTag(all[name], name, row)
		}
	}
	output := &tagsOutput{[]MittoTag{}}
	for _, tag := range slices.SortedFunc(maps.Values(all), byCreation) {
		output.Body = append(output.Body, showTag(tag))
	}
	return output, nil
}

func byCreation(x, y registry.Tag) int {
	return cmp.Or(x.CreatedAt.Compare(y.CreatedAt.Time), cmp.Compare(x.Name, y.Name))
}

// widenTag returns a tag with its times widened by a job that has it: it is as old as
// its oldest job and was updated with its newest.
func widenTag(tag registry.Tag, name string, row registry.Row) registry.Tag {
	if tag.Name == "" || row.CreatedAt.Before(tag.CreatedAt.Time) {
		tag.CreatedAt = row.CreatedAt
	}
	if row.CreatedAt.After(tag.UpdatedAt.Time) {
		tag.UpdatedAt = row.CreatedAt
	}
	tag.Name = name
	return tag
}

// showTag returns a tag with an id derived from its name.
func showTag(tag registry.Tag) MittoTag {
	hash := sha256.Sum256([]byte(tag.Name))
	id := int64(binary.BigEndian.Uint32(hash[:]) >> 1)
	return MittoTag{ID: &id, Name: tag.Name, CreatedAt: &tag.CreatedAt, UpdatedAt: &tag.UpdatedAt}
}

func (a *routes) createTag(ctx context.Context, input *bodyInput) (*tagOutput, error) {
	object, err := readObject(input.RawBody)
	if err != nil {
		return nil, err
	}
	var name string
	if json.Unmarshal(object["name"], &name) != nil || !registry.IsTagName(name) {
		return nil, api.Decoded(latch.Problems{{Path: "name", Message: fmt.Sprintf("required: the tag's name, of at most %d bytes",
			registry.MaximumTagName)}})
	}
	api.NoteAct(ctx, func(entry *latch.AuditEntry) { entry.Target = name })
	tag, err := a.registry.CreateTag(ctx, name)
	if err != nil {
		return nil, err
	}
	return &tagOutput{showTag(*tag)}, nil
}
