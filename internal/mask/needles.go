package mask

import (
	"math/bits"
	"slices"
	"strings"
)

// Needles are texts that are looked for all at once, in one pass whose cost
// hardly depends on how many there are. The first bytes at a place of a text,
// up to four, choose the few needles that may stand there; a filter of bits
// rules most places out by one look.
//
// It is not Aho and Corasick's automaton: that one takes a state for every byte
// of every needle, which for some hundred secrets, each in a dozen encodings,
// is a hundred times the memory and no faster on texts that hold none.
type Needles struct {
	// width is how many first bytes choose: four, or the length of the shortest
	// needle.
	width int
	// starting are the needles by their first bytes, filter has a bit for each
	// hash of these.
	starting map[uint32][]string
	filter   []uint64
	shift    uint // from a hash to its bit
	longest  int
}

const (
	widestChoice = 4
	// filterBits is how many bits the filter has for each choice.
	filterBits = 16
)

// newNeedles takes texts; nil is for none.
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

// choice returns the first bytes of a text that is no shorter than width.
func (n *Needles) choice(text string) uint32 {
	var first uint32
	for i := range n.width {
		first |= uint32(text[i]) << (8 * i)
	}
	return first
}

// eachCandidate visits the places of a text, from a first one on, at which one
// of some needles may stand, until visit returns false.
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

// search adds where in the view a needle stands.
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

// begins returns the first place of a text from which on it is the beginning
// of a needle, of at least so many bytes; its length if there is none.
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
