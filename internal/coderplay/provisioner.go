package coderplay

// AgentToken is the credential of every agent here. Coder gives each build of a workspace the same one while it runs.
const AgentToken = "11111111-2222-3333-4444-555555555555"

// Owner is a Coder user.
type Owner struct{ ID, Name, FullName, Email string }

// ProvisionerEnv is what Coder's provisioner sets for the start of a workspace with a name and an id.
func ProvisionerEnv(name, id string, owner Owner) map[string]string {
	return map[string]string{
		"CODER_AGENT_URL":                  "https://coder.example.com",
		"CODER_WORKSPACE_TRANSITION":       "start",
		"CODER_WORKSPACE_BUILD_ID":         "5d3c8a62-77d3-4c3a-8f1e-2f1f0a6c2b10",
		"CODER_WORKSPACE_ID":               id,
		"CODER_WORKSPACE_NAME":             name,
		"CODER_WORKSPACE_TEMPLATE_ID":      "0b9e1f5c-2d7a-4f0e-8b5d-9a4e6c1d7f20",
		"CODER_WORKSPACE_TEMPLATE_NAME":    "quickstart",
		"CODER_WORKSPACE_TEMPLATE_VERSION": "v1",
		"CODER_WORKSPACE_OWNER":            owner.Name,
		"CODER_WORKSPACE_OWNER_ID":         owner.ID,
		"CODER_WORKSPACE_OWNER_NAME":       owner.FullName,
		"CODER_WORKSPACE_OWNER_EMAIL":      owner.Email,
		// Pins the agent's token, named after the hash of the empty agent id; else every plan would replace the agent's scripts.
		"CODER_RUNNING_WORKSPACE_AGENT_TOKEN_e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855": AgentToken,
	}
}

// Deleting is the transition that Coder's provisioner gives a destroy.
var Deleting = map[string]string{"CODER_WORKSPACE_TRANSITION": "destroy"}
