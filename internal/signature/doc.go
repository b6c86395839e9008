// Package signature makes and verifies the signatures of Standard Webhooks
// (github.com/standard-webhooks/standard-webhooks, "Signature scheme"): v1, symmetric, by
// HMAC-SHA256, and v1a, asymmetric, by ed25519.
//
// A [Key] is parsed from its text: whsec_ and base64 (symmetric), whsk_ and base64 (an ed25519
// private key), whpk_ and base64 (an ed25519 public key), or any other text, whose bytes are a
// symmetric key.
//
// It may not know HTTP, where keys are kept, or what a message means. Start reading at
// [ParseKey] and [Message].
package signature
