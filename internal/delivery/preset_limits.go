package delivery

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A chatLimit is a documented limit of a part of a message: of a text in characters, of a list
// in elements.
type chatLimit struct {
	// path leads to the part: names separated by dots. A name is followed by [] for every
	// element of a list, and by :type for only the objects of that type.
	path        string
	least, most int
}

// checkLimits returns the parts of a message that exceed their limits, by path. It leaves a
// value of an unexpected type to the chat. If the chat trims texts, only the rest counts.
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

// visit calls found with each value that the path leads to, and with its location.
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

// visitOf continues with an object of the given type, or any value if kind is "".
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

// within prefixes limits with each of the paths.
func within(paths []string, limits ...chatLimit) []chatLimit {
	var all []chatLimit
	for _, path := range paths {
		for _, limit := range limits {
			all = append(all, chatLimit{path + limit.path, limit.least, limit.most})
		}
	}
	return all
}

// joinLimits concatenates lists of limits.
func joinLimits(lists ...[]chatLimit) (all []chatLimit) {
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}
