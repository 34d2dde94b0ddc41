// Package faults plays faults against the provider: every request of every operation of every resource, on both
// registries, fails once in every way the embedded registry knows; the provider's process is killed between any two
// requests; and afterwards nothing may be lost or left behind. There is nothing here but tests.
package faults
