// Package browser opens pages in a real Chromium, so that tests see what a
// person sees and press what a person presses.
//
// Parts of a page are found by their role and accessible name, as a screen
// reader announces them, never by their place in the markup: a button that no
// screen reader can name is not found.
//
// It knows the DevTools protocol, through chromedp, and nothing of Latch. Start
// reading at [Open].
package browser
