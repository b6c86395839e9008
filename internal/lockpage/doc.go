// Package lockpage serves the page of a lock: what a release, job or event
// waits for, and buttons that remove the lock, each named by what the run will
// then do.
//
// What lives here: page.go has the routes, form.go the proof that a form is one
// of ours and who it was shown to, view.go what the page shows, choice.go and
// foretell.go the buttons, page.html the HTML. A lock is found and removed by
// the API's core.
//
// What it may not know: keys, and how callers are identified; the core does
// that. It serves no JSON.
//
// Where to start: Routes in page.go.
package lockpage
