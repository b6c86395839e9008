package latch

import "strings"

// These bound a freeze. Each release keeps those that apply to it.
const (
	// maximumWindows bounds the windows of a freeze.
	maximumWindows = 50
	// maximumCron bounds a cron expression, in bytes.
	maximumCron = 500
)

// Validate returns all problems of the freeze's shape. The rules for its times are those of
// internal/freeze.
func (f *Freeze) Validate() Problems {
	var problems Problems
	validateWebhookID(&problems, "id", f.ID)
	switch n := len(f.Windows); {
	case n == 0:
		problems.Addf("windows", `required: at least one, such as {"start": "0 18 20 12 *", "end": "0 8 3 1 *", "timezone": "Europe/Paris"}`)
	case n > maximumWindows:
		problems.Addf("windows", "there are %d; the limit is %d", n, maximumWindows)
	}
	for i := range f.Windows {
		f.Windows[i].validate(&problems, element("windows", i))
	}
	if f.Override != nil {
		validateNames(&problems, "override.groups", f.Override.Groups, maximumApprovers)
		validateNames(&problems, "override.users", f.Override.Users, maximumApprovers)
	}
	oneOf(&problems, "under_way", f.UnderWay, FreezeHold, FreezeContinue)
	return problems
}

func (w *FreezeWindow) validate(problems *Problems, path string) {
	for _, each := range []struct{ key, text, example string }{{"start", w.Start, "0 18 20 12 *"}, {"end", w.End, "0 8 3 1 *"}} {
		switch {
		case strings.TrimSpace(each.text) == "":
			problems.Addf(field(path, each.key), "required: a cron expression, such as %q", each.example)
		case len(each.text) > maximumCron:
			problems.Addf(field(path, each.key), "has %d bytes; the limit is %d", len(each.text), maximumCron)
		}
	}
	if len(w.Timezone) > maximumNameLength {
		problems.Addf(field(path, "timezone"), "has %d bytes; the limit is %d", len(w.Timezone), maximumNameLength)
	}
}
