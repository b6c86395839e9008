package browser

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"maps"
	"math"
	"slices"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// Picture returns a PNG of the window in 256 colors, which pages seldom exceed.
func (p *Page) Picture() []byte {
	p.t.Helper()
	taken, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	require.NoError(p.t, err)
	decoded, err := png.Decode(bytes.NewReader(taken))
	require.NoError(p.t, err)
	var encoded bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	require.NoError(p.t, encoder.Encode(&encoded, paletted(decoded)))
	return encoded.Bytes()
}

// paletted reduces a picture to 256 colors, replacing each other one by the nearest of them.
func paletted(from image.Image) *image.Paletted {
	bounds := from.Bounds()
	counts := map[color.RGBA]int{}
	at := func(x, y int) color.RGBA { return color.RGBAModel.Convert(from.At(x, y)).(color.RGBA) }
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			counts[at(x, y)]++
		}
	}
	palette := paletteOf(counts)
	nearest := map[color.RGBA]uint8{}
	to := image.NewPaletted(bounds, palette)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			each := at(x, y)
			index, known := nearest[each]
			if !known {
				index = uint8(palette.Index(each))
				nearest[each] = index
			}
			to.SetColorIndex(x, y, index)
		}
	}
	return to
}

// frequentColors is how many of a palette's colors are the most frequent ones.
const frequentColors = 192

// paletteOf returns the most frequent colors, and of the others those that differ most from all
// that were taken: a small mark keeps its color, such as that of a failure.
func paletteOf(counts map[color.RGBA]int) color.Palette {
	rest := slices.SortedFunc(maps.Keys(counts), func(a, b color.RGBA) int { return cmp.Compare(counts[b], counts[a]) })
	palette := color.Palette{}
	apart := make([]int, len(rest)) // how far each is from the nearest color of the palette
	for i := range apart {
		apart[i] = math.MaxInt
	}
	for len(palette) < min(len(rest), 256) {
		next := len(palette)
		if next >= frequentColors {
			next = slices.Index(apart, slices.Max(apart))
		}
		palette = append(palette, rest[next])
		for i, each := range rest {
			apart[i] = min(apart[i], distance(each, rest[next]))
		}
	}
	return palette
}

// distance returns the square of the distance between two colors.
func distance(a, b color.RGBA) int {
	red, green, blue := int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B)
	return red*red + green*green + blue*blue
}
