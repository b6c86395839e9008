package codec

import (
	"context"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Configure makes a client, and all workers created with it, encrypt and
// decrypt payloads. It wraps the data converter of the options, and makes the
// failure converter encrypt messages and stack traces.
func (c *Codec) Configure(options *client.Options) {
	options.DataConverter = c.DataConverter(options.DataConverter)
	options.FailureConverter = temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter: options.DataConverter, EncodeCommonAttributes: c.Encrypts()})
}

// DataConverter wraps a data converter, or the default one if parent is nil. In
// workflow code, a payload that cannot be decrypted panics. This fails the
// workflow task, which Temporal retries; an error would fail the run or lose
// the signal.
func (c *Codec) DataConverter(parent converter.DataConverter) converter.DataConverter {
	if parent == nil {
		parent = converter.GetDefaultDataConverter()
	}
	return &dataConverter{DataConverter: converter.NewCodecDataConverter(parent, c), parent: parent, codec: c}
}

// A dataConverter behaves differently in workflow code.
type dataConverter struct {
	converter.DataConverter
	parent converter.DataConverter
	codec  *Codec
}

var _ workflow.ContextAware = (*dataConverter)(nil)

// WithWorkflowContext returns the converter for workflow code.
func (d *dataConverter) WithWorkflowContext(ctx workflow.Context) converter.DataConverter {
	parent := d.parent
	if aware, is := parent.(workflow.ContextAware); is {
		parent = aware.WithWorkflowContext(ctx)
	}
	return converter.NewCodecDataConverter(parent, insistent{d.codec})
}

// WithContext returns the converter for activities.
func (d *dataConverter) WithContext(ctx context.Context) converter.DataConverter {
	if aware, is := d.parent.(workflow.ContextAware); is {
		return d.codec.DataConverter(aware.WithContext(ctx))
	}
	return d
}

// WithSerializationContext passes the context on to the wrapped converter.
func (d *dataConverter) WithSerializationContext(ctx converter.SerializationContext) converter.DataConverter {
	if aware, is := d.parent.(converter.DataConverterWithSerializationContext); is {
		return d.codec.DataConverter(aware.WithSerializationContext(ctx))
	}
	return d
}

// insistent is a codec that panics if it cannot decrypt.
type insistent struct{ *Codec }

// Decode decrypts payloads or panics.
func (i insistent) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	decoded, err := i.Codec.Decode(payloads)
	if err != nil {
		panic(err)
	}
	return decoded, nil
}
