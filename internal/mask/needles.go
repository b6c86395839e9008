package mask

import (
	"math/bits"
	"slices"
	"strings"
)

// Needles are texts that are searched for in one pass, whose cost hardly
// depends on their number. The first bytes at a position, up to four, select
// the few needles that may begin there; a bit filter rules out most positions
// with one lookup.
//
// It is not an Aho-Corasick automaton, which needs a state for every byte of
// every needle. For a few hundred secrets, each in a dozen encodings, that
// takes a hundred times the memory and is no faster on texts without secrets.
type Needles struct {
	// width is the number of first bytes that select: four, or the length of
	// the shortest needle.
	width int
	// starting holds the needles by their first bytes, and filter a bit for
	// each hash of those.
	starting map[uint32][]string
	filter   []uint64
	shift    uint // from a hash to its bit
	longest  int
}

const (
	widestChoice = 4
	// filterBits is the number of bits in the filter for each selection.
	filterBits = 16
)

// newNeedles returns needles for texts, or nil if there are none.
func newNeedles(texts map[string]bool) *Needles {
	n := &Needles{width: widestChoice, starting: map[uint32][]string{}}
	for text := range texts {
		n.width = min(n.width, len(text))
		n.longest = max(n.longest, len(text))
	}
	if n.longest == 0 {
		return nil
	}
	for text := range texts {
		first := n.choice(text)
		n.starting[first] = append(n.starting[first], text)
	}
	size := max(6, bits.Len(uint(len(n.starting)*filterBits)))
	n.filter, n.shift = make([]uint64, 1<<(size-6)), uint(32-size)
	for first, some := range n.starting {
		slices.Sort(some)
		bit := hashOf(first) >> n.shift
		n.filter[bit>>6] |= 1 << (bit & 63)
	}
	return n
}

// hashOf spreads first bytes over the filter.
func hashOf(first uint32) uint32 { return first * 0x9e3779b1 }

// choice returns the first bytes of a text of at least width bytes.
func (n *Needles) choice(text string) uint32 {
	var first uint32
	for i := range n.width {
		first |= uint32(text[i]) << (8 * i)
	}
	return first
}

// eachCandidate visits the positions of a text, beginning at from, at which one
// of some needles may begin, until visit returns false.
func (n *Needles) eachCandidate(text string, from int, visit func(at int, some []string) bool) {
	if len(text)-from < n.width {
		return
	}
	filter, shift, last := n.filter, n.shift, 8*(n.width-1)
	first := n.choice(text[from:])
	for at := from; ; {
		if bit := hashOf(first) >> shift; filter[bit>>6]>>(bit&63)&1 != 0 {
			if some := n.starting[first]; some != nil && !visit(at, some) {
				return
			}
		}
		if at++; at+n.width > len(text) {
			return
		}
		first = first>>8 | uint32(text[at+n.width-1])<<last
	}
}

// search adds the ranges of needles in the view.
func (n *Needles) search(view view, found []span) []span {
	if n == nil {
		return found
	}
	n.eachCandidate(view.text, 0, func(at int, some []string) bool {
		for _, needle := range some {
			if strings.HasPrefix(view.text[at:], needle) {
				found = append(found, span{view.origin(at), view.origin(at + len(needle))})
			}
		}
		return true
	})
	return found
}

// begins returns the first position from which the rest of a text is the
// beginning of a needle, at least shortest bytes long, or the length of the
// text if no needle begins in it.
func (n *Needles) begins(text string, shortest int) int {
	place := len(text)
	if n == nil {
		return place
	}
	n.eachCandidate(text, max(0, len(text)-n.longest+1), func(at int, some []string) bool {
		tail := text[at:]
		if len(tail) >= shortest && slices.ContainsFunc(some, func(needle string) bool { return len(needle) > len(tail) && strings.HasPrefix(needle, tail) }) {
			place = at
		}
		return place == len(text) && len(tail) > shortest
	})
	return place
}
