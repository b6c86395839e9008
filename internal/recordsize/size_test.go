package recordsize

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/filled"
)

// sizeOfJSON is what Of must return.
func sizeOfJSON(t *testing.T, record *latch.Record) int {
	t.Helper()
	encoded, err := json.Marshal(record)
	require.NoError(t, err)
	return len(encoded)
}

// Each field of a record counts, alone and with all others, and so does each field of what a
// record consists of.
func TestRecordSizeCountsEachField(t *testing.T) {
	t.Parallel()
	var all latch.Record
	filled.Set(&all)
	all.Data["html"] = json.RawMessage(`"<b>"`)
	require.Equal(t, sizeOfJSON(t, &all), Of(&all))
	require.Equal(t, sizeOfJSON(t, &latch.Record{}), Of(&latch.Record{}))
	empty := &latch.Record{Request: &latch.RecordRequest{}, Response: &latch.RecordResponse{}, Tries: make([]latch.RecordTry, 2),
		Data: latch.Object{}, Lock: &latch.RecordLock{}}
	require.Equal(t, sizeOfJSON(t, empty), Of(empty))
	eachField(reflect.ValueOf(&all).Elem(), func(name string, clear func() (restore func())) {
		restore := clear()
		defer restore()
		require.Equal(t, sizeOfJSON(t, &all), Of(&all), "without %s", name)
	})
}

// eachField calls f with each field of a value, and of the values in it.
func eachField(v reflect.Value, f func(name string, clear func() (restore func()))) {
	switch v.Kind() {
	case reflect.Pointer:
		eachField(v.Elem(), f)
	case reflect.Slice:
		eachField(v.Index(0), f)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[latch.Time]() {
			return
		}
		for i := range v.NumField() {
			field := v.Field(i)
			f(v.Type().String()+"."+v.Type().Field(i).Name, func() func() {
				before := reflect.ValueOf(field.Interface())
				field.SetZero()
				return func() { field.Set(before) }
			})
			eachField(field, f)
		}
	}
}

func FuzzTextSize(f *testing.F) {
	f.Add("plain")
	f.Add("\"\\\b\f\n\r\t\x00\x1f\x7f<>&")
	f.Add("größe \u2028\u2029 \xff\xc3 \ufffd 日本 🎉")
	f.Add(strings.Repeat("x", 100))
	f.Fuzz(func(t *testing.T, text string) {
		encoded, err := json.Marshal(text)
		require.NoError(t, err)
		require.Equal(t, len(encoded), textSize(text), "%q", text)
	})
}

func FuzzDecimalSize(f *testing.F) {
	for _, value := range []float64{0, 0.001, 12.345, 1e-6, 9.99e-7, 1e20, 1e21, -3, 0.1 + 0.2} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value float64) {
		if math.IsNaN(value) || math.IsInf(value, 0) {
			return // JSON has no such number
		}
		timings := latch.Timings{DNSMS: value}
		encoded, err := json.Marshal(timings)
		require.NoError(t, err)
		require.Equal(t, len(encoded), timingsSize(&timings), "%v", value)
	})
}

// The values of an object count as encoding/json writes them: compact, and with what HTML or
// JavaScript would misread escaped.
func FuzzObjectSize(f *testing.F) {
	for _, value := range []string{"1", "12", "123", `""`, `"a"`, `"abc"`, "{}", "[]", "[ 1 ]", "null", "true", `{"a": 1, "b":[2]}`, `"<b>&"`, "\"\u2028\"",
		`"\u2028"`, `"größe"`, "1e2", " 7\n"} {
		f.Add("key", []byte(value))
	}
	f.Add("<key>", []byte(nil))
	f.Fuzz(func(t *testing.T, key string, value []byte) {
		object := latch.Object{key: value, "other": json.RawMessage("0")}
		encoded, err := json.Marshal(object)
		if err != nil {
			return // no JSON is in no record
		}
		require.Equal(t, len(encoded), OfObject(object), "%q: %q", key, value)
	})
}
