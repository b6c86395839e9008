package delivery

import (
	"strings"
	"testing"
)

// Masking an answer of the size limit that costs most: escapes in escapes.
func BenchmarkMask(b *testing.B) {
	m := newMasker([]string{"mdoq-is-awesome", "other+secret value"})
	const unit = `\\\\%25252b&amp;amp;+`
	text := strings.Repeat(unit, MaximumResponseBytes/len(unit))
	for b.Loop() {
		m.text(text)
	}
}
