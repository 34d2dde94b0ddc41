package provider

import (
	"os"
	"strings"
)

// logLevels are the variables by which terraform-plugin-log takes the levels of the protocol, the framework and this
// provider.
var logLevels = []string{"TF_LOG_SDK", "TF_LOG_SDK_PROTO", "TF_LOG_SDK_FRAMEWORK", "TF_LOG_PROVIDER", "TF_LOG_PROVIDER_REGISTRY"}

// QuietLogs switches logging off in a process whose log nobody reads. Without a level a provider writes every trace as JSON
// to its standard error, where the command line tool decodes the lines and drops them unless a variable TF_LOG… asks for
// them: about a fifth of what a plan costs. Any such variable leaves everything as it is.
func QuietLogs() error {
	for _, variable := range os.Environ() {
		if name, value, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "TF_LOG") && value != "" {
			return nil
		}
	}
	for _, name := range logLevels {
		if err := os.Setenv(name, "off"); err != nil {
			return err
		}
	}
	return nil
}
