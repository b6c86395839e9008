package codec_test

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/proto"

	"github.com/latch-run/latch/codec"
)

// keyOf returns a key that repeats one byte.
func keyOf(id string, b byte) codec.Key {
	return codec.Key{ID: id, Secret: []byte(strings.Repeat(string([]byte{b}), 32))}
}

func newCodec(t *testing.T, keys ...codec.Key) *codec.Codec {
	t.Helper()
	made, err := codec.New(keys...)
	require.NoError(t, err)
	return made
}

func payload(text string) *commonpb.Payload {
	return &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("json/plain"), "own": []byte("kept")}, Data: []byte(text)}
}

func encode(t *testing.T, c *codec.Codec, payloads ...*commonpb.Payload) []*commonpb.Payload {
	t.Helper()
	encoded, err := c.Encode(payloads)
	require.NoError(t, err)
	return encoded
}

// Package doc, "On the wire": the layout of the encryption samples of Temporal's SDKs, decoded
// here as they decode it.
func TestLayout(t *testing.T) {
	t.Parallel()
	key := keyOf("2026-11", 7)
	plain := payload(`{"token":"plain text"}`)
	encoded := encode(t, newCodec(t, key), plain)[0]
	require.Equal(t, map[string][]byte{"encoding": []byte("binary/encrypted"), "encryption-key-id": []byte("2026-11")},
		encoded.GetMetadata())
	require.NotContains(t, string(encoded.GetData()), "plain")

	block, err := aes.NewCipher(key.Secret)
	require.NoError(t, err)
	aead, err := cipher.NewGCM(block)
	require.NoError(t, err)
	opened, err := aead.Open(nil, encoded.GetData()[:aead.NonceSize()], encoded.GetData()[aead.NonceSize():], nil)
	require.NoError(t, err)
	found := &commonpb.Payload{}
	require.NoError(t, proto.Unmarshal(opened, found))
	require.True(t, proto.Equal(plain, found), "metadata of its own included")
}

func TestTheSameTextIsEncryptedAnewEachTime(t *testing.T) {
	t.Parallel()
	c := newCodec(t, keyOf("k", 1))
	encoded := encode(t, c, payload("a"), payload("a"))
	require.NotEqual(t, encoded[0].GetData(), encoded[1].GetData())
}

// Package doc, "Rotation": the first key encrypts, all keys decrypt.
func TestRotation(t *testing.T) {
	t.Parallel()
	before, after := keyOf("before", 1), keyOf("after", 2)
	old := encode(t, newCodec(t, before), payload("old"))
	rotated := newCodec(t, after, before)
	recent := encode(t, rotated, payload("recent"))
	require.Equal(t, "after", string(recent[0].GetMetadata()[codec.MetadataKeyID]))
	for text, encoded := range map[string][]*commonpb.Payload{"old": old, "recent": recent} {
		decoded, err := rotated.Decode(encoded)
		require.NoError(t, err)
		require.Equal(t, text, string(decoded[0].GetData()))
	}
}

// Package doc, "On the wire": payloads of any other encoding pass through.
func TestOthersPassThrough(t *testing.T) {
	t.Parallel()
	c := newCodec(t, keyOf("k", 1))
	others := []*commonpb.Payload{payload("plain"),
		{Metadata: map[string][]byte{"encoding": []byte("binary/zlib")}, Data: []byte{1, 2}}, {}, {Data: []byte("no metadata")}}
	mixed := append(encode(t, c, payload("mine")), others...)
	decoded, err := c.Decode(mixed)
	require.NoError(t, err)
	require.Equal(t, "mine", string(decoded[0].GetData()))
	for i, other := range others {
		require.Same(t, other, decoded[i+1])
	}
}

func TestWithoutKeys(t *testing.T) {
	t.Parallel()
	none := newCodec(t)
	require.False(t, none.Encrypts())
	plain := payload("plain")
	require.Same(t, plain, encode(t, none, plain)[0])
	_, err := none.Decode(encode(t, newCodec(t, keyOf("k", 1)), plain))
	require.ErrorContains(t, err, `the key "k", but the codec has no keys; add the key to LATCH_PAYLOAD_KEYS`)
}

func TestWhatCannotBeDecrypted(t *testing.T) {
	t.Parallel()
	c := newCodec(t, keyOf("k", 1), keyOf("l", 2))
	for name, test := range map[string]struct {
		change  func(*commonpb.Payload)
		unknown bool
		says    string
	}{
		"an unknown key": {func(p *commonpb.Payload) { p.Metadata[codec.MetadataKeyID] = []byte("m") }, true,
			`the key "m", but the codec has only k, l`},
		"no key": {func(p *commonpb.Payload) { delete(p.Metadata, codec.MetadataKeyID) }, true, `the key ""`},
		"a long key id": {func(p *commonpb.Payload) {
			p.Metadata[codec.MetadataKeyID] = []byte(strings.Repeat("x", 1000))
		}, true, "add the key to LATCH_PAYLOAD_KEYS"},
		"another's key":   {func(p *commonpb.Payload) { p.Metadata[codec.MetadataKeyID] = []byte("l") }, false, `by key "l"`},
		"a flipped bit":   {func(p *commonpb.Payload) { p.Data[20] ^= 1 }, false, "damaged"},
		"a missing end":   {func(p *commonpb.Payload) { p.Data = p.Data[:len(p.Data)-1] }, false, "damaged"},
		"nothing at all":  {func(p *commonpb.Payload) { p.Data = nil }, false, "damaged"},
		"less than nonce": {func(p *commonpb.Payload) { p.Data = p.Data[:5] }, false, "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			encoded := encode(t, c, payload("text"))
			test.change(encoded[0])
			_, err := c.Decode(encoded)
			require.ErrorContains(t, err, test.says)
			require.Less(t, len(err.Error()), 300)
			var unknown *codec.UnknownKeyError
			require.Equal(t, test.unknown, errors.As(err, &unknown))
		})
	}
}

// All problems are reported at once, and never a key.
func TestParseKeys(t *testing.T) {
	t.Parallel()
	value := base64.StdEncoding.EncodeToString(keyOf("", 0xfb).Secret)
	url := base64.URLEncoding.EncodeToString(keyOf("", 0xfa).Secret)
	plain := strings.TrimRight(base64.StdEncoding.EncodeToString(keyOf("", 9).Secret), "=")
	for name, test := range map[string]struct {
		text string
		ids  string
		says []string
	}{
		"none":           {"", "[]", nil},
		"one":            {"2026-11=" + value, "[2026-11]", nil},
		"several":        {"a=" + value + ", b=" + url + ",c=" + plain, "[a b c]", nil},
		"a file":         {"# of the shop\n\na=" + value + "\r\n  # rotated\nb=" + plain + "\n", "[a b]", nil},
		"no id":          {value, "", []string{"key 1: its id"}},
		"no equals sign": {plain, "", []string{`key 1: has no "="`}},
		"too short":      {"a=" + plain[:40], "", []string{`"a" has 30 bytes, and AES-256 takes 32`}},
		"no base64":      {"a=!" + plain, "", []string{`"a" is not base64`}},
		"empty":          {"a=", "", []string{`"a" has 0 bytes`}},
		"an id twice":    {"a=" + value + ",a=" + plain, "", []string{`the id "a" is used twice`}},
		"a key twice":    {"a=" + value + ",b=" + value, "", []string{`"b" is another one's key too`}},
		"all at once": {"=" + value + ",a=" + plain[:10] + ",b b=" + plain + ",c=" + plain + ",c=" + value, "",
			[]string{"key 1:", "key 2:", "key 3:", `the id "c"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keys, err := codec.ParseKeys(test.text)
			if test.says == nil {
				require.NoError(t, err)
				require.Equal(t, test.ids, fmt.Sprint(keys))
				newCodec(t, keys...)
				return
			}
			for _, says := range test.says {
				require.ErrorContains(t, err, says)
			}
			for _, secret := range []string{value[:10], plain[:10], url[:10]} {
				require.NotContains(t, err.Error(), secret)
			}
		})
	}
}

func TestNewKey(t *testing.T) {
	t.Parallel()
	key, err := codec.NewKey("2026-11")
	require.NoError(t, err)
	read, err := codec.ParseKeys(key.Setting())
	require.NoError(t, err)
	require.Equal(t, []codec.Key{key}, read)
	require.NotContains(t, fmt.Sprintf("%v %+v %#v %s", key, key, key, key), key.Setting()[len("2026-11="):][:8])
	another, err := codec.NewKey("2026-11")
	require.NoError(t, err)
	require.NotEqual(t, key.Secret, another.Secret)
	_, err = codec.NewKey("a b")
	require.Error(t, err)
}

func TestNewRefusesBadKeys(t *testing.T) {
	t.Parallel()
	_, err := codec.New(keyOf("a", 1), codec.Key{ID: "b", Secret: []byte("too short")}, keyOf("", 3), keyOf("a", 4))
	for _, says := range []string{"key 2", "key 3", `"a" is used twice`} {
		require.ErrorContains(t, err, says)
	}
	require.NotContains(t, err.Error(), "too short")
}

func TestFromEnvironment(t *testing.T) {
	key, other := keyOf("a", 1), keyOf("b", 2)
	folder := t.TempDir()
	file := filepath.Join(folder, "keys")
	require.NoError(t, os.WriteFile(file, []byte(key.Setting()+"\n"+other.Setting()+"\n"), 0o600))
	empty := filepath.Join(folder, "empty")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	large := filepath.Join(folder, "large")
	require.NoError(t, os.WriteFile(large, []byte(strings.Repeat("#\n", 64<<10)), 0o600))
	for name, test := range map[string]struct {
		keys, file string
		encrypts   bool
		says       []string
	}{
		"nothing":     {"", "", false, nil},
		"keys":        {key.Setting(), "", true, nil},
		"file":        {"", file, true, nil},
		"both":        {"a=short", file, false, []string{"give one of them"}},
		"bad keys":    {"a=short,b", "", false, []string{"LATCH_PAYLOAD_KEYS: key 1", "key 2"}},
		"no key":      {" , ", "", false, []string{"LATCH_PAYLOAD_KEYS: has no key"}},
		"empty file":  {"", empty, false, []string{"LATCH_PAYLOAD_KEYS_FILE: has no key"}},
		"no file":     {"", file + "2", false, []string{"LATCH_PAYLOAD_KEYS_FILE: open"}},
		"large file":  {"", large, false, []string{"more than 65536 bytes"}},
		"both at bad": {"a=short", file + "2", false, []string{"give one of them", "LATCH_PAYLOAD_KEYS_FILE: open"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("LATCH_PAYLOAD_KEYS", test.keys)
			t.Setenv("LATCH_PAYLOAD_KEYS_FILE", test.file)
			made, err := codec.FromEnvironment()
			if test.says == nil {
				require.NoError(t, err)
				require.Equal(t, test.encrypts, made.Encrypts())
				return
			}
			for _, says := range test.says {
				require.ErrorContains(t, err, says)
			}
			require.NotContains(t, err.Error(), "=short")
		})
	}
}

// Everything that a client writes passes through the codec, including the messages of failures.
func TestConfigure(t *testing.T) {
	t.Parallel()
	options := client.Options{}
	newCodec(t, keyOf("k", 1)).Configure(&options)
	encoded, err := options.DataConverter.ToPayloads("plain text", converter.NewRawValue(payload(`"plain text"`)))
	require.NoError(t, err)
	failure := options.FailureConverter.ErrorToFailure(temporal.NewApplicationError("plain text", "Kind", "plain text"))
	for _, message := range []proto.Message{encoded, failure} {
		written, err := proto.Marshal(message)
		require.NoError(t, err)
		require.NotContains(t, string(written), "plain text")
	}
	var text string
	var raw converter.RawValue
	require.NoError(t, options.DataConverter.FromPayloads(encoded, &text, &raw))
	require.Equal(t, "plain text", text)
	require.Equal(t, `"plain text"`, string(raw.Payload().GetData()))
	var application *temporal.ApplicationError
	require.ErrorAs(t, options.FailureConverter.FailureToError(proto.Clone(failure).(*failurepb.Failure)), &application)
	require.Equal(t, "plain text", application.Message())
	require.Equal(t, "Kind", application.Type(), "types stay plain: retry policies go by them")
}

func TestConfigureKeepsTheClientsOwnConverter(t *testing.T) {
	t.Parallel()
	options := client.Options{DataConverter: converter.NewCodecDataConverter(converter.GetDefaultDataConverter(),
		converter.NewZlibCodec(converter.ZlibCodecOptions{AlwaysEncode: true}))}
	c := newCodec(t, keyOf("k", 1))
	c.Configure(&options)
	encoded, err := options.DataConverter.ToPayload("text")
	require.NoError(t, err)
	inner, err := c.Decode([]*commonpb.Payload{encoded})
	require.NoError(t, err)
	require.Equal(t, "binary/zlib", string(inner[0].GetMetadata()["encoding"]))
}

// Package doc, "Rotation": in workflow code a missing key fails the workflow task, which is
// retried, and not the run.
func TestAMissingKeyPanicsInWorkflows(t *testing.T) {
	t.Parallel()
	encoded, err := newCodec(t, keyOf("k", 1)).DataConverter(nil).ToPayload("text")
	require.NoError(t, err)
	lacking := newCodec(t).DataConverter(nil)
	var text string
	require.ErrorContains(t, lacking.FromPayload(encoded, &text), "LATCH_PAYLOAD_KEYS")
	inWorkflow := lacking.(workflow.ContextAware).WithWorkflowContext(nil)
	require.PanicsWithError(t, lacking.FromPayload(encoded, &text).Error(), func() { _ = inWorkflow.FromPayload(encoded, &text) })
}
