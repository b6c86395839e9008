package mask

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Needles are found at any position, whatever their lengths, and so is the beginning of one at
// a text's end.
func TestNeedles(t *testing.T) {
	t.Parallel()
	for _, words := range [][]string{{"abcdef", "abcxyz", "bcd"}, {"a"}, {"ab", "abcd"}, {"abcd"}, {"needle", "needles", "eed"}} {
		all := map[string]bool{}
		for _, word := range words {
			all[word] = true
		}
		n := newNeedles(all)
		text := "a" + strings.Join(words, "-") + "abcde xneedlesab"
		var want []span
		for i := range text {
			for _, word := range words {
				if strings.HasPrefix(text[i:], word) {
					want = append(want, span{i, i + len(word)})
				}
			}
		}
		require.ElementsMatch(t, want, n.search(view{text: text}, nil), words)
	}
	require.Nil(t, newNeedles(nil))
	n := newNeedles(map[string]bool{"mdoq-is-awesome": true, "mdoqx": true})
	for text, want := range map[string]int{"x mdoq": 2, "x mdo": 5, "x mdoq-is-awesom": 2, "x mdoq-is-awesome": 17, "mdoqmdoq": 4, "": 0} {
		require.Equal(t, want, n.begins(text, shortestTail), text)
	}
}
