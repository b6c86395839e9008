// Package chat serves the route to which Slack sends what people click on the messages of
// interactive webhooks: it finds out who clicked, votes about the lock for them, and writes what
// came of it into the message.
//
// A request authenticates itself by Slack's signature, and the person by the e-mail address that
// Slack has confirmed, which LATCH_PEOPLE has to name. What a button carries gives no right to
// anybody.
//
// The files go by the steps: route.go takes a request and answers it in time, seen.go remembers
// those that were taken, person.go finds out who clicked, click.go is a click, modal.go and
// submit.go are a form that is asked for and filled in, carry.go is what a modal keeps for that,
// tell.go is what people are told.
//
// What it may not know: what votes come to, which is the run's. Teams needs no route: its buttons
// are links to the lock's page. Start reading at [Routes].
package chat
