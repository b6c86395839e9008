package excerpt_test

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/excerpt"
)

func TestExcerpts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text              string
		n                 int
		first, of, within string
	}{
		{"", 3, "", "", ""},
		{"abcd", 4, "abcd", "abcd", "abcd"},
		{"abcde", 4, "abcd", "abcd…", "a…"},
		{"abcde", 3, "abc", "abc…", "…"},
		{"aé", 2, "a", "a…", ""},
		{"äöü", 3, "ä", "ä…", "…"},
		{"版版", 5, "版", "版…", "…"},
		{"😀😀", 7, "😀", "😀…", "😀…"},
		{"\x80\x80\x80\x80\x80\x80", 5, "\x80\x80\x80\x80\x80", "\x80\x80\x80\x80\x80…", "\x80\x80…"},
		{"\x80\x80", 1, "\x80", "\x80…", ""},
	} {
		require.Equal(t, test.first, excerpt.First(test.text, test.n), "%q", test.text)
		require.Equal(t, test.of, excerpt.Of(test.text, test.n), "%q", test.text)
		if test.n >= 3 {
			require.Equal(t, test.within, excerpt.Within(test.text, test.n), "%q", test.text)
		}
	}
}

// An excerpt is never too long, never cut within a character, and equals its text up to the
// cut.
func FuzzExcerpts(f *testing.F) {
	f.Add("déjà 版😀", uint8(5))
	f.Fuzz(func(t *testing.T, text string, length uint8) {
		n := int(length)
		first := excerpt.First(text, n)
		require.LessOrEqual(t, len(first), n)
		require.Equal(t, text[:len(first)], first)
		require.Equal(t, utf8.ValidString(text), utf8.ValidString(text) && utf8.ValidString(first))
		if n >= 3 {
			require.LessOrEqual(t, len(excerpt.Within(text, n)), n)
		}
	})
}
