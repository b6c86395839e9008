package main

import "fmt"

// A row is one kind of work, which each side does in its own way.
type row struct {
	// name selects the row (-rows), such as "emission".
	name string
	// title says what is measured.
	title string
	// metrics describe the figures that a measurement returns, in order.
	metrics []metric
	// sides take turns. The last one is Latch.
	sides []side
	// once is true for counts, which are the same in each round.
	once bool
	// often is the number of parts into which a turn is split. It is used for
	// work so short that other load on the machine would affect only one side;
	// 0 means one.
	often int
}

// A metric is one figure of a row.
type metric struct {
	name string // "" if the row has only one
	unit string
	goal goal // nil for a metric without a goal
}

// A side is one way of doing a row's work.
type side struct {
	name    string
	measure measurement
}

// Names of the sides.
const (
	regular = "by hand, regular activities"
	local   = "by hand, local activities"
	onehand = "by hand"
	plain   = "net/http"
	ours    = "Latch"
)

// A goal is a goal for Latch's figures. figures holds the figures of each side,
// by round.
type goal interface {
	// judge returns what was reached and whether that is sufficient.
	judge(figures map[string][]float64) verdict
	String() string
}

// A verdict says how far a goal was met.
type verdict struct {
	Goal    string  `json:"goal"`
	Reached float64 `json:"reached"`
	Met     bool    `json:"met"`
	// times is true if the result is a ratio.
	times bool
}

// atMost is an absolute upper limit, in the metric's unit.
type atMost float64

func (g atMost) String() string { return fmt.Sprintf("at most %g", float64(g)) }

func (g atMost) judge(figures map[string][]float64) verdict {
	reached := median(figures[ours])
	return verdict{Goal: g.String(), Reached: reached, Met: reached <= float64(g)}
}

// ratio is a goal relative to another side: the median, over the rounds, of
// Latch's figure divided by that side's, which was measured just before or
// after.
type ratio struct {
	of       string
	atLeast  float64
	atMostIt float64
}

func (g ratio) String() string {
	if g.atLeast > 0 {
		return fmt.Sprintf("at least %g × %s", g.atLeast, g.of)
	}
	return fmt.Sprintf("at most %g × %s", g.atMostIt, g.of)
}

func (g ratio) judge(figures map[string][]float64) verdict {
	mine, theirs := figures[ours], figures[g.of]
	ratios := make([]float64, 0, len(mine))
	for i := range min(len(mine), len(theirs)) {
		ratios = append(ratios, mine[i]/theirs[i])
	}
	reached := median(ratios)
	met := reached >= g.atLeast
	if g.atMostIt > 0 {
		met = reached <= g.atMostIt
	}
	return verdict{Goal: g.String(), Reached: reached, Met: met, times: true}
}
