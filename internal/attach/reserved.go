package attach

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/latch-run/latch"
)

// Reserved holds the ids of enforced webhooks in normalized form. An id is reserved as long as
// an enforced webhook has it, whether it is disabled or not, and whatever it listens to: a
// record with this id always belongs to the enforced webhook.
type Reserved map[string]string

// ReservedBy returns the ids that the enforced ones among the webhooks reserve.
func ReservedBy(registered []latch.RegisteredWebhook) Reserved {
	reserved := Reserved{}
	for i := range registered {
		if registered[i].Enforced {
			reserved[reading(registered[i].ID)] = registered[i].ID
		}
	}
	return reserved
}

// Check refuses the run's own webhooks that have a reserved id, enabled or not. It also refuses
// an id that only looks like a reserved one: it would not replace the enforced webhook, but
// people would mistake its records and its lock for those of the other.
func (r Reserved) Check(problems *latch.Problems, path string, own []latch.Webhook) {
	if len(r) == 0 {
		return
	}
	for i := range own {
		id := own[i].ID
		reserved, clashes := r[reading(id)]
		switch at := fmt.Sprintf("%s[%d].id", path, i); {
		case clashes && reserved == id:
			problems.Addf(at, "%q is the id of an enforced registered webhook, which no run can replace or switch off; choose another id", id)
		case clashes:
			problems.Addf(at, "%q reads like %q, the id of an enforced registered webhook; choose another id", id, reserved)
		}
	}
}

// CheckJob is [Reserved.Check] for a job and the jobs of its sequence.
func (r Reserved) CheckJob(problems *latch.Problems, path string, job *latch.Job) {
	r.Check(problems, path+"webhooks", job.Webhooks)
	for i, item := range job.Jobs {
		if item.Job != nil {
			r.CheckJob(problems, fmt.Sprintf("%sjobs[%d].", path, i), item.Job)
		}
	}
}

// reading returns an id as a person reads it: without differences of case and of Unicode forms,
// without spaces and invisible characters.
func reading(id string) string {
	shown := func(r rune) rune {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}
	return cases.Fold().String(strings.Map(shown, norm.NFKC.String(id)))
}
