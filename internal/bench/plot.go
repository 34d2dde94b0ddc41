package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
)

// The plot is one panel for each scenario and phase: wall time over the number of objects of a kind at 20 ms latency,
// one line for each registry and one for the floor. Both axes are logarithmic, so that equal slopes are equal growth.
const (
	panelWidth, panelHeight = 420, 280
	left, right, top, lower = 60, 20, 40, 45
)

type line struct {
	label, colour, dash string
	points              [][2]float64 // number, seconds
}

func draw(rows []row) string {
	panels := []struct{ scenario, phase string }{
		{usersTokens, "plan"},
		{estate, "plan"},
		{usersTokens, "apply"},
		{estate, "apply"},
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n",
		2*panelWidth, 2*panelHeight+20)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="white"/>`+"\n")
	for i, p := range panels {
		drawPanel(&b, (i%2)*panelWidth, (i/2)*panelHeight, p.scenario+": "+p.phase+", 20 ms latency", linesOf(rows, p.scenario, p.phase))
	}
	legend := linesOf(nil, "", "")
	for i, l := range legend {
		x, y := left+i*180, 2*panelHeight+8
		fmt.Fprintf(&b, `<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="%s" stroke-width="2" stroke-dasharray="%s"/><text x="%d" y="%d">%s</text>`+"\n",
			x, y, x+28, y, l.colour, l.dash, x+34, y+4, l.label)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func linesOf(rows []row, scenario, phase string) []line {
	ours := map[devregistry.Dialect]*line{
		devregistry.Artifactory:    {label: "Artifactory", colour: "#1b7837", dash: "none"},
		devregistry.ArtifactKeeper: {label: "Artifact Keeper", colour: "#2166ac", dash: "none"},
	}
	floor := line{label: "provider that does nothing", colour: "#888888", dash: "5,4"}
	seen := map[int]bool{}
	for _, r := range rows {
		if r.scenario != scenario || r.phase != phase || r.latency != 20*time.Millisecond {
			continue
		}
		if l := ours[r.dialect]; l != nil {
			l.points = append(l.points, [2]float64{float64(r.n), r.wall.Seconds()})
		}
		if !seen[r.n] {
			seen[r.n] = true
			floor.points = append(floor.points, [2]float64{float64(r.n), r.floor.Seconds()})
		}
	}
	lines := []line{*ours[devregistry.Artifactory], *ours[devregistry.ArtifactKeeper], floor}
	for _, l := range lines {
		slices.SortFunc(l.points, func(a, b [2]float64) int { return int(a[0] - b[0]) })
	}
	return lines
}

func drawPanel(b *strings.Builder, x, y int, title string, lines []line) {
	const smallest, most, fastest, slowest = 80, 4000, 0.3, 400
	px := func(n float64) float64 {
		return float64(x+left) + (panelWidth-left-right)*math.Log(n/smallest)/math.Log(most/smallest)
	}
	py := func(s float64) float64 {
		return float64(y+panelHeight-lower) - (panelHeight-top-lower)*math.Log(max(s, fastest)/fastest)/math.Log(slowest/fastest)
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" font-weight="bold">%s</text>`+"\n", x+left, y+22, title)
	for _, s := range []float64{1, 10, 100} {
		fmt.Fprintf(b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#dddddd"/><text x="%.1f" y="%.1f" text-anchor="end">%g s</text>`+"\n",
			px(smallest), py(s), px(most), py(s), px(smallest)-6, py(s)+4, s)
	}
	for _, n := range []float64{100, 300, 1000, 3000} {
		fmt.Fprintf(b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#eeeeee"/><text x="%.1f" y="%.1f" text-anchor="middle">%g</text>`+"\n",
			px(n), py(fastest), px(n), py(slowest), px(n), py(fastest)+16, n)
	}
	for _, l := range lines {
		var points []string
		for _, p := range l.points {
			points = append(points, fmt.Sprintf("%.1f,%.1f", px(p[0]), py(p[1])))
			fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", px(p[0]), py(p[1]), l.colour)
		}
		if len(points) > 1 {
			fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2" stroke-dasharray="%s"/>`+"\n",
				strings.Join(points, " "), l.colour, l.dash)
		}
	}
}
