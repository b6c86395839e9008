package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/cron"
	"github.com/latch-run/latch/starter/internal/spec"
)

// checked is a file that validation has looked at.
type checked struct {
	file string
	kind spec.Kind
	// data is the input as JSON, with the digits that the file has.
	data json.RawMessage
	// id and title are those of what the file describes.
	id, title string
	// job is what a job's file says, as far as it could be read.
	job      *latch.Job
	problems latch.Problems
	warnings []latch.Problem
	// scheduleWarnings are those of the warnings that are about a job's times.
	scheduleWarnings []latch.Problem
	// next are the next times at which a job runs by itself, in its time zone.
	next []time.Time
}

// load reads the file as the kind and refuses one that is wrong, with all that
// is wrong in it.
func (a *app) load(file string, kind spec.Kind) (*checked, error) {
	input := a.check(file, kind)
	if len(input.problems) > 0 {
		return nil, invalid(file, input.problems)
	}
	return input, nil
}

// check reads the file as the kind, and collects all that is wrong or doubtful.
func (a *app) check(file string, kind spec.Kind) *checked {
	input := &checked{file: file, kind: kind}
	data, err := spec.Read(file, a.in)
	if err != nil {
		input.problems = unreadable(err)
		return input
	}
	input.data = data
	input.admit()
	return input
}

// checkAll is check for each of what the file holds, as the kind, or as what
// its keys tell where there is none.
func (a *app) checkAll(file string, kind spec.Kind) []*checked {
	documents, err := spec.ReadAll(file, a.in)
	if err != nil {
		return []*checked{{file: file, kind: kind, problems: unreadable(err)}}
	}
	if len(documents) == 0 {
		documents = []spec.Document{{}} // strict decoding tells what is missing
	}
	var all []*checked
	for _, document := range documents {
		input := checkedAt(file, document, kind)
		input.admitAsTold()
		all = append(all, input)
	}
	return all
}

// checkedAt is a document of a file, to be looked at.
func checkedAt(file string, document spec.Document, kind spec.Kind) *checked {
	return &checked{file: strings.TrimSpace(file + " " + document.Place), kind: kind, data: document.Data}
}

// admitAsTold is admit for data that tells itself what it describes.
func (c *checked) admitAsTold() {
	if c.kind == "" {
		kind, err := spec.KindOf(c.data)
		if errors.Is(err, spec.ErrUnknownKind) {
			c.problems.Addf("", "%v; --kind says which it is", err)
			return
		}
		if c.kind = kind; err != nil {
			c.kind = spec.Job // strict decoding tells best why it is none of all
		}
	}
	c.admit()
}

// unreadable is what is wrong with a file that cannot be read.
func unreadable(err error) latch.Problems {
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err // the file is named anyway
	}
	return latch.Problems{{Message: fmt.Sprintf("cannot be read: %v", err)}}
}

// admit decodes and validates the data as its kind.
func (c *checked) admit() {
	var err error
	switch c.kind {
	case spec.Job:
		var job *latch.Job
		if job, err = admission.DecodeJob(c.data); err == nil {
			c.id, c.title, c.warnings = job.ID, job.Title, admission.JobWarnings(job)
		}
		c.job = job
	case spec.Release:
		var release *latch.Release
		if release, err = admission.DecodeRelease(c.data); err == nil {
			c.id, c.title, c.warnings = release.ID, release.Title, admission.ReleaseWarnings(release)
		}
	case spec.Emission:
		var emission *latch.Emission
		if emission, err = admission.DecodeEmission(c.data); err == nil {
			c.id, c.title, c.warnings = emission.ID, emission.Event, admission.EmissionWarnings(emission)
		}
	default:
		err = fmt.Errorf("there is no kind %q; there are job, release and emission", c.kind)
	}
	if err != nil && !errors.As(err, &c.problems) {
		c.problems.Addf("", "%v", err)
	}
	if c.job != nil {
		c.admitSchedule(c.job.Schedule, time.Now())
	}
}

// admitSchedule looks at when the job is to run.
func (c *checked) admitSchedule(schedule *latch.Schedule, now time.Time) {
	for _, problem := range cron.Check(schedule) {
		c.problems.Addf("schedule."+problem.Path, "%s", problem.Message)
	}
	for _, doubt := range cron.Doubts(schedule, now) {
		c.scheduleWarnings = append(c.scheduleWarnings, latch.Problem{Path: "schedule." + doubt.Path, Message: doubt.Message})
	}
	c.warnings = append(c.warnings, c.scheduleWarnings...)
	c.next = cron.Next(schedule, now, nextShown)
}
