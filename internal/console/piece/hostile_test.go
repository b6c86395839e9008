package piece_test

import (
	"bytes"
	"html/template"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/console/piece"
	"github.com/latch-run/latch/internal/console/piece/piecetest"
)

// hostile is a text in every title, id, reason, answer and error that others can write.
const hostile = `</textarea></title></svg>"><script>alert(1)</script><img src=x onerror=alert(1)>' ` +
	`onmouseover='alert(1) javascript:alert(1)`

// shown has a value of each template of the pieces' that a page shows.
var shown = map[string]any{
	"cell":         piece.Cell{},
	"facts":        piece.Facts{},
	"list":         piece.List{},
	"form":         piece.Form{},
	"filters":      piece.Form{},
	"confirmation": piece.Confirmation{},
	"notice":       piece.Notice{},
	"record":       piece.Record{},
	"chart":        piece.Chart{},
	"measurements": piece.Measurements{},
	"picture":      piece.Picture{},
	"source":       piece.Source{},
}

// within are templates that are only part of others.
var within = []string{"time", "field", "described", "mark"}

// No text in a piece becomes markup: each text of each piece is made hostile in turn, and then
// all of them.
func TestPiecesShowTextsAsTexts(t *testing.T) {
	t.Parallel()
	for _, each := range piece.Templates().Templates() {
		name := each.Name()
		if name == "pieces" || strings.HasSuffix(name, ".html") {
			continue
		}
		value, known := shown[name]
		if !known {
			require.Contains(t, within, name, "give the piece a value in this test")
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			filled := reflect.New(reflect.TypeOf(value)).Elem()
			fill(filled, hostile, 0)
			harmless := reflect.New(reflect.TypeOf(value)).Elem()
			fill(harmless, "text", 0)
			attacked := render(t, name, filled.Interface())
			sameElements(t, render(t, name, harmless.Interface()), attacked)
		})
	}
}

// sameElements checks that a page has the elements of the harmless one, and no
// script.
func sameElements(t *testing.T, harmless, attacked string) {
	t.Helper()
	elements := piecetest.Elements(t, attacked)
	require.Equal(t, piecetest.Elements(t, harmless), elements, "%s", attacked)
	for _, element := range elements {
		require.False(t, strings.HasPrefix(element, "script"), element)
	}
}

// A record shows the endpoint's request and answer as text.
func TestRecordsShowTextsAsTexts(t *testing.T) {
	t.Parallel()
	record := func(text string) piece.Record {
		var filled latch.Record
		fill(reflect.ValueOf(&filled).Elem(), text, 0)
		filled.Data = latch.Object{text: []byte(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`)}
		return piece.RecordOf("record", filled)
	}
	attacked := render(t, "record", record(hostile))
	sameElements(t, render(t, "record", record("text")), attacked)
	require.Contains(t, attacked, "&lt;script&gt;", "what was answered is there")
}

func render(t *testing.T, name string, value any) string {
	t.Helper()
	var body bytes.Buffer
	set := template.Must(piece.Templates().
		Parse(`{{define "one"}}<!doctype html><title>t</title><main>{{template "` + name + `" .}}</main>{{end}}`))
	require.NoError(t, set.ExecuteTemplate(&body, "one", value))
	return body.String()
}

// fill sets every text that can be set, one element in each list.
func fill(value reflect.Value, text string, depth int) {
	switch value.Kind() {
	case reflect.String:
		value.SetString(text)
	case reflect.Bool:
		value.SetBool(true)
	case reflect.Int, reflect.Int64:
		value.SetInt(7)
	case reflect.Float64:
		value.SetFloat(7)
	case reflect.Pointer:
		if depth < 8 {
			value.Set(reflect.New(value.Type().Elem()))
			fill(value.Elem(), text, depth+1)
		}
	case reflect.Slice:
		if value.Type().Elem().Kind() == reflect.Uint8 || depth >= 8 {
			return
		}
		value.Set(reflect.MakeSlice(value.Type(), 4, 4))
		if name := value.Type().Elem().Name(); name == "Cell" || name == "Column" || value.Type().Elem().Kind() == reflect.String {
			value.Set(reflect.MakeSlice(value.Type(), 1, 1)) // as many cells as columns
		}
		for i := range value.Len() {
			fill(value.Index(i), text, depth+1)
		}
	case reflect.Map:
		if value.Type().Elem().Kind() == reflect.String {
			value.Set(reflect.ValueOf(map[string]string{text: text}))
		}
	case reflect.Struct:
		if at, is := value.Addr().Interface().(*time.Time); is {
			*at = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
			return
		}
		for i := range value.NumField() {
			if value.Type().Field(i).IsExported() {
				fill(value.Field(i), text, depth+1)
			}
		}
	}
}

// A link to a script has no target.
func TestLinksToScriptsLeadNowhere(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)",
		"data:text/html,<script>", "vbscript:x"} {
		body := render(t, "cell", piece.Link("text", address))
		require.Contains(t, body, `href="#ZgotmplZ"`, address)
		body = render(t, "picture", piece.Picture{ID: "p", Boxes: []piece.Box{{Href: address, Width: 100, Height: 40}}})
		require.Contains(t, body, `href="#ZgotmplZ"`, address)
	}
}

// Each piece has its own entry in the gallery, which the tests of pages open.
func TestEachPieceIsInTheGallery(t *testing.T) {
	t.Parallel()
	gallery, err := os.ReadFile("../templates/gallery.html")
	require.NoError(t, err)
	for name := range shown {
		if name != "cell" && name != "filters" { // part of lists and forms
			require.Contains(t, string(gallery), `{{template "`+name+`"`)
		}
	}
}
