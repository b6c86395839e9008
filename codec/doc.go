// Package codec encrypts what Latch hands to Temporal: inputs, results,
// signals, updates, queries, memos, failures, and what Temporal UI shows of a
// run. The server, its database and its backups hold AES-256-GCM alone.
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
// encryption-key-id=<id>; its data is a nonce of 12 bytes and the AES-256-GCM
// of the marshalled payload, tag included. This is the layout of the encryption
// samples of Temporal's SDKs, so that a worker in another language needs no
// more than its SDK's sample and the key.
//
// Payloads of any other encoding pass through Decode as they are: runs that
// began before there were keys go on, and a namespace may hold both.
//
// # Rotation
//
// The first key encrypts, all of them decrypt. To rotate, add the new key
// behind the others everywhere; then put it first everywhere; then, when the
// namespace's retention has passed and no run is left from before, remove the
// old one. A key is good for 2³² payloads, so a worker that sends hundreds of
// webhooks a second rotates weekly.
//
// A payload that a workflow cannot decrypt, for want of its key, fails the
// workflow task, which Temporal tries again: the run waits until a worker has
// the key, and nothing is lost.
//
// # What stays plain
//
// Ids and names (of workflows, activities, task queues, signals, updates), types
// of errors, the hosts of webhooks, which are fairness keys, search attributes,
// the notes of schedules (a registered job's title, tags and times) and the
// reasons of cancellations and terminations.
//
// The package knows Temporal's SDK, and nothing of Latch's jobs and releases.
// Start reading at [Codec].
package codec
