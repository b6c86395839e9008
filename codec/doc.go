// Package codec encrypts what Latch sends to Temporal: inputs, results,
// signals, updates, queries, memos, failures, and the summaries that Temporal
// UI shows of a run. The server, its database and its backups hold only
// AES-256-GCM ciphertext.
//
//  1. Make a key (starter codec keygen), and give the same LATCH_PAYLOAD_KEYS to
//     the worker, to starter and to starter serve.
//
//  2. A worker or client of your own takes them too:
//
//     payloads, err := codec.FromEnvironment()
//     // …
//     payloads.Configure(&options) // client.Options
//     c, err := client.Dial(options)
//
//  3. For Temporal UI and the temporal command, run starter codec serve.
//
// # On the wire
//
// A payload has the metadata encoding=binary/encrypted and
// encryption-key-id=<id>. Its data is a nonce of 12 bytes followed by the
// AES-256-GCM ciphertext of the marshalled payload, including the tag. This is
// the format of the encryption samples of Temporal's SDKs, so that a worker in
// another language needs only its SDK's sample and the key.
//
// Decode passes payloads of any other encoding unchanged. Runs that began
// before there were keys continue, and a namespace may contain both.
//
// # Rotation
//
// The first key encrypts, all keys decrypt. To rotate, first append the new key
// everywhere; then move it to the front everywhere; then, when the namespace's
// retention has passed and no older run is left, remove the old key. A key may
// encrypt 2³² payloads, so a worker that sends hundreds of webhooks a second
// should rotate weekly.
//
// If a workflow cannot decrypt a payload because it lacks the key, its workflow
// task fails and Temporal retries it. The run waits until a worker has the key,
// and nothing is lost.
//
// # What stays plain
//
// Ids and names (of workflows, activities, task queues, signals, updates),
// error types, the hosts of webhooks (used as fairness keys), search
// attributes, the notes of schedules (a registered job's title, tags and
// times), and the reasons for cancellations and terminations.
//
// What it may not know: Latch's jobs and releases. Start reading at [Codec].
package codec
