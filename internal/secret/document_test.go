package secret_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/secret"
)

// aDocument is PEM of a certificate and a private key, more lines than a
// secret of lines may have.
func aDocument() (document, key string) {
	lines := make([]string, 30)
	for i := range lines {
		lines[i] = fmt.Sprintf("K%02d%s", i, strings.Repeat("x", 61))
	}
	key = strings.Join(lines, "\n")
	return "subject=/CN=latch\n-----BEGIN CERTIFICATE-----\nCERTIFICATExxxx\n-----END CERTIFICATE-----\n" +
		"-----BEGIN EC PRIVATE KEY-----\n" + key + "\n-----END EC PRIVATE KEY-----\n", key
}

// Contract, Webhook: the secrets of `tls` are PEM. PEM is taken as a whole,
// neither sent nor signing, and its private keys are masked.
func TestPEMIsTakenAsAWhole(t *testing.T) {
	t.Parallel()
	document, key := aDocument()
	dir := directory(t, map[string]string{"client": document})
	inFiles, err := secret.FromEnvironment(nil, dir, "", false)
	require.NoError(t, err)
	inVariables, err := secret.FromEnvironment([]string{"LATCH_SECRET_CLIENT=" + document}, "", "", false)
	require.NoError(t, err)
	for _, store := range []*secret.Store{inFiles, inVariables} {
		found, err := store.Lookup("client")
		require.NoError(t, err)
		whole, isPEM := found.Document()
		require.True(t, isPEM)
		require.Equal(t, document, whole)
		_, sendable := found.Value()
		require.False(t, sendable)
		require.Empty(t, found.Keys())
		require.Contains(t, found.Texts(), key)
		require.Contains(t, found.Texts(), strings.ReplaceAll(key, "\n", ""))
		for _, text := range found.Texts() {
			require.NotContains(t, text, "CERTIFICATE", "what is public is not masked")
		}
		require.Equal(t, "***", fmt.Sprintf("%+v", found))
	}
	_, err = secret.New(map[string]string{"client": document + strings.Repeat("x", 70<<10)}, secret.Options{})
	require.ErrorContains(t, err, `secret "client": it has`)
}

// Contract, Secrets by name: whsk_ signs as v1a and is never sent; a public
// key, which signs nothing, is refused.
func TestAsymmetricSecret(t *testing.T) {
	t.Parallel()
	const private = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=" // RFC 8032, 7.1, test 1
	store, err := secret.New(map[string]string{"board": private + "\nwhsec_AAEC\nplain"}, secret.Options{})
	require.NoError(t, err)
	found, err := store.Lookup("board")
	require.NoError(t, err)
	_, sendable := found.Value()
	require.False(t, sendable)
	require.Equal(t, keys(t, private, "whsec_AAEC", "plain"), found.Keys())
	require.Subset(t, found.Texts(), []string{private, "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "AAEC", "plain"})

	for value, want := range map[string]string{
		"whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=": "its line 1 begins with whpk_: that is a public key",
		"whsk_AAEC":                       "its line 1 begins with whsk_ but the key that follows has 3 bytes",
		"plain\nwhsk_!":                   "its line 2 begins with whsk_ but no base64 follows",
		"whsk_" + strings.Repeat("A", 86): "the second half of the key that follows is not the public key",
	} {
		_, err := secret.New(map[string]string{"board": value}, secret.Options{})
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), strings.TrimPrefix(value, "whsk_"))
	}
}
