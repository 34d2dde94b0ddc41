// Package strangers runs clients that nobody here wrote against whole embedded registries, with accounts, grants and
// tokens made the way an administrator makes them: a granted user gets in, an ungranted one does not, and a revoked token
// opens nothing. It has tests only. A client that is not installed is skipped by name; curl, npm, Go and pip must be
// there when CI=true.
//
// What the package formats themselves owe to real clients is tested next to them, in devregistry/packages/clienttest; the
// client of JFrog has a module of its own in jfrogclient.
package strangers
