// Package clienttest runs the real package clients against the package store: what they were never taught about it is
// what the store must get right. It has tests only. A client that is not installed is skipped by name; npm, go and pip
// must be there when CI=true.
package clienttest
