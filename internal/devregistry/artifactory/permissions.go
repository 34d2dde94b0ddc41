package artifactory

// typeArtifact is the resource type of repositories and their content.
const typeArtifact = "artifact"

// realmInternal is the realm of users and groups that the server keeps itself.
const realmInternal = "internal"
