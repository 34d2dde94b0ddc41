package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
)

// The scenarios.
const (
	usersTokens = "users_tokens" // N users and N tokens
	estate      = "estate"       // N users, N/10 groups with ten members, N/5 permissions, N tokens
)

// The phases of a case, in order: what is created, a plan of everything when nothing changed, a plan of one object when
// nothing changed, and the end.
var phases = []string{"apply", "plan", "plan_one", "destroy"}

// largest is measured at one latency only.
const (
	largest        = 3000
	largestLatency = 20 * time.Millisecond
)

// testCase is one registry with its objects.
type testCase struct {
	dialect  devregistry.Dialect
	scenario string
	n        int
	latency  time.Duration
}

func (c testCase) String() string {
	return fmt.Sprintf("%s %s n=%d latency=%s", c.dialect, c.scenario, c.n, c.latency)
}

// floorKey names what has the same floor: the number of objects.
func (c testCase) floorKey() string { return fmt.Sprintf("%s %d", c.scenario, c.n) }

// objects is how many a scenario has.
func objects(scenario string, n int) int {
	if scenario == usersTokens {
		return 2 * n
	}
	return 2*n + n/10 + n/5
}

// limit is when a case is given up, its floor included: several times what a machine of two cores needs. What the tool does
// by itself grows with the square of the objects.
func (c testCase) limit() time.Duration {
	n := objects(c.scenario, c.n)
	each := 150*time.Millisecond + c.latency + time.Duration(30*n)*time.Microsecond
	return time.Minute + time.Duration(n)*each
}

// runs is how often a phase is played; the run of median length counts. Plans of few objects take so little that a busy
// moment of the machine would decide about them.
func (c testCase) runs(phase string) int {
	if c.n <= 300 && (phase == "plan" || phase == "plan_one") {
		return 3
	}
	return 1
}

// filter picks cases; an empty list picks all.
type filter struct {
	dialects, scenarios []string
	ns                  []int
	latencies           []time.Duration
}

func picked[T comparable](list []T, value T) bool {
	return len(list) == 0 || slices.Contains(list, value)
}

// cases lists what is measured, small ones first. quick leaves out what takes long.
func cases(quick bool, f filter) []testCase {
	var list []testCase
	for _, n := range []int{100, 300, 1000, largest} {
		for _, scenario := range []string{usersTokens, estate} {
			for _, dialect := range []devregistry.Dialect{devregistry.Artifactory, devregistry.ArtifactKeeper} {
				for _, latency := range []time.Duration{0, 20 * time.Millisecond, 100 * time.Millisecond} {
					switch {
					case quick && n > 300, n == largest && latency != largestLatency,
						!picked(f.dialects, string(dialect)), !picked(f.scenarios, scenario), !picked(f.ns, n), !picked(f.latencies, latency):
						continue
					}
					list = append(list, testCase{dialect, scenario, n, latency})
				}
			}
		}
	}
	return list
}

// Owners have the tokens and are in the groups. They are there before, so that no object depends on another: for many
// objects the tool's own work on dependencies would hide everything else.
func owner(i string) string { return "owner-" + i }

// config is the configuration of a case. It uses count and no sets: core is quadratic in those.
func (c testCase) config() string {
	var b strings.Builder
	b.WriteString("terraform {\n  required_providers {\n    registry = { source = \"registry-identity/registry\" }\n  }\n}\n")
	fmt.Fprintf(&b, `
resource "registry_user" "all" {
  count    = %d
  username = "user-${count.index}"
  email    = "user-${count.index}@example.com"
}

resource "registry_token" "all" {
  count      = %d
  username   = "%s"
  expires_in = "30d"
}
`, c.n, c.n, owner("${count.index}"))
	if c.scenario == usersTokens {
		return b.String()
	}
	fmt.Fprintf(&b, `
resource "registry_group" "all" {
  count   = %d
  name    = "group-${count.index}"
  members = [for i in range(10) : "%s"]
}

resource "registry_permission" "all" {
  count        = %d
  name         = "%s"
  repositories = ["%s"]
  users        = { "%s" = ["read"], "%s" = ["read", "write"] }
}
`, c.n/10, owner("${(count.index * 10 + i) % "+fmt.Sprint(c.n)+"}"), c.n/5, c.permissionName(), c.repository(), owner("${count.index}"), owner("${count.index + 1}"))
	return b.String()
}

// permissionName and repository differ: on Artifact Keeper a permission is the rule set of one repository.
func (c testCase) permissionName() string {
	if c.dialect == devregistry.ArtifactKeeper {
		return c.repository()
	}
	return "permission-${count.index}"
}

func (c testCase) repository() string {
	if c.dialect == devregistry.ArtifactKeeper {
		return "bench-${count.index}"
	}
	return "npm-private"
}

// idleConfig is the same number of objects of the provider that does nothing.
func idleConfig(scenario string, n int) string {
	return fmt.Sprintf(`terraform {
  required_providers {
    idle = { source = "registry-identity/idle" }
  }
}

resource "idle_object" "all" {
  count = %d
  name  = "object-${count.index}"
}
`, objects(scenario, n))
}
