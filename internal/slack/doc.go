// Package slack speaks with Slack: it checks the signature of a request that Slack sends, reads
// what somebody clicked, writes buttons into messages, and calls Slack's Web API.
//
// The files go by what passes: button.go and message.go are the message with its buttons,
// signature.go and interaction.go are what Slack sends when somebody clicks, and client.go is what
// Slack is asked.
//
// What it may not know: runs, votes, who may decide, and settings. Start reading at [Verify] and
// [ParseInteraction]; [WithButtons] is the other end.
package slack
