package wire

import "go.temporal.io/sdk/client"

// Configure has a client compress what it sends only over TLS. The SDK compresses always, and the
// server then compresses its answers too, which takes both sides more time than a near network
// saves: a fourteenth of the worker's work for a job. A connection without TLS is taken to be near. Over
// TLS, as to Temporal Cloud, the bytes may be billed.
func Configure(options *client.Options) {
	if options.ConnectionOptions.TLS == nil {
		options.ConnectionOptions.GrpcCompression = &client.GrpcCompressionNone{}
	}
}
