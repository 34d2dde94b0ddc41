// Package modules holds the tests of what the scripts in modules/ do inside a workspace. The scripts are rendered by the
// modules themselves, so that quoting is under test too, and run under every shell an image may have.
package modules
