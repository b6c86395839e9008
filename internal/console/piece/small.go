package piece

// Facts are names with what they stand for, in their order.
type Facts []Fact

// A Fact is one of them.
type Fact struct {
	Name string
	Cell Cell
}

// Add adds a fact, unless its cell is empty.
func (f *Facts) Add(name string, cell Cell) {
	if cell != (Cell{}) {
		*f = append(*f, Fact{name, cell})
	}
}

// A Notice tells what has happened, or what stands in the way.
type Notice struct {
	// Tone is good, bad, wait, or "" for a plain word.
	Tone        string
	Title, Text string
	// Items are listed below.
	Items []string
}

// A Confirmation asks once more, and says what will happen.
type Confirmation struct {
	// Title is the question, Effect what a yes does.
	Title, Effect string
	// Items are what it will do it to.
	Items []string
	Form  Form
	// Back leads away from it.
	Back string
}
