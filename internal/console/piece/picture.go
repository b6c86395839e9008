package piece

import "unicode"

// A Picture is a drawing that the server makes, such as the way of a release. Its
// size is in CSS pixels; a window that is narrower scrolls it sideways.
type Picture struct {
	// ID is unique in the page. Name says what is drawn, and Describe in a
	// sentence or two what it shows, to whoever cannot see it.
	ID, Name, Describe string
	Width, Height      int
	// Arrows are drawn first, below the boxes.
	Arrows []Arrow
	Boxes  []Box
}

// A Box is a rectangle with a text, at its upper left corner.
type Box struct {
	X, Y, Width, Height int
	// Text is its first line, Note the one below. What is too long is cut; a
	// pointer shows it whole.
	Text, Note string
	// Tone is good, bad, wait, or "". Look is LookDone for what has happened,
	// LookNow for what happens, LookLater for what may come, LookUndo for what
	// would be undone.
	Tone, Look string
	// Href leads to what the box stands for.
	Href string
}

// Looks of boxes and arrows.
const (
	LookDone  = "done"
	LookNow   = "now"
	LookLater = "later"
	LookUndo  = "undo"
)

// An Arrow leads from one point to another, straight, or over corners.
type Arrow struct {
	// Points are x and y in turn.
	Points []int
	Look   string
	// Text stands beside its middle.
	Text string
}

// Path is the arrow's points, as a polyline has them.
func (a Arrow) Path() string {
	path := ""
	for i := 0; i+1 < len(a.Points); i += 2 {
		path += number(float64(a.Points[i])) + "," + number(float64(a.Points[i+1])) + " "
	}
	return path
}

// Middle is where the arrow's text begins.
func (a Arrow) Middle() (at struct{ X, Y int }) {
	if n := len(a.Points); n >= 4 {
		at.X, at.Y = (a.Points[0]+a.Points[n-2])/2+6, (a.Points[1]+a.Points[n-1])/2+4
	}
	return at
}

// Short is the box's text, as much as fits.
func (b Box) Short() string { return cut(b.Text, float64(b.Width-14), 1) }

// ShortNote is the box's note, as much as fits.
func (b Box) ShortNote() string { return cut(b.Note, float64(b.Width-14), .86) }

// Left is where the box's text begins.
func (b Box) Left() int { return b.X + 10 }

// Line is where the box's text stands.
func (b Box) Line() int {
	if b.Note == "" {
		return b.Y + b.Height/2 + 5
	}
	return b.Y + b.Height/2 - 3
}

// NoteLine is where the box's note stands.
func (b Box) NoteLine() int { return b.Y + b.Height/2 + 15 }

// Whole is all that the box says.
func (b Box) Whole() string {
	if b.Note == "" {
		return b.Text
	}
	return b.Text + ": " + b.Note
}

// About how wide letters are in the font of a box's text, in pixels.
const (
	capital = 10.2
	letter  = 7.8
)

// cut returns as many letters of a text as fit into a width, with an ellipsis for
// the rest. The scale is that of the letters.
func cut(text string, width, scale float64) string {
	used := 0.0
	for i, each := range text {
		size := letter
		if unicode.IsUpper(each) || each > unicode.MaxLatin1 {
			size = capital
		}
		if used += size * scale; used > width {
			runes := []rune(text[:i])
			return string(runes[:max(len(runes)-1, 0)]) + "…"
		}
	}
	return text
}
