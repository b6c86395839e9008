package deploy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	strict "sigs.k8s.io/yaml"
)

const folder = "../../deploy/kubernetes"

// A manifest is one object of a file.
type manifest struct {
	// where is the file and the object, for messages.
	where string
	metav1.TypeMeta
	metav1.ObjectMeta
	text []byte
	// object is a pointer to the API's own type.
	object any
}

// types are the API's own types, and those of Temporal's worker controller.
var types = map[metav1.TypeMeta]reflect.Type{
	{APIVersion: "v1", Kind: "ConfigMap"}:                                reflect.TypeFor[corev1.ConfigMap](),
	{APIVersion: "v1", Kind: "Service"}:                                  reflect.TypeFor[corev1.Service](),
	{APIVersion: "apps/v1", Kind: "Deployment"}:                          reflect.TypeFor[appsv1.Deployment](),
	{APIVersion: "policy/v1", Kind: "PodDisruptionBudget"}:               reflect.TypeFor[policyv1.PodDisruptionBudget](),
	{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"}:          reflect.TypeFor[networkingv1.NetworkPolicy](),
	{APIVersion: "keda.sh/v1alpha1", Kind: "ScaledObject"}:               reflect.TypeFor[scaledObject](),
	{APIVersion: "temporal.io/v1alpha1", Kind: "Connection"}:             reflect.TypeFor[connection](),
	{APIVersion: "temporal.io/v1alpha1", Kind: "WorkerDeployment"}:       reflect.TypeFor[workerDeployment](),
	{APIVersion: "temporal.io/v1alpha1", Kind: "WorkerResourceTemplate"}: reflect.TypeFor[workerResourceTemplate](),
}

// manifests returns all objects of a file, or of all files. Each is strictly decoded into its
// API's type: an unknown or duplicate key is an error.
func manifests(t *testing.T, name string) []manifest {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, name))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var all []manifest
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for i, document := range documents(t, text) {
			m := manifest{where: fmt.Sprintf("%s, object %d", filepath.Base(file), i+1), text: document}
			var head struct {
				metav1.TypeMeta   `json:",inline"`
				metav1.ObjectMeta `json:"metadata"`
			}
			require.NoError(t, strict.Unmarshal(document, &head), m.where)
			m.TypeMeta, m.ObjectMeta = head.TypeMeta, head.ObjectMeta
			m.where += ", " + m.Kind + " " + m.Name
			of, known := types[m.TypeMeta]
			require.True(t, known, "%s: %s %s is not a kind that is checked", m.where, m.APIVersion, m.Kind)
			m.object = reflect.New(of).Interface()
			require.NoError(t, strict.UnmarshalStrict(document, m.object), m.where)
			all = append(all, m)
		}
	}
	return all
}

// documents returns the YAML documents of a file.
func documents(t *testing.T, text []byte) [][]byte {
	t.Helper()
	var all [][]byte
	for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var document yaml.Node
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		encoded, err := yaml.Marshal(&document)
		require.NoError(t, err)
		all = append(all, encoded)
	}
}

// decode decodes an object within an object like [manifests].
func decode[T any](t *testing.T, where string, from any) *T {
	t.Helper()
	text, err := strict.Marshal(from)
	require.NoError(t, err, where)
	into := new(T)
	require.NoError(t, strict.UnmarshalStrict(text, into), where)
	return into
}
