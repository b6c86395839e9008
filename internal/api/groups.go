package api

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// maximumGroup bounds the name of a group, in bytes.
const maximumGroup = 200

// parseGroups parses the groups of the key with a name: group+group. It returns
// them sorted.
func parseGroups(name, text string) ([]string, error) {
	var groups []string
	var problems []error
	for group := range strings.SplitSeq(text, "+") {
		group = strings.TrimSpace(group)
		end := group[strings.LastIndex(group, ":")+1:]
		switch {
		case group == "":
			problems = append(problems, fmt.Errorf("%s: a group has no name; write %s@group or %s@group+group", name, name, name))
		case end != group && roleOf(end) != 0:
			problems = append(problems, fmt.Errorf("%s: the role goes before the groups; write %s:%s@%s", name, name, end,
				strings.TrimSuffix(group, ":"+end)))
		case checkGroup(group) != nil:
			problems = append(problems, fmt.Errorf("%s: the group %w", name, checkGroup(group)))
		case slices.Contains(groups, group):
			problems = append(problems, fmt.Errorf("%s: the group %q is given twice", name, group))
		default:
			groups = append(groups, group)
		}
	}
	slices.Sort(groups)
	return groups, errors.Join(problems...)
}

// checkGroup returns an error for a name that no group may have.
func checkGroup(group string) error {
	switch {
	case len(group) > maximumGroup:
		return fmt.Errorf("%.20q… has %d bytes; the limit is %d", group, len(group), maximumGroup)
	case strings.ContainsFunc(group, func(r rune) bool { return !unicode.IsPrint(r) }):
		return fmt.Errorf("%q has a character that is not printed", group)
	}
	return nil
}

// hasOtherGroups reports whether another key with the same name has other groups.
func hasOtherGroups(keys []Key, key Key) bool {
	return slices.ContainsFunc(keys, func(other Key) bool { return other.Name == key.Name && !slices.Equal(other.Groups, key.Groups) })
}

// namesOf returns groups for a message.
func namesOf(groups []string) string {
	if len(groups) == 0 {
		return "none"
	}
	return strings.Join(groups, ", ")
}
