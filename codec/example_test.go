package codec_test

import (
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch/codec"
)

// A codec encrypts what Temporal stores. The first key encrypts, and all keys decrypt. To
// rotate, append the new key everywhere, and then move it to the front.
func ExampleNew() {
	key, err := codec.NewKey("2026-11")
	if err != nil {
		fmt.Println(err)
		return
	}
	payloads, err := codec.New(key)
	if err != nil {
		fmt.Println(err)
		return
	}
	encoded, err := payloads.Encode([]*commonpb.Payload{{Data: []byte(`"a name"`)}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(encoded[0].Metadata["encoding"]), string(encoded[0].Metadata[codec.MetadataKeyID]))
	decoded, err := payloads.Decode(encoded)
	fmt.Println(string(decoded[0].Data), err)
	// Output:
	// binary/encrypted 2026-11
	// "a name" <nil>
}

// A client of your own takes the keys from LATCH_PAYLOAD_KEYS_FILE, as Latch's
// programs do.
func ExampleFromEnvironment() {
	payloads, err := codec.FromEnvironment()
	if err != nil {
		fmt.Println(err)
		return
	}
	var options client.Options
	payloads.Configure(&options)
}
