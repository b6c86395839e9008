package codec

import (
	"context"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Configure has a client, and all workers that are made with it, encrypt and
// decrypt: its data converter, whichever it has, is wrapped, and its failure
// converter encrypts messages and stack traces, too.
func (c *Codec) Configure(options *client.Options) {
	options.DataConverter = c.DataConverter(options.DataConverter)
	options.FailureConverter = temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter: options.DataConverter, EncodeCommonAttributes: c.Encrypts()})
}

// DataConverter wraps a data converter; nil is the default one. In workflow
// code what cannot be decrypted panics, which fails the workflow task and has
// Temporal try it again: an error would have the run fail, or lose the signal.
func (c *Codec) DataConverter(parent converter.DataConverter) converter.DataConverter {
	if parent == nil {
		parent = converter.GetDefaultDataConverter()
	}
	return &dataConverter{DataConverter: converter.NewCodecDataConverter(parent, c), parent: parent, codec: c}
}

// A dataConverter knows whether it serves workflow code.
type dataConverter struct {
	converter.DataConverter
	parent converter.DataConverter
	codec  *Codec
}

var _ workflow.ContextAware = (*dataConverter)(nil)

// WithWorkflowContext returns the one for workflow code.
func (d *dataConverter) WithWorkflowContext(ctx workflow.Context) converter.DataConverter {
	parent := d.parent
	if aware, is := parent.(workflow.ContextAware); is {
		parent = aware.WithWorkflowContext(ctx)
	}
	return converter.NewCodecDataConverter(parent, insistent{d.codec})
}

// WithContext returns the one for activities.
func (d *dataConverter) WithContext(ctx context.Context) converter.DataConverter {
	if aware, is := d.parent.(workflow.ContextAware); is {
		return d.codec.DataConverter(aware.WithContext(ctx))
	}
	return d
}

// WithSerializationContext hands on what the wrapped one may want to know.
func (d *dataConverter) WithSerializationContext(ctx converter.SerializationContext) converter.DataConverter {
	if aware, is := d.parent.(converter.DataConverterWithSerializationContext); is {
		return d.codec.DataConverter(aware.WithSerializationContext(ctx))
	}
	return d
}

// insistent is a codec that panics where it cannot decrypt.
type insistent struct{ *Codec }

// Decode decrypts, or panics.
func (i insistent) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	decoded, err := i.Codec.Decode(payloads)
	if err != nil {
		panic(err)
	}
	return decoded, nil
}
