package deploy

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A scaledObject has the fields of KEDA's resource that the tests read. KEDA's schema covers
// the rest.
type scaledObject struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		ScaleTargetRef  struct{ Name string }
		MinReplicaCount *int32
		MaxReplicaCount *int32
		Triggers        []struct {
			Type     string
			Metadata map[string]string
		}
		Fallback map[string]any
		Advanced map[string]any
	}
}

// The resources of Temporal's worker controller, with the fields of its release 1.8. They are
// written by hand, so that its module is not needed.
type (
	connection struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`
		Spec              struct {
			HostPort           string
			TLS                *struct{ ServerName string }
			MutualTLSSecretRef *struct{ Name string }
			APIKeySecretRef    *corev1.SecretKeySelector
		}
	}

	workerDeployment struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`
		Spec              struct {
			Replicas                *int32
			Template                corev1.PodTemplateSpec
			MinReadySeconds         int32
			ProgressDeadlineSeconds *int32
			WorkerOptions           struct {
				ConnectionRef       struct{ Name string }
				TemporalNamespace   string
				UnsafeCustomBuildID string
			}
			Rollout struct {
				// Strategy is Manual, AllAtOnce or Progressive.
				Strategy string
				Gate     map[string]any
				Steps    []struct {
					RampPercentage int
					PauseDuration  metav1.Duration
				}
			}
			Sunset struct{ ScaledownDelay, DeleteDelay *metav1.Duration }
		}
	}

	workerResourceTemplate struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`
		Spec              struct {
			WorkerDeploymentRef struct{ Name string }
			Template            map[string]any
		}
	}
)
