// Package typo finds the name that was meant by one that is not known.
//
// It knows nothing but text.
package typo

import "strings"

var withoutSeparators = strings.NewReplacer("_", "", "-", "")

// Meant returns the one of the names that a name which is none of them most
// likely stands for: the first that differs from it in case, underscores and
// hyphens alone, or in at most two letters. "" is none.
func Meant(name string, names []string) string {
	bare := withoutSeparators.Replace(name)
	for _, each := range names {
		if strings.EqualFold(bare, withoutSeparators.Replace(each)) || len(name) > 2 && distance(name, each) <= min(2, len(name)-2) {
			return each
		}
	}
	return ""
}

// distance is Levenshtein's, in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
