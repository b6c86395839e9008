package deploy

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/settings"
)

// pods returns the pod templates of all files, by their location.
func pods(t *testing.T) map[string]corev1.PodTemplateSpec {
	t.Helper()
	found := map[string]corev1.PodTemplateSpec{}
	for _, m := range manifests(t, "*.yaml") {
		switch object := m.object.(type) {
		case *appsv1.Deployment:
			found[m.where] = object.Spec.Template
		case *workerDeployment:
			found[m.where] = object.Spec.Template
		}
	}
	require.Len(t, found, 3)
	return found
}

// A pod runs as an unprivileged user, has a read-only file system, limits and probes, and no
// access to the cluster.
func TestPodsAreConfined(t *testing.T) {
	t.Parallel()
	for where, pod := range pods(t) {
		require.False(t, *pod.Spec.AutomountServiceAccountToken, where)
		require.True(t, *pod.Spec.SecurityContext.RunAsNonRoot, where)
		require.NotZero(t, *pod.Spec.SecurityContext.RunAsUser, where)
		require.Equal(t, corev1.SeccompProfileTypeRuntimeDefault, pod.Spec.SecurityContext.SeccompProfile.Type, where)
		require.Len(t, pod.Spec.Containers, 1, where)
		container := pod.Spec.Containers[0]
		require.True(t, *container.SecurityContext.ReadOnlyRootFilesystem, where)
		require.False(t, *container.SecurityContext.AllowPrivilegeEscalation, where)
		require.Equal(t, []corev1.Capability{"ALL"}, container.SecurityContext.Capabilities.Drop, where)
		require.False(t, container.Resources.Limits.Memory().IsZero(), where)
		require.False(t, container.Resources.Requests.Memory().IsZero(), where)
		require.False(t, container.Resources.Requests.Cpu().IsZero(), where)
		for path, probe := range map[string]*corev1.Probe{"/healthz": container.LivenessProbe, "/readyz": container.ReadinessProbe} {
			require.Equal(t, path, probe.HTTPGet.Path, where)
			require.Equal(t, intstr.FromString(container.Ports[0].Name), probe.HTTPGet.Port, where)
		}
		startup := container.StartupProbe
		require.Equal(t, "/healthz", startup.HTTPGet.Path, where)
		require.Greater(t, startup.PeriodSeconds*startup.FailureThreshold, int32(30), "%s: it may wait 30 s for Temporal", where)
	}
}

// Each variable of a pod is one that its program reads, the port is the container's, and the
// pod has enough time to end. Secrets are files.
func TestPodsHaveSettingsThatAreRead(t *testing.T) {
	t.Parallel()
	var configured map[string]string
	for _, m := range manifests(t, "latch.yaml") {
		if config, is := m.object.(*corev1.ConfigMap); is {
			configured = config.Data
		}
	}
	require.NotEmpty(t, configured)
	for where, pod := range pods(t) {
		container := pod.Spec.Containers[0]
		environ := map[string]string{}
		for _, from := range container.EnvFrom {
			require.Nil(t, from.SecretRef, "%s: a secret is in the environment", where)
			require.Equal(t, "latch", from.ConfigMapRef.Name, where)
			for name, value := range configured {
				environ[name] = value
			}
		}
		for _, variable := range container.Env {
			require.Nil(t, variable.ValueFrom, where)
			environ[variable.Name] = variable.Value
		}
		var list []string
		for name, value := range environ {
			require.True(t, strings.HasPrefix(name, "LATCH_") || strings.HasPrefix(name, "TEMPORAL_"), "%s: %s", where, name)
			list = append(list, name+"="+value)
		}
		require.Empty(t, settings.Unknowns(list), where)
		requireTimeToEnd(t, where, pod.Spec, list)
		for _, volume := range pod.Spec.Volumes {
			require.NotNil(t, volume.Secret, "%s: %s", where, volume.Name)
			require.Zero(t, *volume.Secret.DefaultMode&0o007, "%s: all may read %s", where, volume.Name)
			require.NotZero(t, *pod.Spec.SecurityContext.FSGroup, "%s: nobody may read %s", where, volume.Name)
			mounted := slices.IndexFunc(container.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == volume.Name })
			path := container.VolumeMounts[mounted].MountPath
			require.True(t, environ["LATCH_SECRETS_DIR"] == path || strings.HasPrefix(environ["LATCH_API_KEYS_FILE"],
				path+"/"), "%s: nothing reads %s", where, path)
		}
	}
}

// requireTimeToEnd reads a pod's settings as its program does.
func requireTimeToEnd(t *testing.T, where string, pod corev1.PodSpec, environ []string) {
	t.Helper()
	var address string
	needed := 25 * time.Second // of the API: requests in flight have 20 s
	if slices.Contains(pod.Containers[0].Command, "serve") {
		api, err := settings.From[settings.API](environ)
		require.NoError(t, err, where)
		address = api.Addr
		needed += time.Duration(pod.Containers[0].Lifecycle.PreStop.Sleep.Seconds) * time.Second
	} else {
		worker, err := settings.From[settings.Worker](environ)
		require.NoError(t, err, where)
		address, needed = worker.HealthAddr, worker.DrainTimeout+10*time.Second
	}
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err, where)
	require.Equal(t, port, strconv.Itoa(int(pod.Containers[0].Ports[0].ContainerPort)), where)
	require.GreaterOrEqual(t, time.Duration(*pod.TerminationGracePeriodSeconds)*time.Second, needed, where)
}

// Each selector of pods selects those of one Deployment, and each Deployment has a budget and a
// policy.
func TestSelectorsFindTheirPods(t *testing.T) {
	t.Parallel()
	all := manifests(t, "latch.yaml")
	found := map[string]map[string]int{}
	for _, m := range all {
		deployment, is := m.object.(*appsv1.Deployment)
		if !is {
			continue
		}
		matches := map[string]int{}
		for _, other := range all {
			var selector *metav1.LabelSelector
			switch object := other.object.(type) {
			case *appsv1.Deployment:
				selector = object.Spec.Selector
			case *policyv1.PodDisruptionBudget:
				selector = object.Spec.Selector
			case *networkingv1.NetworkPolicy:
				selector = &object.Spec.PodSelector
			case *corev1.Service:
				selector = &metav1.LabelSelector{MatchLabels: object.Spec.Selector}
			default:
				continue
			}
			matcher, err := metav1.LabelSelectorAsSelector(selector)
			require.NoError(t, err, other.where)
			require.False(t, matcher.Empty(), "%s selects all pods", other.where)
			if matcher.Matches(labels.Set(deployment.Spec.Template.Labels)) {
				matches[other.Kind]++
			}
		}
		found[m.Name] = matches
	}
	require.Equal(t, map[string]map[string]int{
		"latch-worker": {"Deployment": 1, "PodDisruptionBudget": 1, "NetworkPolicy": 1},
		"latch-api":    {"Deployment": 1, "PodDisruptionBudget": 1, "NetworkPolicy": 1, "Service": 1},
	}, found)
}

// The ports in policies and in the Service are those of the pods' containers. A budget allows
// draining a node.
func TestPortsAndBudgets(t *testing.T) {
	t.Parallel()
	names := []string{}
	for _, pod := range pods(t) {
		names = append(names, pod.Spec.Containers[0].Ports[0].Name)
	}
	for _, m := range manifests(t, "latch.yaml") {
		switch object := m.object.(type) {
		case *corev1.Service:
			require.Contains(t, names, object.Spec.Ports[0].TargetPort.StrVal, m.where)
		case *networkingv1.NetworkPolicy:
			for _, rule := range object.Spec.Ingress {
				require.Contains(t, names, rule.Ports[0].Port.StrVal, m.where)
			}
		case *policyv1.PodDisruptionBudget:
			require.Equal(t, 1, object.Spec.MaxUnavailable.IntValue(), m.where)
		case *appsv1.Deployment:
			require.GreaterOrEqual(t, *object.Spec.Replicas, int32(2), "%s: one can restart", m.where)
		}
	}
}

// KEDA scales an existing Deployment, by Latch's task queue in the workers' namespace, and
// never to zero.
func TestAutoscalingFollowsTheTaskQueue(t *testing.T) {
	t.Parallel()
	var config *corev1.ConfigMap
	deployments := []string{}
	for _, m := range manifests(t, "latch.yaml") {
		switch object := m.object.(type) {
		case *corev1.ConfigMap:
			config = object
		case *appsv1.Deployment:
			deployments = append(deployments, m.Name)
		}
	}
	for _, m := range manifests(t, "autoscaling.yaml") {
		scaled := m.object.(*scaledObject)
		require.Contains(t, deployments, scaled.Spec.ScaleTargetRef.Name)
		require.Equal(t, config.Data["TEMPORAL_NAMESPACE"], scaled.Spec.Triggers[0].Metadata["namespace"])
		requireBacklog(t, m.where, scaled, config.Data["TEMPORAL_ADDRESS"])
	}
}

func requireBacklog(t *testing.T, where string, scaled *scaledObject, address string) {
	t.Helper()
	require.GreaterOrEqual(t, *scaled.Spec.MinReplicaCount, int32(2), where)
	require.Greater(t, *scaled.Spec.MaxReplicaCount, *scaled.Spec.MinReplicaCount, where)
	require.Len(t, scaled.Spec.Triggers, 1, where)
	trigger := scaled.Spec.Triggers[0]
	require.Equal(t, "temporal", trigger.Type, where)
	require.Equal(t, latch.DefaultTaskQueue, trigger.Metadata["taskQueue"], where)
	require.Equal(t, address, trigger.Metadata["endpoint"], where)
	require.Equal(t, "workflow,activity", trigger.Metadata["queueTypes"], where)
	require.Regexp(t, `^[1-9]\d*$`, trigger.Metadata["targetQueueSize"], where)
}

// The worker controller's resources refer to each other, and omit the fields that the
// controller fills in.
func TestWorkerControllerResources(t *testing.T) {
	t.Parallel()
	var connected *connection
	var deployed *workerDeployment
	kinds := []any{}
	for _, m := range manifests(t, "worker-controller.yaml") {
		switch object := m.object.(type) {
		case *connection:
			connected = object
		case *workerDeployment:
			deployed = object
		case *workerResourceTemplate:
			require.Equal(t, deployed.Name, object.Spec.WorkerDeploymentRef.Name, m.where)
			require.NotContains(t, object.Spec.Template, "metadata", "%s: the controller makes it", m.where)
			kinds = append(kinds, object.Spec.Template["kind"])
			if object.Spec.Template["kind"] == "ScaledObject" {
				scaled := decode[scaledObject](t, m.where, object.Spec.Template)
				require.Empty(t, scaled.Spec.ScaleTargetRef.Name, m.where)
				for _, filled := range []string{"namespace", "workerDeploymentName", "workerDeploymentBuildId"} {
					value, there := scaled.Spec.Triggers[0].Metadata[filled]
					require.True(t, there && value == "", "%s: the controller fills in %s where it is empty", m.where, filled)
				}
				requireBacklog(t, m.where, scaled, connected.Spec.HostPort)
				continue
			}
			budget := decode[policyv1.PodDisruptionBudget](t, m.where, object.Spec.Template)
			require.Empty(t, budget.Spec.Selector.MatchLabels, m.where)
		}
	}
	require.Equal(t, []any{"PodDisruptionBudget", "ScaledObject"}, kinds)
	require.Equal(t, connected.Name, deployed.Spec.WorkerOptions.ConnectionRef.Name)
	require.NotEmpty(t, deployed.Spec.WorkerOptions.TemporalNamespace)
	require.Nil(t, deployed.Spec.Replicas, "KEDA sets them")
	require.Equal(t, "Progressive", deployed.Spec.Rollout.Strategy)
	last := 0
	for _, step := range deployed.Spec.Rollout.Steps {
		require.Greater(t, step.RampPercentage, last)
		require.Less(t, step.RampPercentage, 100)
		require.GreaterOrEqual(t, step.PauseDuration.Duration, 30*time.Second)
		last = step.RampPercentage
	}
	for _, variable := range deployed.Spec.Template.Spec.Containers[0].Env {
		require.NotContains(t, []string{"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "LATCH_DEPLOYMENT_NAME", "LATCH_BUILD_ID"}, variable.Name,
			"the controller gives it")
	}
}

// The worker of the controller is the worker of the Deployment, except for what the controller
// sets.
func TestBothWorkersAreTheSame(t *testing.T) {
	t.Parallel()
	var workers []corev1.Container
	for where, pod := range pods(t) {
		if !strings.Contains(where, "latch-worker") {
			continue
		}
		container := pod.Spec.Containers[0]
		container.EnvFrom, container.Env = nil, nil
		workers = append(workers, container)
	}
	require.Len(t, workers, 2)
	require.Equal(t, workers[0], workers[1])
}
