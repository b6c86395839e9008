// Package urlmask hides the credentials of URLs wherever one is shown: the
// values of parameters that are credentials by name, in a query or a fragment,
// user and password, and the paths of chats' webhooks, which are keys by
// nature. What it hid it can put back, where a client sends back what it was
// shown.
//
// It may not know who is shown what, nor where URLs come from. Start reading at
// [URL], [JSON] and [Restore]; [Secrets] is for a URL that is a secret as a whole.
package urlmask
