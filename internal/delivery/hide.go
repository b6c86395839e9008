package delivery

// A Mask hides texts wherever, and however escaped, they stand in others, as
// records hide secrets: see masker. The zero value hides nothing.
type Mask struct{ masker *masker }

// NewMask makes a mask of what is to be hidden.
func NewMask(secrets []string) Mask { return Mask{newMasker(secrets)} }

// Text returns a text with *** in place of all that is hidden.
func (m Mask) Text(text string) string { return m.masker.text(text) }

// Readings visits a text, and all that the decoders of JSON, URLs, forms and
// HTML make of it, up to three deep.
func Readings(text string, visit func(reading string)) {
	eachView(text, func(read view) { visit(read.text) })
}
