package stack

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/testsuite/server"
)

func TestSettingsAreLatchsAlone(t *testing.T) {
	t.Parallel()
	environ := []string{"HOME=/root", "LATCH_A=1", "TEMPORAL_ADDRESS=a:1", "NOT_LATCH_B=2", "LATCH_C="}
	require.Equal(t, Environment{"LATCH_A=1", "LATCH_C="}, Settings(environ))
	require.Len(t, environ, 5, "the caller's list")
	require.Equal(t, "HOME=/root", environ[0], "the caller's list")
}

func TestTheLastOfANameCounts(t *testing.T) {
	t.Parallel()
	env := Environment{"A=1", "AB=2", "A=x=y", "C="}
	require.Equal(t, "x=y", env.Value("A", "other"))
	require.Equal(t, "other", env.Value("C", "other"))
	require.Equal(t, "other", env.Value("D", "other"))
}

func TestLoopbackIsAllowedBesideWhatIsAlready(t *testing.T) {
	t.Parallel()
	given := Environment{"LATCH_EGRESS_ALLOW=10.0.0.0/8"}
	require.Equal(t, "10.0.0.0/8,127.0.0.0/8,::1,localhost", given.AllowLoopback().Value("LATCH_EGRESS_ALLOW", ""))
	require.Equal(t, "127.0.0.0/8,::1,localhost", Environment{}.AllowLoopback().Value("LATCH_EGRESS_ALLOW", ""))
	require.Len(t, given, 1, "the caller's list")
}

func TestWhatLogsItsStart(t *testing.T) {
	t.Parallel()
	for level, want := range map[string]bool{"": true, "debug": true, "INFO": true, "warn": false, "error": false, "loud": false} {
		require.Equal(t, want, Environment{"LATCH_LOG_LEVEL=" + level}.logsInfo(), level)
	}
}

func TestLastLines(t *testing.T) {
	t.Parallel()
	require.Equal(t, "b\nc", lastLines("a\nb\nc\n", 2))
	require.Equal(t, "a", lastLines("a\n", 2))
	require.Empty(t, lastLines("", 2))
}

func TestARunsPageIsEscaped(t *testing.T) {
	t.Parallel()
	s := &Stack{namespace: "default", Server: &server.Server{UIURL: "http://127.0.0.1:8233"}}
	require.Equal(t, "http://127.0.0.1:8233/namespaces/default/workflows/job-a%2Fb%20c/r1/history", s.RunURL("job-a/b c", "r1"))
}
