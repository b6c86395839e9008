package assign_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/assign"
)

// As many places as possible are filled, and nobody takes two.
func TestFill(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		sizes []int
		// may has for each person the groups whose places they may take.
		may  [][]int
		want []int
	}{
		"nobody":                     {[]int{2}, nil, []int{0}},
		"no places":                  {nil, [][]int{{}}, []int{}},
		"one each":                   {[]int{1, 1}, [][]int{{0}, {1}}, []int{1, 1}},
		"one for two":                {[]int{1, 1}, [][]int{{0, 1}}, []int{1, 0}},
		"the first makes way":        {[]int{1, 1}, [][]int{{0, 1}, {0}}, []int{1, 1}},
		"two make way":               {[]int{1, 1, 1}, [][]int{{0, 1}, {0, 2}, {0}}, []int{1, 1, 1}},
		"a chain":                    {[]int{1, 1, 1}, [][]int{{0, 1}, {1, 2}, {0}}, []int{1, 1, 1}},
		"more people than places":    {[]int{2}, [][]int{{0}, {0}, {0}}, []int{2}},
		"somebody who may take none": {[]int{1}, [][]int{{}}, []int{0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			filled := assign.Fill(test.sizes, len(test.may), func(person, group int) bool { return slices.Contains(test.may[person], group) })
			require.Equal(t, test.want, filled)
		})
	}
}
