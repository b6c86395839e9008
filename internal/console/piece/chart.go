package piece

import (
	"math"
	"strconv"
	"time"
)

// A Chart shows numbers over time, as bars that stack or as lines. It has the
// numbers in a table too, folded away, for whoever cannot see it.
type Chart struct {
	// ID is unique in the page; Name says what is shown.
	ID, Name string
	// Lines draws a line for each series; else bars, the series stacked.
	Lines bool
	// Unit stands behind each number, such as " ms" or " %".
	Unit string
	// Spans reports that the numbers are milliseconds, which are written as a
	// person reads them.
	Spans  bool
	Series []Series
	// Points are in the order of time.
	Points []Point
	// Empty is what stands there without points.
	Empty string
}

// A Series is one of the numbers that each point has.
type Series struct {
	Name string
	// Tone is its color: good, bad, wait, or "" for the plain one.
	Tone string
}

// A Point is the numbers of one moment, or of the time until the next point.
type Point struct {
	At time.Time
	// Values are one for each series, 0 or more; NaN for no number.
	Values []float64
	// Tone is the color of a point's bars, in place of its series'.
	Tone string
	// Href leads to what the point is about, from the table.
	Href string
}

// Size of a chart's drawing; a page stretches it.
const (
	chartWidth  = 600.0
	chartHeight = 120.0
)

// A Bar is a rectangle of a chart.
type Bar struct{ X, Y, Width, Height, Tone string }

// A Curve is a line of a chart, as the points of a polyline.
type Curve struct{ Points, Tone string }

// Most is the largest number that the chart shows.
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

// Bars returns the chart's bars, from below.
func (c Chart) Bars() []Bar {
	var bars []Bar
	most, step := c.scale(), chartWidth/float64(max(len(c.Points), 1))
	for i, point := range c.Points {
		foot := chartHeight
		for j, value := range point.Values {
			if math.IsNaN(value) || value <= 0 || j >= len(c.Series) {
				continue
			}
			height := max(value/most*chartHeight, 1) // one that is there is seen
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

// Curves returns the chart's lines, which break where there is no number.
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

// scale is what the chart's height stands for.
func (c Chart) scale() float64 {
	if most := c.Most(); most > 0 {
		return most
	}
	return 1
}

// First and Last are the times at the chart's ends.
func (c Chart) First() time.Time { return c.Points[0].At }

// Last is the time at the chart's right end.
func (c Chart) Last() time.Time { return c.Points[len(c.Points)-1].At }

// Number writes a number as the chart shows it.
func (c Chart) Number(value float64) string {
	if math.IsNaN(value) {
		return "–"
	}
	if c.Spans {
		return Span(int64(value))
	}
	return number(value) + c.Unit
}

// number writes a number with two decimals at most.
func number(value float64) string {
	return strconv.FormatFloat(math.Round(value*100)/100, 'f', -1, 64)
}
