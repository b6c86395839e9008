package secret_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/secret"
	"github.com/latch-run/latch/internal/signature"
)

// Contract, Settings: LATCH_SECRET_<NAME>, upper case, "-" and "." as "_".
func TestVariableFoldsName(t *testing.T) {
	t.Parallel()
	for name, variable := range map[string]string{
		"board":          "LATCH_SECRET_BOARD",
		"change-board":   "LATCH_SECRET_CHANGE_BOARD",
		"change.board-2": "LATCH_SECRET_CHANGE_BOARD_2",
		"Change_Board":   "LATCH_SECRET_CHANGE_BOARD",
	} {
		require.Equal(t, variable, secret.Variable(name))
	}
}

// Contract, Settings: the variable wins; a file's trailing newline is
// dropped; several lines: all sign, the first is sent.
func TestFromEnvironment(t *testing.T) {
	t.Parallel()
	dir := directory(t, map[string]string{
		"board":        "from-file\n",
		"change-board": "new\r\nold\r\n",
		"spaced":       "keeps its  spaces\n\n",
		"..data":       "ignored",
		".hidden":      "ignored",
		"not a name":   "ignored",
	})
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder"), 0o700))
	store, err := secret.FromEnvironment([]string{"LATCH_SECRET_BOARD=from-variable", "LATCH_SECRET_A_B=x=y",
		"LATCH_SECRETS_DIR=/somewhere", "LATCH_SECRETS_HOSTS_REQUIRED=false", "PATH=/bin"}, dir, "", false)
	require.NoError(t, err)

	for name, want := range map[string]struct {
		value string
		keys  []string
	}{
		"board":        {"from-variable", []string{"from-variable"}},
		"a.b":          {"x=y", []string{"x=y"}},
		"a-b":          {"x=y", []string{"x=y"}},
		"change-board": {"new", []string{"new", "old"}},
		"spaced":       {"keeps its  spaces", []string{"keeps its  spaces"}},
	} {
		found, err := store.Lookup(name)
		require.NoError(t, err, name)
		value, sendable := found.Value()
		require.True(t, sendable, name)
		require.Equal(t, want.value, value, name)
		require.Equal(t, keys(t, want.keys...), found.Keys(), name)
		require.Equal(t, want.keys, found.Texts(), name)
	}
	for _, name := range []string{"folder", "s_dir", "hidden", "data"} {
		_, err := store.Lookup(name)
		var missing *secret.MissingError
		require.ErrorAs(t, err, &missing, name)
		require.Equal(t, dir, missing.Dir)
		require.ErrorContains(t, err, secret.Variable(name))
	}
}

// Contract, Settings: two files, or two names in LATCH_SECRETS_HOSTS, that fold to one variable
// prevent the start. All bad settings are reported at once.
func TestFromEnvironmentReportsAll(t *testing.T) {
	t.Parallel()
	dir := directory(t, map[string]string{
		"change-board": "one", "change.board": "two", "empty": "\n", "bad-key": "whsec_%%%",
		"long": strings.Repeat("x", secret.MaximumLineBytes+1),
		"huge": strings.Repeat("y\n", 1<<20), "many": strings.Repeat("z\n", 17),
	})
	_, err := secret.FromEnvironment(
		[]string{"LATCH_SECRET_lower=value-1", "LATCH_SECRET_=value-2", "LATCH_SECRET_NONE=", "LATCH_SECRET_KEY=whsec_"},
		dir,
		"board=a.example|ftp://b.example|https://b.example/path|command://x,bo.ard=c.example,bo-ard=d.example,x,=e,y=,"+
			"z=*,w=h:0,v=a*b,u=ok:99999,u=twice", false)
	require.Error(t, err)
	for _, want := range []string{
		`change-board, change.board`, "empty: it is empty", "bad-key: its line 1 begins with whsec_ but no base64 follows",
		"long: its line 1 has 4097 bytes",
		"huge has more than", "many: it has 17 lines", "LATCH_SECRET_lower", "LATCH_SECRET_: ",
		"LATCH_SECRET_NONE: it is empty", "LATCH_SECRET_KEY: its line 1",
		`"ftp://b.example" begins with none of`, `"https://b.example/path" has more than`,
		`"command://x" begins with none of`, `"bo-ard" and "bo.ard" are the same secret`, `"x" is not of the form`,
		`"" is not a valid name`, `of "y", ""`, `of "z", "*"`, `"h:0" has no port`, `"a*b"`, `"ok:99999" has no port`, `"u" is listed twice`,
	} {
		require.ErrorContains(t, err, want)
	}
	for _, value := range []string{"value-1", "value-2", "%%%", "xxxx", "zz"} {
		require.NotContains(t, err.Error(), value)
	}

	_, err = secret.FromEnvironment(nil, filepath.Join(dir, "nowhere"), "", false)
	require.ErrorContains(t, err, "LATCH_SECRETS_DIR")
}

// A mounted secret is rotated, added and removed without a restart.
func TestFilesAreReadAfresh(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, version := range []string{"..1", "..2"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, version), 0o700))
		write(t, filepath.Join(dir, version), "board", "board"+version+"\n")
	}
	write(t, filepath.Join(dir, "..2"), "later", "later")
	require.NoError(t, os.Symlink("..1", filepath.Join(dir, "..data")))
	require.NoError(t, os.Symlink("..data/board", filepath.Join(dir, "board")))
	store, err := secret.FromEnvironment(nil, dir, "", false)
	require.NoError(t, err)
	require.Equal(t, "board..1", value(t, store, "board"))

	require.NoError(t, os.Symlink("..2", filepath.Join(dir, "..new")))
	require.NoError(t, os.Rename(filepath.Join(dir, "..new"), filepath.Join(dir, "..data")))
	require.NoError(t, os.Symlink("..data/later", filepath.Join(dir, "later")))
	require.Equal(t, "board..2", value(t, store, "board"))
	require.Equal(t, "later", value(t, store, "later"))

	require.NoError(t, os.Remove(filepath.Join(dir, "later")))
	_, err = store.Lookup("later")
	require.ErrorContains(t, err, "this worker has no secret")
	write(t, dir, "BOARD", "the same")
	require.NoError(t, os.Remove(filepath.Join(dir, "board")))
	write(t, dir, "Board", "the same")
	_, err = store.Lookup("board")
	require.ErrorContains(t, err, "BOARD, Board")
	require.ErrorContains(t, err, "keep one")
}

// Contract, Secrets by name: whsec_<base64> only signs, with the decoded
// bytes, and is never sent.
func TestSigningSecret(t *testing.T) {
	t.Parallel()
	store, err := secret.New(map[string]string{"signing": "whsec_AAECAwQF",
		"rotated": "whsec_AAECAwQFBg==\nplain\nwhsec_AAECAwQFBg"}, secret.Options{})
	require.NoError(t, err)
	found, err := store.Lookup("signing")
	require.NoError(t, err)
	_, sendable := found.Value()
	require.False(t, sendable)
	require.Equal(t, keys(t, "whsec_AAECAwQF"), found.Keys())

	found, err = store.Lookup("rotated")
	require.NoError(t, err)
	_, sendable = found.Value()
	require.False(t, sendable)
	require.Equal(t, keys(t, "whsec_AAECAwQFBg==", "plain", "whsec_AAECAwQFBg=="), found.Keys())
	require.Contains(t, found.Texts(), "AAECAwQFBg")
}

// Contract, Secrets by name: LATCH_SECRETS_HOSTS binds a secret to hosts. A bound one is sent
// nowhere else, and over plain http only if its pattern begins with http://. If binding is
// required, an unbound one is sent nowhere.
func TestMayGoTo(t *testing.T) {
	t.Parallel()
	const hosts = "board=hooks.example.com|*.corp , port=api.example:8443|*.corp:444|[::1]:80|fe80::1,a.b=10.0.0.1," +
		"plain=http://hooks.example.com|HTTP://*.corp:8080,secure=https://hooks.example.com|https://[::1]," +
		"build=command://,both=command://|hooks.example.com"
	const other = "binds it to other hosts"
	for _, test := range []struct {
		name, place string
		required    bool
		refused     string
	}{
		{name: "board", place: "https://hooks.example.com:443"},
		{name: "board", place: "https://HOOKS.example.com.:1"},
		{name: "Board", place: "https://a.corp:443"},
		{name: "BOARD", place: "https://b.a.corp:443"},
		{name: "board", place: "https://corp:443", refused: other},
		{name: "board", place: "https://evilcorp:443", refused: other},
		{name: "board", place: "https://example.com:443", refused: other},
		{name: "board", place: "https://hooks.example.com.evil.example:443", refused: "hooks.example.com.evil.example"},
		{name: "board", place: "http://hooks.example.com:80",
			refused: `must not go to hooks.example.com: LATCH_SECRETS_HOSTS binds it to other hosts, or to this one without http://`},
		{name: "board", place: "http://a.corp:443", refused: "is over plain http"},
		{name: "port", place: "https://api.example:8443"},
		{name: "port", place: "https://api.example:443", refused: other},
		{name: "port", place: "https://x.corp:444"},
		{name: "port", place: "https://x.corp:443", refused: other},
		{name: "port", place: "https://[::1]:80"},
		{name: "port", place: "https://[0:0::1]:80"},
		{name: "port", place: "https://[fe80::1]:7"},
		{name: "a-b", place: "https://10.0.0.1:80"},
		{name: "a_b", place: "https://[::ffff:10.0.0.1]:80"},
		{name: "a_b", place: "https://10.0.0.2:80", refused: other},
		{name: "plain", place: "http://hooks.example.com:80"},
		{name: "plain", place: "http://hooks.example.com:9"},
		{name: "plain", place: "https://hooks.example.com:443"},
		{name: "plain", place: "http://a.corp:8080"},
		{name: "plain", place: "http://a.corp:80", refused: "is over plain http"},
		{name: "plain", place: "http://example.com:80", refused: "is over plain http"},
		{name: "plain", place: "ftp://hooks.example.com:80", refused: other},
		{name: "secure", place: "https://hooks.example.com:443"},
		{name: "secure", place: "https://[::1]:443"},
		{name: "secure", place: "http://hooks.example.com:80", refused: "is over plain http"},
		{name: "secure", place: "http://[::1]:80", refused: "is over plain http"},
		{name: "board", place: command,
			refused: `must not go to a command: LATCH_SECRETS_HOSTS binds it to hosts, and not to command:// as well`},
		{name: "build", place: command},
		{name: "build", place: command, required: true},
		{name: "build", place: "https://hooks.example.com:443", refused: other},
		{name: "both", place: command},
		{name: "both", place: "https://hooks.example.com:443"},
		{name: "free", place: command},
		{name: "free", place: command, required: true, refused: "LATCH_SECRETS_HOSTS_REQUIRED"},
		{name: "free", place: "https://anywhere.example:443"},
		{name: "free", place: "http://anywhere.example:80"},
		{name: "free", place: "https://anywhere.example:443", required: true, refused: "LATCH_SECRETS_HOSTS_REQUIRED"},
		{name: "board", place: "https://hooks.example.com:443", required: true},
		{name: "board", place: "http://hooks.example.com:443", required: true, refused: "is over plain http"},
	} {
		store, err := secret.FromEnvironment([]string{"LATCH_SECRET_BOARD=b", "LATCH_SECRET_PORT=p", "LATCH_SECRET_A_B=a", "LATCH_SECRET_FREE=f",
			"LATCH_SECRET_PLAIN=p", "LATCH_SECRET_SECURE=s", "LATCH_SECRET_BUILD=c", "LATCH_SECRET_BOTH=b"}, "", hosts, test.required)
		require.NoError(t, err)
		found, err := store.Lookup(test.name)
		require.NoError(t, err)
		err = found.MayGoTo(placeOf(t, test.place))
		if test.refused == "" {
			require.NoError(t, err, "%+v", test)
			continue
		}
		var refused *secret.HostError
		require.ErrorAs(t, err, &refused, "%+v", test)
		require.ErrorContains(t, err, test.refused)
	}
}

// command stands for a command in a table of places.
const command = "command"

func placeOf(t *testing.T, text string) secret.Place {
	t.Helper()
	if text == command {
		return secret.Place{}
	}
	address, err := url.Parse(text)
	require.NoError(t, err)
	return secret.Place{Scheme: address.Scheme, Host: address.Hostname(), Port: address.Port()}
}

func TestNewReportsAll(t *testing.T) {
	t.Parallel()
	_, err := secret.New(map[string]string{"a-b": "1", "a.b": "2", "no name": "3", "none": ""},
		secret.Options{Hosts: map[string][]string{"a-b": {"ok"}, "A_B": {"ok"}, "c": {"x y"}}})
	for _, want := range []string{`"a-b" and "a.b"`, `"no name"`, `"none": it is empty`, `"x y" is not a host`, `"A_B" and "a-b"`} {
		require.ErrorContains(t, err, want)
	}
}

func TestLookupWithoutStore(t *testing.T) {
	t.Parallel()
	var none *secret.Store
	_, err := none.Lookup("board")
	require.EqualError(t, err,
		`this worker has no secret "board": set LATCH_SECRET_BOARD, or LATCH_SECRETS_DIR to a directory that holds a file of that name`)
	store, err := secret.New(nil, secret.Options{})
	require.NoError(t, err)
	for _, name := range []string{"../board", "", "a..b", "/etc/passwd"} {
		_, err = store.Lookup(name)
		require.ErrorContains(t, err, "is not a valid name for a secret")
	}
}

// Contract, Secrets by name: no secret ever appears in logs or errors.
func TestNeverPrinted(t *testing.T) {
	t.Parallel()
	const hidden = "mdoq-is-awesome"
	store, err := secret.New(map[string]string{"board": hidden}, secret.Options{})
	require.NoError(t, err)
	found, err := store.Lookup("board")
	require.NoError(t, err)
	var printed strings.Builder
	log := slog.New(slog.NewJSONHandler(&printed, nil))
	for _, value := range []any{found, *found, store, *store, []any{found}, map[string]any{"x": store},
		struct{ S *secret.Secret }{found}, struct{ S secret.Secret }{*found}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&printed, verb, value)
		}
		encoded, err := json.Marshal(value)
		require.NoError(t, err)
		printed.Write(encoded)
		log.Info("value", "value", value)
	}
	require.NotContains(t, printed.String(), hidden)
	require.NotContains(t, printed.String(), fmt.Sprintf("%x", hidden))
	require.Contains(t, printed.String(), "***")
}

func directory(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		write(t, dir, name, content)
	}
	return dir
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
}

func value(t *testing.T, store *secret.Store, name string) string {
	t.Helper()
	found, err := store.Lookup(name)
	require.NoError(t, err)
	text, _ := found.Value()
	return text
}

func keys(t *testing.T, lines ...string) []signature.Key {
	t.Helper()
	var all []signature.Key
	for _, line := range lines {
		key, err := signature.ParseKey(line)
		require.NoError(t, err)
		all = append(all, key)
	}
	return all
}
