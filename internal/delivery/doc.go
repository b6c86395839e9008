// Package delivery makes one HTTP attempt: it renders a request, signs it, sends
// it, and classifies what comes back. The rules are those of the contract's
// sections "Webhook", "Templates", "Responses" and "Records".
//
// The files go by the steps of an attempt:
//
//	render*.go, preset*.go      templates, body, headers and URL become a request
//	sign*.go                    its secrets, signature, credentials, OAuth2 token
//	send*.go                    the endpoint's turn, connections, TLS, time limits
//	read*.go                    the answer: decompressed, in UTF-8, as JSON
//	classify*.go, errors.go     delivered, again later, or never
//	record*.go                  what a record keeps of it
//
// [Sender.Send] makes an attempt at a webhook's delivery; [Sender.Prepare] shows
// one before anything leaves; [Sender.Do] runs an HTTP task. An error is one of
// three types: [*UnreachableError] and [*StatusError] may be worth another
// attempt ([Retryable], [RetryAfter]), a [*PermanentError] never is.
//
// No value of a secret leaves this package but in the request itself: every
// [Attempt] and every error is masked, by package mask.
//
// It may not know Temporal, the environment, or the outcome of a delivery over
// several attempts. Start reading at [Sender.Send] in attempt.go.
package delivery
