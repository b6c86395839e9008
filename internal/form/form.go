package form

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
)

// A Form is a compiled JSON Schema.
type Form struct{ schema *jsonschema.Schema }

// address is the form's own address, which nothing loads.
const address = "form.json"

// Compile compiles a form. Its error is [latch.Problems], with paths within the form.
//
// A form refers to no other schema, and to no part of itself: so nothing is loaded from
// elsewhere, and checking takes no longer than form and data are large.
func Compile(source json.RawMessage) (*Form, error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(source))
	if err != nil {
		return nil, latch.Problems{{Message: "is not valid JSON: " + err.Error()}}
	}
	top, is := document.(map[string]any)
	if !is {
		return nil, latch.Problems{{Message: "must be an object, a JSON Schema"}}
	}
	var problems latch.Problems
	refuse(&problems, "", top)
	checkTop(&problems, top)
	if len(problems) > 0 {
		return nil, problems
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	compiler.UseLoader(nothing{})
	if err := compiler.AddResource(address, document); err != nil {
		return nil, latch.Problems{{Message: err.Error()}}
	}
	schema, err := compiler.Compile(address)
	if err != nil {
		return nil, explain(err)
	}
	return &Form{schema}, nil
}

// nothing loads no schema.
type nothing struct{}

// Load refuses to load.
func (nothing) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s: a form loads nothing from elsewhere", url)
}

// refuse adds a problem for each key that refers to another schema.
func refuse(problems *latch.Problems, path string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			at := join(path, key)
			_, refers := v[key].(string)
			if refers && slices.Contains([]string{"$ref", "$dynamicRef", "$recursiveRef", "$id"}, key) {
				problems.Addf(at, "a form refers to no other schema: write out what it stands for")
				continue
			}
			refuse(problems, at, v[key])
		}
	case []any:
		for i, each := range v {
			refuse(problems, path+"["+strconv.Itoa(i)+"]", each)
		}
	}
}

// checkTop refuses what no vote's data could fit.
func checkTop(problems *latch.Problems, top map[string]any) {
	if given, is := top["type"]; is && given != "object" {
		problems.Addf("type", "must be \"object\": what people fill in is the object data")
	}
	properties, _ := top["properties"].(map[string]any)
	for _, key := range latch.DecisiveKeys {
		if _, is := properties[key]; is && key == latch.KeyResult {
			problems.Addf("properties."+key, "data.%s is pass or fail, by the votes: choose another name", key)
		}
	}
}

// Check returns all that is wrong with data, with paths from data.
func (f *Form) Check(data latch.Object) latch.Problems {
	encoded, err := json.Marshal(data)
	if err != nil {
		return latch.Problems{{Path: "data", Message: err.Error()}}
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
	if err != nil {
		return latch.Problems{{Path: "data", Message: err.Error()}}
	}
	if problems := tooLarge("data", value); len(problems) > 0 {
		return problems
	}
	var invalid *jsonschema.ValidationError
	err = f.schema.Validate(value)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &invalid):
		var problems latch.Problems
		leaves(&problems, "data", invalid)
		return problems.First(maximumProblems)
	default:
		return latch.Problems{{Path: "data", Message: err.Error()}}
	}
}

// maximumProblems bounds the problems that are told at once.
const maximumProblems = 100

// longestNumber bounds the digits and the exponent of a number, which is computed with exactly.
const longestNumber = 100

// tooLarge refuses numbers that would take long to compute with.
func tooLarge(path string, value any) latch.Problems {
	var problems latch.Problems
	switch v := value.(type) {
	case json.Number:
		_, exponent, _ := strings.Cut(strings.ToLower(v.String()), "e")
		n, err := strconv.Atoi(exponent)
		if len(v) > longestNumber || exponent != "" && (err != nil || n > longestNumber || n < -longestNumber) {
			problems.Addf(path, "%s is too large a number, or too small a one", excerpt.Of(v.String(), longestNumber))
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			problems = append(problems, tooLarge(join(path, key), v[key])...)
		}
	case []any:
		for i, each := range v {
			problems = append(problems, tooLarge(path+"["+strconv.Itoa(i)+"]", each)...)
		}
	}
	return problems
}

// explain returns the problems of a form that does not compile.
func explain(err error) error {
	var invalid *jsonschema.SchemaValidationError
	var shape *jsonschema.ValidationError
	if errors.As(err, &invalid) && errors.As(invalid.Err, &shape) {
		var problems latch.Problems
		leaves(&problems, "", shape)
		return problems.First(maximumProblems)
	}
	return latch.Problems{{Message: strings.ReplaceAll(err.Error(), "jsonschema: ", "")}}
}

var english = message.NewPrinter(language.English)

// leaves adds the innermost errors, one for each field that is wrong.
func leaves(problems *latch.Problems, root string, err *jsonschema.ValidationError) {
	at := root
	for _, part := range err.InstanceLocation {
		if _, no := strconv.Atoi(part); no == nil {
			at += "[" + part + "]"
			continue
		}
		at = join(at, part)
	}
	if missing, is := err.ErrorKind.(*kind.Required); is {
		for _, key := range missing.Missing {
			problems.Addf(join(at, key), "required")
		}
		return
	}
	if unknown, is := err.ErrorKind.(*kind.AdditionalProperties); is {
		for _, key := range unknown.Properties {
			problems.Addf(join(at, key), "unknown key")
		}
		return
	}
	if len(err.Causes) == 0 {
		problems.Addf(at, "%s", excerpt.Of(err.ErrorKind.LocalizedString(english), 500))
	}
	for _, cause := range err.Causes {
		leaves(problems, root, cause)
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
