package deploy

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kube-openapi/pkg/validation/strfmt"
	"k8s.io/kube-openapi/pkg/validation/validate"
	strict "sigs.k8s.io/yaml"
)

// keda is the release whose schema is used. It is not in go.mod, because only its schema is
// read.
const keda = "github.com/kedacore/keda/v2@v2.21.0"

// KEDA's own schema accepts the ScaledObjects, and rejects errors in them.
func TestScaledObjectsFitKEDAsSchema(t *testing.T) {
	t.Parallel()
	dir := downloaded(t, keda)
	schema := publishedSchema(t, filepath.Join(dir, "config/crd/bases/keda.sh_scaledobjects.yaml"))
	read := scalerKeys(t, filepath.Join(dir, "pkg/scalers/temporal_scaler.go"))
	validator := validate.NewSchemaValidator(schema, nil, "", strfmt.Default)
	checked := 0
	for _, m := range manifests(t, "*.yaml") {
		var object map[string]any
		require.NoError(t, strict.Unmarshal(m.text, &object))
		if template, is := m.object.(*workerResourceTemplate); is {
			object = template.Spec.Template
		}
		if object["kind"] != "ScaledObject" {
			continue
		}
		checked++
		spec := object["spec"].(map[string]any)
		if spec["scaleTargetRef"].(map[string]any)["name"] == nil { // the worker controller fills it in
			spec["scaleTargetRef"] = map[string]any{"name": "latch-worker-1f0c"}
		}
		for _, trigger := range spec["triggers"].([]any) {
			for name := range trigger.(map[string]any)["metadata"].(map[string]any) {
				require.Contains(t, read, name, "%s: KEDA does not read it", m.where)
			}
		}
		require.Empty(t, validator.Validate(object).Errors, m.where)
		spec["minReplicas"] = 2
		require.NotEmpty(t, validator.Validate(object).Errors, "a key that KEDA does not have")
		delete(spec, "minReplicas")
		delete(spec, "triggers")
		require.NotEmpty(t, validator.Validate(object).Errors, "a key that KEDA needs")
	}
	require.Equal(t, 2, checked)
}

// scalerKeys returns the keys of a trigger's metadata, from the tags of KEDA's own type.
func scalerKeys(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var keys []string
	for _, tag := range regexp.MustCompile(`keda:"name=(\w+), *order=triggerMetadata`).FindAllSubmatch(text, -1) {
		keys = append(keys, string(tag[1]))
	}
	require.NotEmpty(t, keys)
	return keys
}

// downloaded returns the folder of a module in Go's cache. CI downloads it and fails without
// it; a machine without network skips the test.
func downloaded(t *testing.T, module string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", module)
	command.Dir = t.TempDir()
	out, err := command.Output()
	if err != nil && os.Getenv("CI") == "" {
		t.Skipf("%s cannot be fetched: %v", module, err)
	}
	require.NoError(t, err, "%s", out)
	var found struct{ Dir string }
	require.NoError(t, json.Unmarshal(out, &found))
	return found.Dir
}

// publishedSchema reads the schema of a CustomResourceDefinition. If it lists keys, others are
// errors, as an API server warns of them and drops them.
func publishedSchema(t *testing.T, file string) *spec.Schema {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var definition struct {
		Spec struct {
			Versions []struct {
				Name   string
				Schema struct{ OpenAPIV3Schema map[string]any }
			}
		}
	}
	require.NoError(t, strict.Unmarshal(text, &definition))
	require.Len(t, definition.Spec.Versions, 1)
	whole := definition.Spec.Versions[0].Schema.OpenAPIV3Schema
	closed(whole)
	encoded, err := json.Marshal(whole)
	require.NoError(t, err)
	schema := new(spec.Schema)
	require.NoError(t, json.Unmarshal(encoded, schema))
	return schema
}

// closed makes a schema reject unlisted keys.
func closed(schema map[string]any) {
	properties, _ := schema["properties"].(map[string]any)
	if len(properties) > 0 && schema["x-kubernetes-preserve-unknown-fields"] != true {
		schema["additionalProperties"] = false
	}
	for _, each := range properties {
		closed(each.(map[string]any))
	}
	for _, key := range []string{"items", "additionalProperties"} {
		if inner, is := schema[key].(map[string]any); is {
			closed(inner)
		}
	}
}
