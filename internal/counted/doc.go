// Package counted puts numbers of things into words. Start with [Of].
package counted
