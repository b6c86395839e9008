// Package delivery makes one HTTP attempt: it renders the request, signs it,
// sends it through the guard of package egress, reads what comes back and
// classifies it.
//
// [Sender.Send] makes an attempt at a webhook's delivery, which [Sender.Prepare]
// shows before anything leaves, and [Sender.Do] runs an HTTP task; both stand
// on the same client, guard and limits, and so does the fetch of an OAuth2
// token. What went
// wrong is one of three types: [*UnreachableError] and a [*StatusError] may be
// worth another attempt ([Retryable], [RetryAfter]), a [*PermanentError] never
// is. The rules are those of the contract's sections "Webhook", "Templates",
// "Responses" and "Records".
//
// No value of a secret leaves this package but in the request itself: every
// [Attempt] and every error is masked.
//
// It may not know Temporal, the environment, or what becomes of an attempt.
// Start reading at [Sender.Send]: prepare.go renders and signs, exchange.go sends,
// response.go reads and classifies. Package mask does the masking.
package delivery
