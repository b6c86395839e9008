// Package slacktest is a Slack for tests: a server with the methods of the Web API that Latch
// calls, and the requests that Slack sends when somebody clicks, in the shapes of Slack's
// documentation and signed as it says.
//
// What it may not know: what comes of a click. Start reading at [New].
package slacktest
