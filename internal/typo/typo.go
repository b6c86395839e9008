package typo

import (
	"fmt"
	"strings"
)

var withoutSeparators = strings.NewReplacer("_", "", "-", "")

// bare removes the differences between spellings of one name: case, underscores, hyphens.
func bare(name string) string { return strings.ToLower(withoutSeparators.Replace(name)) }

// maximumLength bounds the names that are compared, in bytes, and thereby the work. Longer
// names are not typing mistakes.
const maximumLength = 64

// Meant returns the one of the names that an unknown name most likely stands for: the nearest
// one, and the first of several that are equally near. It returns "" if none is near.
//
// Case, underscores and hyphens make no difference. A letter that is missing, additional or
// different, and two that changed places, are one mistake each. A name of 3 to 5 letters may
// have one mistake, a longer one two.
func Meant(name string, names []string) string {
	if len(name) > maximumLength {
		return ""
	}
	given := bare(name)
	nearest, least := "", allowed(len(given))+1
	for _, each := range names {
		if each == "" || len(each) > maximumLength {
			continue
		}
		if far := distance(given, bare(each)); far < least && !lacksWord(given, bare(each), far) {
			nearest, least = each, far
		}
	}
	return nearest
}

// lacksWord reports whether a name is the end of the other, with letters missing in front:
// "timeout" is a word of its own, and not a mistyped "on_timeout".
func lacksWord(a, b string, letters int) bool {
	return letters > 1 && (strings.HasSuffix(a, b) || strings.HasSuffix(b, a))
}

// Hint returns `; did you mean "name"?`, to append to an error about a name, or "" if none of
// the names is near.
func Hint(name string, names []string) string {
	if meant := Meant(name, names); meant != "" {
		return fmt.Sprintf("; did you mean %q?", meant)
	}
	return ""
}

// allowed returns the number of mistakes that a name of the given length may have.
func allowed(letters int) int {
	switch {
	case letters < 3:
		return 0
	case letters < 6:
		return 1
	default:
		return 2
	}
}

// distance is the optimal string alignment distance, in bytes: Levenshtein's, with the exchange
// of two neighbours as one step.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
