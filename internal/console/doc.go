// Package console implements the pages of `starter serve`: what waits, what was
// sent, and the forms that change it. The server renders them; they work
// without JavaScript and load nothing from other sites.
//
// # How it stands on the API
//
// The console is a client of the API's own routes. It calls them in this
// process as the person who is logged in ([api.API.AsCaller],
// internal/apiclient), so roles, validation, masking, paging and error texts
// are those of the routes. If a page needs data that no route returns, add it
// to a route: pages never call Temporal themselves.
//
// # To add a page
//
//  1. A row in the table in pages.go: its path, its role, its entry in the
//     navigation, the function that shows it, and its actions with their roles.
//     Routing, login, roles, form checks, navigation and live updates follow
//     from the row.
//  2. A file <page>.go with the function: func(*visit) (*answer, error). It calls
//     v.api, fills pieces (internal/console/piece), and returns
//     show(title, template, data). It returns errors unchanged: the console shows
//     them on a page with the right status, also when Temporal is out of reach.
//  3. A template templates/<page>.html that defines the name. It gets a *view:
//     .Data is the data, and {{template "list" .Data.Locks}} shows a piece. Parts
//     that update by themselves are shown by {{.Live "id" "template" data}}: if the
//     row says live, such a part is sent again whenever it changes.
//  4. An address in everywhere_test.go, which tests the page for text that is
//     shown as markup, and for forms that lose what was typed.
//  5. A row in the table of the browser test (testsuite/e2e/console_pages_test.go),
//     which checks the page with axe in light and dark mode and takes a
//     screenshot. It fails for a page of pages.go that it does not list.
//
// # To change something
//
// Begin a form with v.form(id), which signs it for this person; forms without a
// valid signature are rejected. The form's button names the action:
// piece.Button{Value: "pause", Label: "Pause"} runs the row's action "pause".
// If the action succeeds, return v.goTo(path, "what was done"), which shows
// that text once on the next page. If the API refuses it, return the page again
// with the form, after form.Fill(v.sent) and v.refuse(&form, err), with that
// status. A form whose signature has expired, or that arrives after the session
// has ended, is shown again with what was typed (kept.go); if showing the page
// is not enough for that, as for a question that an action asks, set the row's
// again. An action that ends or undoes something asks first, with a
// piece.Confirmation that says what will happen.
//
// Make links with v.link("/console/releases", …). They are relative, so that
// the console works under any path prefix of a proxy. Pass times unformatted:
// the template "time" writes UTC, and console.js the browser's time zone.
//
// What it may not know: Temporal, workflows. Where to start: pages.go, then
// inbox.go as an example.
package console
