package trial

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/vars"
)

// A Preview is the request that a webhook would send at one of its events.
type Preview struct {
	Event string
	// Request is nil if nothing would be sent.
	Request *delivery.Preview
	// Problems are the errors that a worker would report, with paths in the
	// webhook.
	Problems latch.Problems
	// BodyPath is the path of the body in the webhook.
	BodyPath string
	// Variables are the variables that its templates see.
	Variables Variables
}

// PreviewOf renders what a webhook would send at each of its events that has a
// valid name, at most most of them. The webhook need not be valid. around
// returns the run in which an event fires.
func PreviewOf(webhook *latch.Webhook, most int, around func(event string) *File, system vars.System, lockURL func(string) string) []Preview {
	var shown []Preview
	for at, settings := range webhook.EventSettings() {
		if latch.CheckEvent(settings.Event) != nil || len(shown) == most {
			continue
		}
		hook := &Hook{File: around(settings.Event), Webhook: webhook, Settings: settings}
		preview := hook.preview(system, lockURL)
		if len(settings.Body) > 0 {
			preview.BodyPath = fmt.Sprintf("events[%d].body", at)
		}
		for i := range preview.Problems {
			if preview.Problems[i].Path == "body" {
				preview.Problems[i].Path = preview.BodyPath
			}
		}
		shown = append(shown, preview)
	}
	return shown
}

func (h *Hook) preview(system vars.System, lockURL func(string) string) Preview {
	shown := Preview{Event: h.Settings.Event, Variables: h.Variables(system), BodyPath: "body"}
	request, err := h.Request(shown.Variables, lockURL)
	if err != nil {
		shown.Problems.Addf("", "%v", err)
		return shown
	}
	shown.Request, shown.Problems = delivery.Render(request)
	shown.Variables["event"], shown.Variables["webhook"] = request.Event.Event, jsonObject{"id": request.Webhook.ID}
	if request.Lock != "" {
		shown.Variables["lock"], shown.Variables["lock_url"] = request.Lock, request.LockURL
	}
	return shown
}

// Readable returns a webhook's JSON without the keys, of the webhook or of one
// of its events, that the problems are about.
func Readable(object latch.Object, problems latch.Problems) latch.Object {
	kept := maps.Clone(object)
	var events []latch.Object
	_ = json.Unmarshal(kept["events"], &events) // a value that is not a list is ignored
	for _, problem := range problems {
		key, rest := firstKey(problem.Path)
		number, within, _ := strings.Cut(rest, "]")
		at, err := strconv.Atoi(strings.TrimPrefix(number, "["))
		if key != "events" || err != nil || at < 0 || at >= len(events) {
			delete(kept, key)
			continue
		}
		inner, _ := firstKey(strings.TrimPrefix(within, "."))
		delete(events[at], inner)
	}
	if _, has := kept["events"]; has {
		kept["events"], _ = json.Marshal(events) // decoded JSON always encodes
	}
	return kept
}

// firstKey splits a path after its first key.
func firstKey(path string) (key, rest string) {
	if end := strings.IndexAny(path, ".["); end >= 0 {
		return path[:end], path[end:]
	}
	return path, ""
}
