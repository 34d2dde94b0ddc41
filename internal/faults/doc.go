// Package faults plays faults against the provider: every request of every operation of every resource, and of what
// reads and of what is ephemeral, fails once in every way the embedded registry knows, on both registries; the provider's
// process is killed between any two requests; and afterwards nothing may be lost or left behind. There is nothing here
// but tests.
package faults
