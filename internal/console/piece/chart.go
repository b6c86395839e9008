package piece

import (
	"math"
	"time"
)

// A Chart shows numbers over time, as stacked bars or as lines. A folded table
// repeats the numbers for readers who cannot see the drawing.
type Chart struct {
	// ID is unique in the page; Name says what is shown.
	ID, Name string
	// Lines draws a line for each series. Otherwise the chart has stacked bars.
	Lines bool
	// Unit follows each number, such as " ms" or " %".
	Unit string
	// Spans is true if the numbers are milliseconds, to be written as
	// durations.
	Spans  bool
	Series []Series
	// Points are in chronological order.
	Points []Point
	// Empty is the text shown if there are no points.
	Empty string
}

// A Series is one of the quantities that each point has a value for.
type Series struct {
	Name string
	// Tone is its color: good, bad, wait, or "" for the plain one.
	Tone string
}

// A Point holds the values at one time, or for the time until the next point.
type Point struct {
	At time.Time
	// Values has one value for each series, 0 or more; NaN means no value.
	Values []float64
	// Tone is the color of the point's bars; it overrides that of the series.
	Tone string
	// Href links the point's row in the table to what the point is about.
	Href string
}

// Size of the drawing, in its own units. A page stretches it.
const (
	chartWidth  = 600.0
	chartHeight = 120.0
)

// A Bar is a rectangle of a chart.
type Bar struct{ X, Y, Width, Height, Tone string }

// A Curve is a line of a chart, as the points of a polyline.
type Curve struct{ Points, Tone string }

// Most returns the largest number that the chart shows.
func (c Chart) Most() float64 {
	most := 0.0
	for _, point := range c.Points {
		sum := 0.0
		for _, value := range point.Values {
			if math.IsNaN(value) {
				continue
			}
			if sum += value; c.Lines {
				sum = value
			}
			most = max(most, sum)
		}
	}
	return most
}

// Bars returns the chart's bars, from bottom to top.
func (c Chart) Bars() []Bar {
	var bars []Bar
	most, step := c.scale(), chartWidth/float64(max(len(c.Points), 1))
	for i, point := range c.Points {
		foot := chartHeight
		for j, value := range point.Values {
			if math.IsNaN(value) || value <= 0 || j >= len(c.Series) {
				continue
			}
			height := max(value/most*chartHeight, 1) // a small bar stays visible
			tone := c.Series[j].Tone
			if point.Tone != "" {
				tone = point.Tone
			}
			foot -= height
			bars = append(bars, Bar{number(float64(i)*step + step*.1), number(foot), number(step * .8), number(height), tone})
		}
	}
	return bars
}

// Curves returns the chart's lines, which are interrupted where a value is
// missing.
func (c Chart) Curves() []Curve {
	var curves []Curve
	most, step := c.scale(), chartWidth/float64(max(len(c.Points), 1))
	for j, series := range c.Series {
		points := ""
		for i, point := range c.Points {
			if j >= len(point.Values) || math.IsNaN(point.Values[j]) {
				if points != "" {
					curves, points = append(curves, Curve{points, series.Tone}), ""
				}
				continue
			}
			points += number((float64(i)+.5)*step) + "," + number(chartHeight-point.Values[j]/most*chartHeight) + " "
		}
		if points != "" {
			curves = append(curves, Curve{points, series.Tone})
		}
	}
	return curves
}

// scale returns the number that the full height of the chart stands for.
func (c Chart) scale() float64 {
	if most := c.Most(); most > 0 {
		return most
	}
	return 1
}

// First returns the time at the left end of the chart.
func (c Chart) First() time.Time { return c.Points[0].At }

// Last returns the time at the right end of the chart.
func (c Chart) Last() time.Time { return c.Points[len(c.Points)-1].At }

// Number formats a number as the chart shows it.
func (c Chart) Number(value float64) string {
	if math.IsNaN(value) {
		return "–"
	}
	if c.Spans {
		return Span(int64(value))
	}
	return number(value) + c.Unit
}
