package cli

import (
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Contract, "Settings": LATCH_API_ALLOW is a list of CIDRs; a single address stands for itself.
func TestParsePrefixes(t *testing.T) {
	t.Parallel()
	prefixes, err := parsePrefixes([]string{"10.1.2.3/8", " 192.0.2.7", "::ffff:192.0.2.8", "2001:db8::/32", "", "::ffff:10.9.0.0/112"})
	require.NoError(t, err)
	require.Equal(t, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.7/32"),
		netip.MustParsePrefix("192.0.2.8/32"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("10.9.0.0/16")}, prefixes)
	_, err = parsePrefixes([]string{"10.0.0.0/99", "everywhere"})
	require.ErrorContains(t, err, "10.0.0.0/99")
	require.ErrorContains(t, err, "everywhere")
	for _, none := range [][]string{nil, {}, {""}} {
		prefixes, err = parsePrefixes(none)
		require.NoError(t, err)
		require.Empty(t, prefixes)
	}
	for _, blank := range [][]string{{" "}, {"", ""}} {
		_, err = parsePrefixes(blank)
		require.ErrorContains(t, err, "no CIDR", "a slip lets nobody in unseen")
	}
}

// Contract, "Settings": all bad settings are reported at once, each by its name.
func TestConfigureServeReportsAll(t *testing.T) {
	for name, value := range map[string]string{
		"LATCH_API_ADDR": "0.0.0.0:7127", "LATCH_API_ALLOW": "here", "LATCH_API_TLS_KEY": "/nowhere", "LATCH_API_URL": "latch",
		"LATCH_LOCK_LINKS": "true", "LATCH_LINK_KEY": "hush", "LATCH_LOG_LEVEL": "loud", "LATCH_LOG_FORMAT": "xml",
		"LATCH_API_CALLS": "0", "LATCH_COMPLETION_CALLBACK_URL": "latch:7127?key=hush",
	} {
		t.Setenv(name, value)
	}
	_, err := configureServe()
	for _, name := range []string{"LATCH_API_ADDR", "LATCH_API_ALLOW", "LATCH_API_TLS_CERT", "LATCH_API_URL",
		"LATCH_LINK_KEY", "LATCH_LOG_LEVEL", "LATCH_LOG_FORMAT", "LATCH_API_CALLS", "LATCH_COMPLETION_CALLBACK_URL"} {
		require.ErrorContains(t, err, name)
	}
	require.NotContains(t, err.Error(), "hush")
}

// The API's keys and the key of links may be in files, such as rotated secrets of Kubernetes or
// systemd. A file without a key grants no access.
func TestKeysOfTheAPIStandInFiles(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	keys, link := file("keys", "ann=hush-0123456789ab\neye:read=hush-9876543210ab\n"), file("link", "hush-0123456789ab\n")
	for name, test := range map[string]struct {
		environ map[string]string
		says    []string
	}{
		"files": {map[string]string{"LATCH_API_KEYS_FILE": keys, "LATCH_LINK_KEY_FILE": link}, nil},
		"both": {map[string]string{"LATCH_API_KEYS_FILE": keys, "LATCH_API_KEYS": "bob=hush-0000000000"},
			[]string{"LATCH_API_KEYS and LATCH_API_KEYS_FILE: give one of them"}},
		"both of a link": {map[string]string{"LATCH_LINK_KEY_FILE": link, "LATCH_LINK_KEY": "hush-0000000000"},
			[]string{"LATCH_LINK_KEY and LATCH_LINK_KEY_FILE: give one of them"}},
		"no file": {map[string]string{"LATCH_API_KEYS_FILE": keys + "2", "LATCH_LINK_KEY_FILE": link + "2"},
			[]string{"LATCH_API_KEYS_FILE: open", "LATCH_LINK_KEY_FILE: open"}},
		"a folder": {map[string]string{"LATCH_API_KEYS_FILE": dir}, []string{"LATCH_API_KEYS_FILE: read"}},
		"an empty one": {map[string]string{"LATCH_API_KEYS_FILE": file("empty", "# none yet\n")},
			[]string{"LATCH_API_KEYS_FILE: has no key"}},
		"a bad one": {map[string]string{"LATCH_API_KEYS_FILE": file("bad", "ann=hush\nhush")},
			[]string{"LATCH_API_KEYS_FILE: key 1", "LATCH_API_KEYS_FILE: key 2"}},
		"a large one": {map[string]string{"LATCH_API_KEYS_FILE": file("large", strings.Repeat("#\n", 64<<10))},
			[]string{"has more than 65536 bytes"}},
	} {
		t.Run(name, func(t *testing.T) {
			for variable, value := range test.environ {
				t.Setenv(variable, value)
			}
			t.Setenv("LATCH_LOCK_LINKS", strconv.FormatBool(test.environ["LATCH_LINK_KEY_FILE"] != ""))
			configured, err := configureServe()
			if test.says == nil {
				require.NoError(t, err)
				require.Len(t, configured.keys, 2)
				require.Equal(t, "hush-0123456789ab", configured.LinkKey)
				return
			}
			for _, says := range test.says {
				require.ErrorContains(t, err, says)
			}
			require.NotContains(t, err.Error(), "hush-")
		})
	}
}
