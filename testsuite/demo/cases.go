package main

// Sources of the cases.
const (
	mitto = "Mitto's page on webhooks"
	mdoq  = "MDOQ's page on webhooks"
)

// showcases returns all cases, in the order in which they are shown.
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
