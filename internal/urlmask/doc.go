// Package urlmask hides the credentials in URLs that are shown: the values of
// query and fragment parameters whose names say that they are credentials, user
// and password, and the paths of chat webhooks, which are keys. It can restore
// what it hid when a client sends back what it was shown.
//
// What it may not know: who is shown what, and where URLs come from. Start
// reading at [URL], [JSON] and [Restore]; [Secrets] is for a URL that is secret
// as a whole.
package urlmask
