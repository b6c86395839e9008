// Package deploy tests the files in the folder deploy, by which others run Latch:
// Kubernetes manifests against the API's own types and published schemas, systemd units
// by systemd's own check, and that both give programs only settings that these read.
// The image is tried where there is a Temporal server, in e2e.
//
// Start reading at manifests in manifest_test.go.
package deploy
