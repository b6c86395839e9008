package expr

import (
	"regexp"
	"strings"
)

// spellings maps operators of other languages to advice for CEL.
var spellings = map[string]string{
	"=": "write == to compare", "&": "write && for and", "|": "write || for or",
	"and": "write && for and", "or": "write || for or",
}

// misspelt matches the syntax error for an operator of another language.
var misspelt = regexp.MustCompile(`^Syntax error: (?:token recognition error at: '([=&|])|mismatched input '(?i:(and|or))')`)

// hintFor returns what to write instead, or "" if an issue has no hint.
func hintFor(issue string) string {
	if strings.HasPrefix(issue, "type 'semver' does not support field selection") {
		return "write major(), minor() or patch()"
	}
	found := misspelt.FindStringSubmatch(issue)
	if found == nil {
		return ""
	}
	return spellings[found[1]+strings.ToLower(found[2])]
}

// typeNames replaces the names of types by those used in expressions.
var typeNames = strings.NewReplacer("google.protobuf.Timestamp", "timestamp", "google.protobuf.Duration", "duration")

// advice returns what to write instead of an expression that failed when
// evaluated, or "".
func advice(failure string) string {
	switch {
	case strings.HasPrefix(failure, "no such key"), strings.HasPrefix(failure, "index out of bounds"):
		return "for what may be missing write [?'key'].orValue('default')"
	case strings.HasPrefix(failure, "unsupported index value"):
		return "an index of a list is a whole number"
	case strings.HasPrefix(failure, "no such overload") && strings.Contains(failure, "timestamp") && strings.Contains(failure, "string"):
		return "write timestamp(…) for a time that is a string"
	case strings.HasPrefix(failure, "no such overload: semver("):
		return "semver takes a string: put the version in quotes where it is given"
	case strings.HasPrefix(failure, "no such overload") && strings.Contains(failure, "semver"):
		return "write semver(…) on both sides"
	default:
		return ""
	}
}
