package console

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/console/piece"
)

// Actions on a job's page.
const (
	jobStart     = "start"
	jobStop      = "stop"
	jobPause     = "pause"
	jobResume    = "resume"
	jobAddTag    = "add-tag"
	jobRemoveTag = "remove-tag"
	jobDelete    = "delete"
)

// jobControl returns the form that starts, stops, pauses or resumes the job,
// whichever applies.
func (v *visit) jobControl(read *readJob) *piece.Form {
	form := v.form("control")
	if read.isRunning() {
		form.Buttons = append(form.Buttons, piece.Button{Value: jobStop, Label: "Stop the run", Look: piece.LookGrave,
			Help: "The run that goes on is cancelled, and its webhooks are told that it failed."})
	} else {
		form.Buttons = append(form.Buttons, piece.Button{Value: jobStart, Label: "Start", Look: piece.LookFirst, Help: "It runs once, now."})
	}
	paused := read.Paused != nil && *read.Paused
	switch {
	case !v.may(api.RoleAdmin):
	case paused:
		form.Buttons = append(form.Buttons, piece.Button{Value: jobResume, Label: "Resume", Help: "It runs by itself again. What was missed is not made up for."})
	case read.Schedule.Latch() != nil:
		form.Buttons = append(form.Buttons, piece.Button{Value: jobPause, Label: "Pause", Help: "It no longer runs by itself, until it is resumed. It can still be started."})
	}
	return &form
}

// isRunning reports whether the job's last run is still in progress.
func (r *readJob) isRunning() bool { return r.Status != nil && r.Status.ReturnCode == nil }

// addForms adds the forms that change the job.
func (d *job) addForms(v *visit, read *readJob) {
	tag := v.form("tag", piece.Group{Fields: []piece.Field{{Name: "tag", At: "tags", Label: "Tag", Limit: 200, Required: true}}})
	tag.Buttons = []piece.Button{{Value: jobAddTag, Label: "Add the tag"}}
	d.AddTag = &tag
	for i, name := range read.Tags {
		form := v.form(fmt.Sprint("tag-", i))
		form.Hidden = []piece.Hidden{{Name: "tag", Value: name}}
		form.Buttons = []piece.Button{{Value: jobRemoveTag, Label: "Remove the tag " + name}}
		d.RemoveTags = append(d.RemoveTags, form)
	}
	form := v.form("delete")
	form.Buttons = []piece.Button{{Value: jobDelete, Label: "Delete the job …", Look: piece.LookGrave, Help: "You are asked once more."}}
	d.Delete = &form
}

// act calls the API about the job and goes back to its page.
func (v *visit) act(done string, call func(id string) error) (*answer, error) {
	if err := call(v.path("id")); err != nil {
		return v.jobRefused(func(data *job) *piece.Form { return data.Control }, err)
	}
	return v.goTo(v.jobLink(v.path("id")), done), nil
}

// jobRefused shows the job again with the API's refusal in one of its forms.
func (v *visit) jobRefused(of func(*job) *piece.Form, refused error) (*answer, error) {
	read, err := v.readJob(true)
	if err != nil {
		return nil, refused
	}
	made := v.jobPage(read)
	data := made.data.(job)
	form := of(&data)
	if form == nil {
		return nil, refused
	}
	form.Fill(v.sent)
	made.data = data
	made.status, err = v.refuse(form, refused)
	return made, err
}

func (v *visit) startJob() (*answer, error) {
	return v.act("The job was started.", func(id string) error {
		_, err := v.api.Start(v.request.Context(), id)
		return err
	})
}

func (v *visit) stopJob() (*answer, error) {
	return v.act("The run was told to stop.", func(id string) error {
		_, err := v.api.Stop(v.request.Context(), id)
		return err
	})
}

func (v *visit) pauseJob() (*answer, error) {
	return v.act("The job is paused.", func(id string) error { return v.api.PauseJob(v.request.Context(), id) })
}

func (v *visit) resumeJob() (*answer, error) {
	return v.act("The job runs by itself again.", func(id string) error { return v.api.ResumeJob(v.request.Context(), id) })
}

// addTag adds a tag to the job.
func (v *visit) addTag() (*answer, error) {
	tag := strings.TrimSpace(v.sent.Get("tag"))
	return v.changeTags(fmt.Sprintf("The job has the tag %q.", tag), func(tags []string) []string {
		if slices.Contains(tags, tag) {
			return tags
		}
		return append(tags, tag)
	})
}

// removeTag removes a tag from the job.
func (v *visit) removeTag() (*answer, error) {
	tag := v.sent.Get("tag")
	return v.changeTags(fmt.Sprintf("The tag %q was removed from the job.", tag), func(tags []string) []string {
		return slices.DeleteFunc(tags, func(each string) bool { return each == tag })
	})
}

// tagTries bounds how often a change of the tags is retried when somebody else
// changes the job at the same time.
const tagTries = 10

// changeTags changes the tags of the version that it read, so that it does not
// undo changes that others make at the same time.
func (v *visit) changeTags(done string, change func([]string) []string) (*answer, error) {
	id := v.path("id")
	for try := 1; ; try++ {
		read, _, err := v.api.Job(v.request.Context(), id)
		if err != nil {
			return nil, err
		}
		tags := change(append([]string{}, read.Tags...))
		err = v.api.ChangeJob(v.request.Context(), id, read.ETag, map[string]any{"tags": tags})
		switch {
		case err == nil:
			return v.goTo(v.jobLink(id), done), nil
		case !isConflict(err) || try == tagTries:
			return v.jobRefused(func(data *job) *piece.Form { return data.AddTag }, err)
		}
	}
}

// deleteJob deletes the job if the person confirmed what that does now;
// otherwise it asks.
func (v *visit) deleteJob() (*answer, error) {
	id := v.path("id")
	read, err := v.readJob(false)
	if err != nil {
		return nil, err
	}
	effect := deletion(read)
	form := v.form("confirm")
	form.Hidden = []piece.Hidden{{Name: "confirmed", Value: effect}, {Name: "etag", Value: read.ETag}}
	form.Buttons = []piece.Button{{Value: jobDelete, Label: "Delete the job", Look: piece.LookGrave}}
	made := show("Delete the job?", "confirm", piece.Confirmation{Title: "Delete " + jobTitle(read.Job) + "?", Effect: effect, Form: form, Back: v.jobLink(id)})
	if v.sent.Get("confirmed") != effect {
		return made, nil
	}
	if err := v.api.DeleteJob(v.request.Context(), id, v.sent.Get("etag")); err != nil {
		if isConflict(err) {
			made.status, err = http.StatusPreconditionFailed, nil
			form.Problems = []piece.FieldProblem{{Field: "The job as it is now", Href: v.jobLink(id),
				Message: "somebody has changed it since you were asked. Nothing was deleted; confirm once more to delete it all the same."}}
		} else {
			made.status, err = v.refuse(&form, err)
		}
		confirmation := made.data.(piece.Confirmation)
		confirmation.Form = form
		made.data = confirmation
		return made, err
	}
	return v.goTo(v.link(jobsPath), "The job "+id+" was deleted."), nil
}

// deletion says what deleting the job does.
func deletion(read *readJob) string {
	text := fmt.Sprintf("The job %s no longer runs by itself, and cannot be started.", read.id)
	switch count := len(read.whole.Webhooks); {
	case count == 1:
		text += " Its webhook goes with it."
	case count > 1:
		text += fmt.Sprintf(" Its %d webhooks go with it.", count)
	}
	if read.isRunning() {
		text += " The run that goes on is not stopped."
	}
	return text + " What ran stays in Temporal as long as it keeps closed runs. This cannot be undone."
}
