package typo

import (
	"fmt"
	"strings"
)

var withoutSeparators = strings.NewReplacer("_", "", "-", "")

// bare is what two spellings of one name share: no case, no underscores, no
// hyphens.
func bare(name string) string { return strings.ToLower(withoutSeparators.Replace(name)) }

// maximumLength bounds the names that are looked at, in bytes, and with them
// the work: nobody mistypes a name of that length.
const maximumLength = 64

// Meant returns the one of the names that a name which is not among them most
// likely stands for: the nearest one, the first of several that are as near. ""
// says that none is near.
//
// Case, underscores and hyphens make no difference. A letter that is missing,
// too many or another, and two that changed places, are one mistake each; a name
// of 3 to 5 letters may have one of them, a longer one two.
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

// lacksWord reports whether a name is all of the other but for letters before it:
// "timeout" is a word of its own, and no mistyped "on_timeout".
func lacksWord(a, b string, letters int) bool {
	return letters > 1 && (strings.HasSuffix(a, b) || strings.HasSuffix(b, a))
}

// Hint returns `; did you mean "name"?`, to stand behind the words that refuse
// a name, and "" where none of the names is near.
func Hint(name string, names []string) string {
	if meant := Meant(name, names); meant != "" {
		return fmt.Sprintf("; did you mean %q?", meant)
	}
	return ""
}

// allowed is how many mistakes a name of that many letters may have.
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

// distance is the one of optimal string alignment, in bytes: that of
// Levenshtein, with the exchange of two neighbours as one step.
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
