package mitto_test

import (
	"encoding/json"
	"testing"

	"github.com/hjson/hjson-go/v4"
	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/mitto"
)

// facts.md, "Job JSON": all keys are present, id is an int; "A job may be made with name,
// title, type and tags alone".
func TestAJobOfNameTitleTypeAndTags(t *testing.T) {
	t.Parallel()
	made := job(t, `{"name":"j","title":"Webhooks!","type":"io","tags":["a","b"]}`)
	require.JSONEq(t, `{"id":22739,"name":"j","title":"Webhooks!","type":"io","markdown":null,"schedule":null,"timeout":null,"notify":0,
		"delay":null,"continue_on_error":false,"concurrency":null,"created_at":`+noonText+`,"updated_at":`+noonText+`,"status":null,
		"tags":["a","b"],"conf":"{}","jobs":[]}`, encoded(t, made.Object(nil)))
	require.Nil(t, made.Latch)
	require.Contains(t, made.Lacks, `"io"`)
	require.Contains(t, made.Lacks, "http")
}

// Contract, "HTTP API": the Mitto routes keep keys that Latch does not know,
// with the digits of numbers.
func TestUnknownKeysAreKept(t *testing.T) {
	t.Parallel()
	made := job(t, `{"title":"x","owner":{"id":12345678901234567890,"rate":1.50},"notify":true,"markdown":"# x",
		"concurrency":2,"status":{"id":1},"created_at":"then"}`)
	shown := made.Object(nil)
	require.Equal(t, `{"id":12345678901234567890,"rate":1.50}`, string(shown["owner"]))
	require.Equal(t, "true", string(shown["notify"]))
	require.Equal(t, "2", string(shown["concurrency"]))
	require.Equal(t, "null", string(shown["status"]), "status is the API's to tell")
	require.Equal(t, noonText, string(shown["created_at"]))
	_, err := mitto.Read([]byte(`{"latch:x":1}`))
	require.Len(t, lines(t, err), 1)
	_, err = mitto.Read([]byte(`[]`))
	require.Len(t, lines(t, err), 1)
}

// A job's conf and the work that results from it: issue "a conf of type cmd is a command task,
// one with a task under Latch's names is that task".
func TestWork(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body, task string // task: the work that Latch runs, or "" for a job that cannot run
		lacks      string
	}{
		"cmd": {`{"type":"cmd","conf":{"shell":true,"cmd":"sleep 15","exec":false,"timeout":null,"cmd_env":{}}}`,
			`{"command":{"argv":["/bin/sh","-c","sleep 15"],"timeout":"8760h0m0s"}}`, ""},
		"cmd without a shell": {`{"type":"cmd","conf":{"shell":false,"cmd":"echo 'a b' c\\ d","timeout":90,"cmd_env":{"A":"x","N":5}}}`,
			`{"command":{"argv":["echo","a b","c d"],"timeout":"1m30s","env":{"A":"x","N":"5"}}}`, ""},
		"the shell's own variables are no templates": {
			`{"type":"cmd","conf":{"shell":true,"cmd":"echo ${HOME}","cmd_env":{"A":"${B}"},"timeout":1.5}}`,
			`{"command":{"argv":["/bin/sh","-c","echo $${HOME}"],"timeout":"1.5s","env":{"A":"$${B}"}}}`, ""},
		"cmd as HJSON": {`{"type":"cmd","conf":"{\n  shell: true\n  # a comment\n  cmd: echo hi\n}"}`,
			`{"command":{"argv":["/bin/sh","-c","echo hi"],"timeout":"8760h0m0s"}}`, ""},
		"http": {`{"type":"http","conf":{"http":{"url":"https://example.com/${job.id}"},"note":1}}`,
			`{"http":{"url":"https://example.com/${job.id}"}}`, ""},
		"activity":    {`{"conf":{"activity":{"type":"A","args":[1]}}}`, `{"activity":{"type":"A","args":[1]}}`, ""},
		"workflow":    {`{"conf":{"workflow":{"type":"W"}}}`, `{"workflow":{"type":"W"}}`, ""},
		"command":     {`{"conf":"command: {argv: [\"make\"]}"}`, `{"command":{"argv":["make"]}}`, ""},
		"conf.task":   {`{"conf":{"task":{"command":{"argv":["make"]}}}}`, `{"command":{"argv":["make"]}}`, ""},
		"task itself": {`{"task":{"command":{"argv":["make"]}}}`, `{"command":{"argv":["make"]}}`, ""},

		"no conf":                 {`{"type":"cmd"}`, "", "conf.cmd"},
		"another type":            {`{"type":"sql","conf":{"dbo":"x"}}`, "", `"sql"`},
		"no type":                 {`{"title":"x"}`, "", "no type"},
		"another type's own http": {`{"type":"io","conf":{"http":{"whatever":true}}}`, "", `"io"`},
		"another type with a task": {`{"type":"io","conf":{"http":{"url":"https://example.com/"}}}`,
			`{"http":{"url":"https://example.com/"}}`, ""},
		"a key of a task that is none":  {`{"type":"odd","conf":{"command":"x"}}`, "", `"odd"`},
		"an empty list is no sequence":  {`{"type":"bulk","jobs":[]}`, "", `"bulk"`},
		"conf that is not even objects": {`{"type":"io","conf":[1]}`, "", `"io"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made := job(t, test.body)
			if test.task == "" {
				require.Nil(t, made.Latch)
				require.Contains(t, made.Lacks, test.lacks)
				return
			}
			require.Empty(t, made.Lacks)
			require.JSONEq(t, test.task, encoded(t, made.Latch.Task))
		})
	}
}

// facts.md: "conf sent as an object, given back as an HJSON string".
func TestConfIsGivenBackAsHJSON(t *testing.T) {
	t.Parallel()
	const conf = `{"b":1.50,"a":12345678901234567890,"s":"\ud83d\ude00 ü","t":"a\nb\n","u":" lead ","v":"tr\tx",
		"w":"true","n":null,"k k":[1,{"x":"'''"}],"z":"C:\\a\\b","q":"a # c","l":"x\r\ny","h":{},"i":[],"":"x",
		"j":"0012","sql":"select *\nfrom \"t\" -- {x}","o":"{","e":""}`
	text := ""
	require.NoError(t, json.Unmarshal(job(t, `{"type":"sql","conf":`+conf+`}`).Object(nil)["conf"], &text))
	require.Contains(t, text, "12345678901234567890")
	require.Contains(t, text, "1.50")
	require.Less(t, indexOf(text, "b:"), indexOf(text, "a:"), "the order of keys stays")
	var back any
	require.NoError(t, hjson.UnmarshalWithOptions([]byte(text), &back, hjson.DecoderOptions{UseJSONNumber: true}))
	require.JSONEq(t, conf, encoded(t, back))

	const written = "{\n  # kept, comments too\n  cmd: echo hi\n  shell: true\n}"
	require.Equal(t, encoded(t, written), string(job(t, `{"type":"cmd","conf":`+encoded(t, written)+`}`).Object(nil)["conf"]))
}

func FuzzConf(f *testing.F) {
	f.Add(`{"a":"b","c":[1,{"d":"e\nf"}]}`)
	f.Fuzz(func(t *testing.T, conf string) {
		object, err := mitto.Read([]byte(`{"type":"sql","conf":` + conf + `}`))
		if err != nil || len(object["conf"]) == 0 || object["conf"][0] != '{' {
			return // not a conf that is kept as it came
		}
		made, err := mitto.New("1", object, noon)
		require.NoError(t, err)
		var text string
		require.NoError(t, json.Unmarshal(made.Object(nil)["conf"], &text))
		require.NotEmpty(t, text)
	})
}

func indexOf(text, part string) int {
	for i := range text {
		if len(text) >= i+len(part) && text[i:i+len(part)] == part {
			return i
		}
	}
	return -1
}

// A sequence is a job whose `jobs` lists the others, as ints or objects.
func TestSequence(t *testing.T) {
	t.Parallel()
	const jobs = `[17,"nightly",{"id":18,"title":"x"},{"id":"inline","task":{"command":{"argv":["true"]}}}]`
	made := job(t, `{"type":"sequence","jobs":`+jobs+`,"conf":{}}`)
	require.JSONEq(t, `["17","nightly","18",{"id":"inline","task":{"command":{"argv":["true"]}}}]`, encoded(t, made.Latch.Jobs))
	require.JSONEq(t, jobs, string(made.Object(nil)["jobs"]))
}

// timeout and delay are seconds; a Go duration is taken too.
func TestSettings(t *testing.T) {
	t.Parallel()
	made := job(t, `{"task":{"command":{"argv":["true"]}},"timeout":90,"delay":"1.5","continue_on_error":true,
		"tags":[{"name":"a"},"b"],"vars":{"n":1.0}}`)
	require.JSONEq(t, `{"id":"22739","task":{"command":{"argv":["true"]}},"timeout":"1m30s","delay":"1.5s",
		"continue_on_error":true,"tags":["a","b"],"vars":{"n":1.0}}`,
		encoded(t, made.Latch))
	shown := made.Object(nil)
	require.Equal(t, "90", string(shown["timeout"]))
	require.Equal(t, `"1.5"`, string(shown["delay"]))
	require.Equal(t, "true", string(shown["continue_on_error"]))
	require.JSONEq(t, `[{"name":"a"},"b"]`, string(shown["tags"]))
	require.Equal(t, latch.Duration(3600e9),
		job(t, `{"task":{"command":{"argv":["true"]}},"timeout":"1h","continue_on_error":null}`).Latch.Timeout)
}

// Everything that Latch requires is reported at once, by the fields that the client wrote.
func TestBadInput(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body string
		want []string // regular expressions
	}{
		"many": {`{"title":5,"type":"cmd","conf":{"cmd":7,"shell":true},"timeout":"soon","tags":"x",
			"schedule":{"type":"daily"},"continue_on_error":"yes"}`, []string{
			`^conf\.cmd: must be a string`, `^schedule\.daily: required`, `^title: `, `^timeout: .*soon`, `^tags: `, `^continue_on_error: `}},
		"a job that cannot run": {`{"type":"io","timeout":-1,"webhooks":[{"url":"nowhere","event_type":"JOB_START"}]}`,
			[]string{`^timeout: `, `^webhooks\[0\]\.url: `}},
		"no HJSON": {`{"type":"cmd","conf":"{cmd: ["}`, []string{`^conf: is not HJSON`}},
		"a task of Latch's": {`{"conf":{"http":{"method":"BREW","url":"https://${nobody}/"}}}`,
			[]string{`^conf\.http\.method: `, `^conf\.http\.url: `}},
		"no URL": {`{"type":"http","conf":{"http":{}}}`, []string{`^conf\.http\.url: required`}},
		"cmd_env": {`{"type":"cmd","conf":{"cmd":"x","shell":1,"cmd_env":[1],"timeout":"x"}}`,
			[]string{`^conf\.cmd_env: must be an object`, `^conf\.shell: must be true or false`, `^conf\.timeout: `}},
		"no words":            {`{"type":"cmd","conf":{"cmd":" "}}`, []string{`^conf\.cmd: has no command`}},
		"a quote without end": {`{"type":"cmd","conf":{"cmd":"echo 'a"}}`, []string{`^conf\.cmd: cannot be split`}},
		"jobs":                {`{"jobs":[1,1,{"title":"x"}]}`, []string{`^jobs\[2\]\.id: required`, `^jobs\[1\]: duplicate`}},
		"jobs is no list":     {`{"jobs":{"a":1}}`, []string{`^jobs: must be an array`}},
		"webhooks": {`{"type":"io",
			"webhooks":[
				{"url":"https://example.com/"},
				{"url":"https://example.com/","event_type":"JOB_DONE"},
				7]}`, []string{
			`^webhooks\[2\]: must be an object`}},
		"webhooks' fields": {`{"type":"io",
			"webhooks":[
				{"url":"https://example.com/"},
				{"url":"https://example.com/","event_type":"JOB_DONE","method":"HEAD",
					"body":"${nobody}"}]}`, []string{
			`^webhooks\[0\]\.event_type: required`, `^webhooks\[1\]\.method: "HEAD"`,
			`^webhooks\[1\]\.event_type: unknown event "JOB_DONE"`, `^webhooks\[1\]\.body: `}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := mitto.New("1", read(t, test.body), noon)
			got := lines(t, err)
			require.Len(t, got, len(test.want), "%q", got)
			for i, pattern := range test.want {
				found := false
				for _, line := range got {
					found = found || matches(t, pattern, line)
				}
				require.True(t, found, "%d: %s in %q", i, pattern, got)
			}
		})
	}
}
