package piecetest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// Elements returns the elements of a page with the names of their attributes, as a
// browser reads it. It fails the test where a script is there that is not one of
// the console's files, a link leads to one, or an element is there that the
// console has no use for.
func Elements(t testing.TB, page string) []string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	var elements []string
	for node := range root.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		names := node.Data
		for _, attribute := range node.Attr {
			names += " " + attribute.Key
			checkAttribute(t, node.Data, attribute)
		}
		require.NotContains(t, []string{"img", "iframe", "object", "style", "base"}, node.Data)
		if node.Data == "script" {
			require.Nil(t, node.FirstChild, "a script of the page's own")
		}
		elements = append(elements, names)
	}
	return elements
}

// checkAttribute fails the test where an attribute is, or leads to, a script that
// is not one of the console's files.
func checkAttribute(t testing.TB, element string, attribute html.Attribute) {
	t.Helper()
	require.False(t, strings.HasPrefix(attribute.Key, "on"), "%s: %s", element, attribute.Key)
	if attribute.Key == "href" || attribute.Key == "action" || attribute.Key == "src" {
		require.NotRegexp(t, `(?i)^\s*(javascript|data|vbscript):`, attribute.Val)
	}
	if element == "script" && attribute.Key == "src" {
		require.Regexp(t, `console/static/(console|preview)\.js\?v=`, attribute.Val)
	}
}
