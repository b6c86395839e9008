// Package lockpage serves the page of a lock. It shows what a release, job or
// event waits for, with buttons that remove the lock, each labelled with what
// the run will then do.
//
// What lives here: page.go has the routes, form.go the signature of forms,
// view.go the data that the page shows, choice.go and foretell.go the buttons,
// page.html the HTML. internal/api finds and removes locks.
//
// What it may not know: keys, and how callers are identified (internal/api). It
// serves no JSON.
//
// Where to start: Routes in page.go.
package lockpage
