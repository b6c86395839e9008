package declared

import (
	"maps"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/urlmask"
)

// An export shows *** in place of credentials. What comes back so stays what is
// registered.

// aboutHidden is in what validation says of a value that was hidden. Whether there is
// a value to restore shows only beside what is registered.
const aboutHidden = "where a credential was hidden when it was shown"

// withoutHidden leaves out what validation says of hidden values.
func withoutHidden(problems latch.Problems) latch.Problems {
	var others latch.Problems
	for _, problem := range problems {
		if !strings.Contains(problem.Message, aboutHidden) {
			others = append(others, problem)
		}
	}
	return others
}

// restore puts back what stands in a job as ***, and validates it again. What cannot
// be restored is a problem.
func (i *Item) restore(before *registry.Definition) (problems latch.Problems) {
	if encoded := rawjson.Encode(i.Job); i.Job != nil && urlmask.IsHidden(encoded) {
		job, err := admission.DecodeJob(urlmask.Restore(encoded, rawjson.Encode(before.Job)))
		add(&problems, err)
		i.Job = job
	}
	extras := maps.Clone(i.Extras)
	for key, value := range extras {
		extras[key] = urlmask.Restore(value, before.Extras[key])
		if urlmask.IsHidden(extras[key]) {
			problems.Addf(keyExtras+"."+key, "has %s %s, and nothing is registered that has its value", urlmask.Hidden, aboutHidden)
		}
	}
	i.Extras = extras
	return problems
}
