package latch

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// Contract, Secrets by name: the names match its pattern.
func FuzzIsSecretName(f *testing.F) {
	pattern := regexp.MustCompile(secretName)
	for _, name := range []string{"", "a", "change-board", "A_1.b-c._", ".a", "a.", "a..b", "-a", "_a", "a.-", "a b",
		"é", "a\n", "9", "a.b.c"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		require.Equal(t, pattern.MatchString(name), IsSecretName(name), "%q", name)
	})
}
