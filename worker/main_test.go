package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/buildinfo"
	environment "github.com/latch-run/latch/internal/settings"
)

// The worker prints its version and where its settings come from, and accepts no other
// argument.
func TestTheWorkerAnswersArguments(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args        []string
		code        int
		asked       bool
		out, errors string
	}{
		{args: nil},
		{args: []string{"--version"}, asked: true, out: buildinfo.Read().String() + "\n"},
		{args: []string{"-v"}, asked: true, out: buildinfo.Read().String() + "\n"},
		{args: []string{"--help"}, asked: true, out: usage},
		{args: []string{"serve"}, code: 2, asked: true, errors: usage},
		{args: []string{"--version", "--help"}, code: 2, asked: true, errors: usage},
		{args: []string{""}, code: 2, asked: true, errors: usage},
	} {
		var out, errors bytes.Buffer
		code, asked := answer(test.args, &out, &errors)
		require.Equal(t, test.code, code, test.args)
		require.Equal(t, test.asked, asked, test.args)
		require.Equal(t, test.out, out.String(), test.args)
		require.Equal(t, test.errors, errors.String(), test.args)
	}
}

// A worker that Temporal's worker controller runs belongs to the controller's deployment and
// build, unless the settings name another. The two are never mixed.
func TestTheWorkerControllerNamesDeploymentAndBuild(t *testing.T) {
	t.Parallel()
	controller := map[string]string{"TEMPORAL_DEPLOYMENT_NAME": "default/latch", "TEMPORAL_WORKER_BUILD_ID": "latch-1f0c"}
	for name, test := range map[string]struct {
		given       environment.Worker
		environ     map[string]string
		name, build string
		wrong       bool
	}{
		"unversioned":       {},
		"by the controller": {environ: controller, name: "default/latch", build: "latch-1f0c"},
		"by the settings": {given: environment.Worker{DeploymentName: "own", BuildID: "2"},
			environ: controller, name: "own", build: "2"},
		"half of the settings":     {given: environment.Worker{DeploymentName: "own"}, environ: controller, name: "own", wrong: true},
		"half of the controller's": {environ: map[string]string{"TEMPORAL_WORKER_BUILD_ID": "2"}, build: "2", wrong: true},
	} {
		deployed, build := deployment(test.given, func(variable string) string { return test.environ[variable] })
		require.Equal(t, test.name, deployed, name)
		require.Equal(t, test.build, build, name)
		err := check(environment.Worker{TaskQueue: "latch", HealthAddr: healthOff, Log: environment.Log{LogFormat: "text"},
			DeploymentName: deployed, BuildID: build})
		if test.wrong {
			require.ErrorContains(t, err, "LATCH_DEPLOYMENT_NAME and LATCH_BUILD_ID: give both", name)
			continue
		}
		require.NoError(t, err, name)
	}
}
