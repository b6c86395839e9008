// Package browser opens pages in a real Chromium, so that tests see and press what a person
// sees and presses.
//
// Elements are found by their role and accessible name, as a screen reader announces them,
// never by their position in the markup: a button without an accessible name is not found.
//
// It knows the DevTools protocol, through chromedp, and nothing of Latch. Start reading at
// [Open].
package browser
