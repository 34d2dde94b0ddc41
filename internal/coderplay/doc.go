// Package coderplay plays Coder for the demo and the end-to-end tests: the provisioner, which runs Terraform with the
// environment of a workspace build, and the agent, which runs a workspace's scripts and gives its processes their
// environment. Beside them it has what both need: the embedded registry as a process and real package managers.
package coderplay
