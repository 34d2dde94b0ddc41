// Package jfrogclient lets JFrog's own Go client loose on the embedded registry, which runs as a process of its own and
// cannot tell it from anybody else. It is a module of its own because the client brings a hundred dependencies along.
package jfrogclient
