package piece

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// number formats a number with at most two decimals.
func number(value float64) string {
	return strconv.FormatFloat(math.Round(value*100)/100, 'f', -1, 64)
}

// numberIn returns the number that an answer is, or the only number within its JSON.
func numberIn(answer string) (float64, bool) {
	if number, is := parseNumber(strings.TrimSpace(answer)); is {
		return number, true
	}
	var value any
	if json.Unmarshal([]byte(answer), &value) != nil {
		return 0, false
	}
	numbers := numbersIn(value)
	if len(numbers) != 1 {
		return 0, false
	}
	return numbers[0], true
}

// numbersIn returns the numbers in a JSON value. Prometheus writes each with the time of its
// sample, as [1435781451.781, "0.3"], which is not one of them.
func numbersIn(value any) []float64 {
	var numbers []float64
	switch value := value.(type) {
	case float64:
		numbers = append(numbers, value)
	case string:
		if number, is := parseNumber(value); is {
			numbers = append(numbers, number)
		}
	case []any:
		if len(value) == 2 {
			_, at := value[0].(float64)
			if text, is := value[1].(string); at && is {
				return numbersIn(text)
			}
		}
		for _, each := range value {
			numbers = append(numbers, numbersIn(each)...)
		}
	case map[string]any:
		for _, each := range value {
			numbers = append(numbers, numbersIn(each)...)
		}
	}
	return numbers
}

func parseNumber(text string) (float64, bool) {
	number, err := strconv.ParseFloat(text, 64)
	return number, err == nil && !math.IsNaN(number) && !math.IsInf(number, 0)
}

// significant formats a number with four significant digits.
func significant(number float64) string {
	if size := math.Abs(number); size >= 1000 && size < 1e15 {
		return strconv.FormatFloat(number, 'f', 0, 64)
	}
	return strconv.FormatFloat(number, 'g', 4, 64)
}
