package deliveries

import (
	"maps"
	"slices"
)

// silentAfter is after how many runs in a row without an answer the others of a task queue are
// not asked. A busy worker misses one now and then.
const silentAfter = 3

// A silence counts, by task queue, the runs in a row that no worker answered for.
type silence map[string]int

func newSilence(silent []string) silence {
	s := silence{}
	for _, queue := range silent {
		s[queue] = silentAfter
	}
	return s
}

func (s silence) missed(queue string) { s[queue]++ }

func (s silence) heard(queue string) { delete(s, queue) }

func (s silence) has(queue string) bool { return s[queue] >= silentAfter }

// queues returns the task queues that are not asked, sorted.
func (s silence) queues() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s)), func(queue string) bool { return !s.has(queue) })
}
