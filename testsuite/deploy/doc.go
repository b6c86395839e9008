// Package deploy tests the files in the folder deploy: Kubernetes manifests against the API's
// own types and published schemas, systemd units by systemd's own check, and that both only
// contain settings that the programs read. Package e2e tests the image, where there is a
// Temporal server.
//
// Start reading at manifests in manifest_test.go.
package deploy
