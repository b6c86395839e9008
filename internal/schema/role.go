package schema

import (
	"reflect"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/fields"
	"github.com/latch-run/latch/internal/vars"
)

// goFields maps the structure's name and the key to the Go field.
var goFields = func() map[string]reflect.StructField {
	found := map[string]reflect.StructField{}
	for _, structure := range fields.Structures(&latch.Job{}, &latch.Release{}, &latch.Emission{}, &latch.Gate{},
		&latch.RegisteredWebhook{}, &latch.Watch{}, &latch.Freeze{}) {
		for i := range structure.NumField() {
			found[structure.Name()+"."+fields.Key(structure.Field(i))] = structure.Field(i)
		}
	}
	return found
}()

// kinds describes a string of each role, in singular and plural.
var kinds = map[fields.Role][2]string{
	fields.Template:        {"A template", "Templates"},
	fields.URLTemplate:     {"A template", "Templates"},
	fields.HeaderTemplate:  {"A template", "Templates"},
	fields.BodyTemplate:    {"A string that is a template, or JSON whose strings are templates"},
	fields.JSONTemplate:    {"JSON whose strings are templates"},
	fields.When:            {"A CEL expression over " + templates},
	fields.Success:         {"A CEL expression over response {" + strings.Join(keysOf("response"), ", ") + "}"},
	fields.Result:          {"A CEL expression over history and " + templates + ", 'pass' or 'fail'"},
	fields.StopRelease:     {"A CEL expression over history and " + templates},
	fields.RollbackRelease: {"A CEL expression over history and " + templates},
	fields.Form:            {"A JSON Schema"},
	fields.Secret:          {"The name of a secret", "Names of secrets"},
	fields.IssuerSecret:    {"The name of a secret", "Names of secrets"},
}

const templates = "the variables of templates"

func keysOf(variable string) []string {
	found, _ := vars.Find(variable)
	return found.Keys
}

// described prepends the description of a field's role to its meaning. It returns "" if the meaning
// is empty.
func described(field reflect.StructField, role fields.Role, meaning string) string {
	says, has := kinds[role]
	if !has || meaning == "" {
		return meaning
	}
	one, several := says[0], says[1]
	if several != "" && (field.Type.Kind() == reflect.Map || field.Type.Kind() == reflect.Slice) {
		return several + ": " + meaning
	}
	return one + ": " + meaning
}
