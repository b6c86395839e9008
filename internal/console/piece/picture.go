package piece

import "unicode"

// A Picture is a drawing made by the server, such as the course of a release.
// Its size is in CSS pixels; a narrower window scrolls it sideways.
type Picture struct {
	// ID is unique in the page. Name says what is drawn. Describe says in a
	// sentence or two what the drawing shows, for readers who cannot see it.
	ID, Name, Describe string
	Width, Height      int
	// Arrows are drawn first, under the boxes.
	Arrows []Arrow
	Boxes  []Box
}

// A Box is a rectangle with text. X and Y are its upper left corner.
type Box struct {
	X, Y, Width, Height int
	// Text is the first line, Note the second. Text that is too long is cut,
	// and shown in full in a tooltip.
	Text, Note string
	// Tone is good, bad, wait, or "". Look is LookDone for what has happened,
	// LookNow for what is happening, LookLater for what may follow, LookUndo
	// for what would be undone.
	Tone, Look string
	// Href links to what the box stands for.
	Href string
}

// Looks of boxes and arrows.
const (
	LookDone  = "done"
	LookNow   = "now"
	LookLater = "later"
	LookUndo  = "undo"
)

// An Arrow connects two points, directly or with corners.
type Arrow struct {
	// Points are alternating x and y coordinates.
	Points []int
	Look   string
	// Text is shown beside the middle of the arrow.
	Text string
}

// Path returns the points in the format of an SVG polyline.
func (a Arrow) Path() string {
	path := ""
	for i := 0; i+1 < len(a.Points); i += 2 {
		path += number(float64(a.Points[i])) + "," + number(float64(a.Points[i+1])) + " "
	}
	return path
}

// Middle returns the position of the arrow's text.
func (a Arrow) Middle() (at struct{ X, Y int }) {
	if n := len(a.Points); n >= 4 {
		at.X, at.Y = (a.Points[0]+a.Points[n-2])/2+6, (a.Points[1]+a.Points[n-1])/2+4
	}
	return at
}

// Short returns as much of the text as fits into the box.
func (b Box) Short() string { return cut(b.Text, float64(b.Width-14), 1) }

// ShortNote returns as much of the note as fits into the box.
func (b Box) ShortNote() string { return cut(b.Note, float64(b.Width-14), .86) }

// Left returns the x coordinate of the text.
func (b Box) Left() int { return b.X + 10 }

// Line returns the y coordinate of the text.
func (b Box) Line() int {
	if b.Note == "" {
		return b.Y + b.Height/2 + 5
	}
	return b.Y + b.Height/2 - 3
}

// NoteLine returns the y coordinate of the note.
func (b Box) NoteLine() int { return b.Y + b.Height/2 + 15 }

// Whole returns the text and the note in full.
func (b Box) Whole() string {
	if b.Note == "" {
		return b.Text
	}
	return b.Text + ": " + b.Note
}

// Approximate widths of characters in a box's font, in pixels.
const (
	capital = 10.2
	letter  = 7.8
)

// cut returns as much of a text as fits into a width, with an ellipsis if it is
// cut. scale is the size of the characters, relative to a box's text.
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
