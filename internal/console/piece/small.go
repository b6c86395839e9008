package piece

// Facts are names with values, in order.
type Facts []Fact

// A Fact is a name with a value.
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

// A Notice says what has happened, or what prevents it.
type Notice struct {
	// Tone is good, bad, wait, or "" for a neutral notice.
	Tone        string
	Title, Text string
	// Items are listed below the text.
	Items []string
}

// A Confirmation asks before an action, and says what will happen.
type Confirmation struct {
	// Title is the question, Effect what happens on yes.
	Title, Effect string
	// Items are the things that the action affects.
	Items []string
	Form  Form
	// Back is the address to return to on no.
	Back string
}
