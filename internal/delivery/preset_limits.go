package delivery

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A chatLimit is a documented limit of something in a message: of a text in
// characters, of a list in elements.
type chatLimit struct {
	// path leads there from the message: names with dots between, each followed
	// by [] where every element of a list is meant, and by :type where only those
	// objects are that have this type.
	path        string
	least, most int
}

// checkLimits returns the parts of a message that exceed their limits, by path.
// A value of another type than the limit expects is left to the chat to judge. A
// chat that trims texts counts what remains.
func checkLimits(message any, limits []chatLimit, trims bool) []error {
	var problems []error
	for _, limit := range limits {
		visit(message, "", limit.path, func(at string, value any) {
			count, unit := 0, ""
			switch value := value.(type) {
			case string:
				if trims {
					value = strings.TrimSpace(value)
				}
				count, unit = utf8.RuneCountInString(value), "characters"
			case []any:
				count, unit = len(value), "elements"
			default:
				return
			}
			problems = atMost(problems, at, count, limit.most, unit)
			if count < limit.least {
				problems = append(problems, fmt.Errorf("%s is empty", at))
			}
		})
	}
	return problems
}

// visit calls found with each value that the path leads to, and where it is.
func visit(value any, at, path string, found func(at string, value any)) {
	if path == "" {
		found(at, value)
		return
	}
	step, rest, _ := strings.Cut(path, ".")
	step, kind, _ := strings.Cut(step, ":")
	name, each := strings.CutSuffix(step, "[]")
	object, _ := value.(map[string]any)
	inner, present := object[name]
	if !present {
		return
	}
	if at != "" {
		at += "."
	}
	at += name
	elements, list := inner.([]any)
	if !each {
		visitOf(kind, inner, at, rest, found)
		return
	}
	if list {
		for i, element := range elements {
			visitOf(kind, element, fmt.Sprintf("%s[%d]", at, i), rest, found)
		}
	}
}

// visitOf goes on with an object of the kind; "" is any value.
func visitOf(kind string, value any, at, path string, found func(at string, value any)) {
	if kind != "" {
		if object, _ := value.(map[string]any); object["type"] != kind {
			return
		}
	}
	visit(value, at, path, found)
}

// decodeAny reads a message for [checkLimits].
func decodeAny(body []byte) (message any, err error) {
	err = json.Unmarshal(body, &message)
	return message, err
}

// within puts limits under each of the paths.
func within(paths []string, limits ...chatLimit) []chatLimit {
	var all []chatLimit
	for _, path := range paths {
		for _, limit := range limits {
			all = append(all, chatLimit{path + limit.path, limit.least, limit.most})
		}
	}
	return all
}

// joinLimits puts lists of limits together.
func joinLimits(lists ...[]chatLimit) (all []chatLimit) {
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}
