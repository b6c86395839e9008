// Package console is the pages of `starter serve`: what waits, what went out, and
// the forms that change it. It is rendered by the server, works without
// JavaScript, and loads nothing from elsewhere.
//
// # How it stands on the API
//
// The console is a client of the API's own routes, called in this process as the
// person who is logged in ([api.API.AsCaller], internal/apiclient). So roles, validation,
// masking, paging and the texts of errors are the routes'. Where a route lacks
// what a page needs, the route gets it: a page has no way of its own to Temporal.
//
// # To add a page
//
//  1. A row in the table in pages.go: its path, its role, its entry in the
//     navigation, the function that shows it, and its actions with their roles.
//     Routing, login, roles, the check of forms, the navigation and the live
//     stream follow from the row.
//  2. A file <page>.go with the function: func(*visit) (*answer, error). It calls
//     v.api, fills pieces (internal/console/piece), and returns
//     show(title, template, data). An error it returns as it is: a page of the
//     right status says it, and that Temporal is out of reach where it is.
//  3. A template templates/<page>.html that defines the name. It gets a *view: its
//     .Data is the data, and {{template "list" .Data.Locks}} shows a piece. What
//     changes by itself it shows by {{.Live "id" "template" data}}: where the row
//     says live, that part is sent again whenever it reads otherwise.
//  4. An address in everywhere_test.go, which has the page tested for texts that
//     are shown as markup, and for forms that lose what is typed.
//  5. A row in the table of the browser's test (testsuite/e2e/console_pages_test.go),
//     which has axe look at it in light and dark, takes its picture, and fails
//     for a page of pages.go that is not in it.
//
// # To change something
//
// A form's piece is begun by v.form(id), which has it bear the proof that it was
// shown to this person; without the proof nothing is taken. It names the action
// by its button: piece.Button{Value: "pause", Label: "Pause"} runs the row's
// action "pause". What succeeded returns v.goTo(path, "what was done"), which
// shows that once on the next page. What was refused returns the page again with
// the form, after form.Fill(v.sent) and v.refuse(&form, err), with its status. A
// form whose proof is too old, or that comes when the session is over, is shown
// again with what was typed (kept.go); where showing the page is not enough for
// that, as for a question that an action asks, the row has again. What
// ends or undoes something is confirmed first, by a piece.Confirmation that says
// what will happen.
//
// Links are made by v.link("/console/releases", …): relative, so that the console
// stands under any path of a proxy's. Times are given as they are: the template
// "time" writes UTC, and console.js the browser's zone.
//
// What it may not know: Temporal, workflows. Where to start: pages.go, then
// inbox.go as an example.
package console
