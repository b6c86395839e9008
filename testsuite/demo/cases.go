package main

// Where the cases stand.
const (
	mitto = "Mitto's page on webhooks"
	mdoq  = "MDOQ's page on webhooks"
)

// showcases are all cases, in the order in which they are shown.
func showcases() []showcase {
	return []showcase{
		slackMessage,
		severalWebhooks,
		anotherJob,
		sharedSecret,
		heldRelease,
		stoppedRelease,
		rolledBackRelease,
		failingReceiver,
	}
}
