package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cron"
	"github.com/latch-run/latch/internal/rules"
	"github.com/latch-run/latch/internal/spec"
)

// A checked file is one that has been validated.
type checked struct {
	file string
	kind spec.Kind
	// data is the input as JSON, with the digits of the file.
	data json.RawMessage
	// from is the source of the input.
	from source
	// id and title describe the content of the file.
	id, title string
	// The content of the file, by its kind, as far as it could be read.
	job      *latch.Job
	release  *latch.Release
	emission *latch.Emission
	gate     *latch.Gate
	webhook  *latch.RegisteredWebhook
	watch    *latch.RegisteredWatch
	freeze   *latch.RegisteredFreeze

	problems latch.Problems
	warnings []latch.Problem
	// scheduleWarnings are the warnings about a job's schedule.
	scheduleWarnings []latch.Problem
	// next are the next scheduled times of a job, in its time zone.
	next []time.Time
}

// load reads the file as the kind. Its error lists all problems.
func load(in io.Reader, file string, kind spec.Kind) (*checked, error) {
	input := checkFile(in, file, kind)
	if len(input.problems) > 0 {
		return nil, failure.OfFile(file, input.problems)
	}
	return input, nil
}

// checkFile reads the file as the kind, and collects the problems and the warnings.
func checkFile(in io.Reader, file string, kind spec.Kind) *checked {
	input := &checked{file: file, kind: kind}
	read, err := spec.Open(file, in, false)
	if err == nil {
		input.from.file = read
		input.data, err = read.JSON()
	}
	if err != nil {
		input.problems = unreadable(err)
		return input
	}
	input.admit()
	return input
}

// checkAll is [checkFile] for each document of the file. If kind is empty, it is found by the
// document's keys.
func checkAll(in io.Reader, file string, kind spec.Kind) []*checked {
	read, documents, err := openFile(in, file)
	if err != nil {
		return []*checked{{file: file, kind: kind, problems: unreadable(err)}}
	}
	if len(documents) == 0 {
		documents = []spec.Document{{}} // strict decoding reports what is missing
	}
	if kind == "" || kind == spec.Webhook {
		documents = eachListed(documents)
	}
	var all []*checked
	for _, document := range documents {
		input := checkedAt(file, read, document, kind)
		input.admitAsTold()
		all = append(all, input)
	}
	checkTogether(all)
	return all
}

// openFile opens a file, and returns its documents.
func openFile(in io.Reader, file string) (*spec.File, []spec.Document, error) {
	read, err := spec.Open(file, in, true)
	if err != nil {
		return nil, nil, err
	}
	documents, err := read.Documents()
	return read, documents, err
}

// eachListed replaces lists of webhooks by their elements.
func eachListed(documents []spec.Document) []spec.Document {
	var all []spec.Document
	for _, document := range documents {
		all = append(all, spec.Listed(document)...)
	}
	return all
}

// checkTogether refuses two webhooks of a file with the same id.
func checkTogether(all []*checked) {
	type name struct {
		kind spec.Kind
		id   string
	}
	first := map[name]string{}
	for _, input := range all {
		if input.kind != spec.Webhook || input.id == "" {
			continue
		}
		key := name{input.kind, input.id}
		if before, twice := first[key]; twice {
			input.add(latch.Problems{{Path: "id", Message: fmt.Sprintf("%q is the id of %s too", input.id, before)}})
			continue
		}
		first[key] = input.file
	}
}

// checkedAt returns a document of a file that has not been validated yet.
func checkedAt(file string, read *spec.File, document spec.Document, kind spec.Kind) *checked {
	return &checked{file: strings.TrimSpace(file + " " + document.Place), kind: kind, data: document.Data, from: source{read, document.Place}}
}

// add adds problems, with their positions in the file.
func (c *checked) add(problems latch.Problems) {
	c.problems = append(c.problems, c.from.located(problems)...)
}

// admitAsTold is [checked.admit] for data whose keys determine its kind.
func (c *checked) admitAsTold() {
	if c.kind == "" {
		kind, err := spec.KindOf(c.data)
		if errors.Is(err, spec.ErrUnknownKind) {
			c.add(latch.Problems{{Message: fmt.Sprintf("%v; --kind says which it is", err)}})
			return
		}
		if c.kind = kind; err != nil {
			c.kind = spec.Job // strict decoding has the best error
		}
	}
	c.admit()
}

// unreadable returns the problem of a file that cannot be read.
func unreadable(err error) latch.Problems {
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err // the caller names the file
	}
	return latch.Problems{{Message: fmt.Sprintf("cannot be read: %v", err)}}
}

// admit decodes and validates the data as its kind.
func (c *checked) admit() {
	var err error
	switch c.kind {
	case spec.Job:
		if c.job, err = admission.DecodeJob(c.data); err == nil {
			c.id, c.title, c.warnings = c.job.ID, c.job.Title, admission.JobWarnings(c.job)
		}
	case spec.Release:
		if c.release, err = admission.DecodeRelease(c.data); err == nil {
			c.id, c.title, c.warnings = c.release.ID, c.release.Title, admission.ReleaseWarnings(c.release)
		}
	case spec.Emission:
		if c.emission, err = admission.DecodeEmission(c.data); err == nil {
			c.id, c.title, c.warnings = c.emission.ID, c.emission.Event, admission.EmissionWarnings(c.emission)
		}
	case spec.Gate:
		if c.gate, err = admission.DecodeGate(c.data); err == nil {
			c.id, c.title, c.warnings = c.gate.ID, c.gate.Event, admission.GateWarnings(c.gate)
		}
	case spec.Webhook:
		if c.webhook, err = admission.DecodeRegisteredWebhook(c.data); err == nil {
			c.id, c.warnings = c.webhook.ID, admission.RegisteredWebhookWarnings(c.webhook)
		}
	case spec.Watch:
		if c.watch, err = admission.DecodeWatch(c.data); err == nil {
			c.id, c.warnings = c.watch.ID, admission.WatchWarnings(&c.watch.Watch)
		}
	case spec.Freeze:
		if c.freeze, err = admission.DecodeFreeze(c.data); err == nil {
			c.id, c.warnings = c.freeze.ID, admission.FreezeWarnings(&c.freeze.Freeze, time.Now())
		}
	case spec.Rules:
		_, err = rules.Decode(c.data)
	default:
		err = fmt.Errorf("there is no kind %q; there are %s", c.kind, strings.Join(kindNames(), ", "))
	}
	if err != nil && !errors.As(err, &c.problems) {
		c.problems.Addf("", "%v", err)
	}
	if c.job != nil {
		c.admitSchedule(c.job.Schedule, time.Now())
	}
	c.problems, c.warnings = c.from.located(c.problems), c.from.located(c.warnings)
	c.scheduleWarnings = c.from.located(c.scheduleWarnings)
}

// admitSchedule validates a job's schedule.
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
