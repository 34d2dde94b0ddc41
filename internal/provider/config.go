package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// settings is the configuration after every fallback.
type settings struct {
	// unknown: a value depends on something that is made in the same run.
	unknown          bool
	serverType       registry.Type
	transport        transport.Config
	allowAdminTokens bool
	onUnreachable    tfkit.OnUnreachable
	previousURL      string
	bulkReads        bool
}

// resolver reads one argument after the other, from the provider block or else from its environment variable.
type resolver struct {
	getenv  func(string) string
	diags   diag.Diagnostics
	unknown bool
}

// resolve applies the fallbacks. It touches nothing but the environment and the certificate files that were named.
func resolve(ctx context.Context, config model, getenv func(string) string) (settings, diag.Diagnostics) {
	r := &resolver{getenv: getenv}
	set := settings{
		serverType:       registry.Type(r.oneOf("type", config.Type, string(registry.Artifactory), string(registry.ArtifactKeeper))),
		allowAdminTokens: r.yesNo("allow_admin_tokens", config.AllowAdminTokens, false),
		bulkReads:        r.yesNo("bulk_reads", config.BulkReads, true),
		onUnreachable: tfkit.OnUnreachable(r.oneOf("on_unreachable", config.OnUnreachable,
			string(tfkit.OnUnreachableError), string(tfkit.OnUnreachableWarn))),
		transport: transport.Config{
			CAPEM:                 r.pem("ca_certificate", config.CACertificate),
			ClientCertPEM:         r.pem("client_certificate", config.ClientCertificate),
			ClientKeyPEM:          registry.NewSecret(r.pem("client_key", config.ClientKey)),
			InsecureSkipVerify:    r.yesNo("insecure_skip_verify", config.InsecureSkipVerify, false),
			ProxyURL:              registry.NewSecretURL(r.text("proxy", config.Proxy)),
			Headers:               r.headers(ctx, config.Headers),
			MaxRetries:            r.number("max_retries", config.MaxRetries, transport.DefaultMaxRetries, 0),
			MaxConcurrentRequests: r.number("max_concurrent_requests", config.MaxConcurrentRequests, transport.DefaultMaxConcurrentRequests, 1),
			AllowPlainHTTP:        r.yesNo("allow_plain_http", config.AllowPlainHTTP, false),
		},
	}
	if set.onUnreachable == "" {
		set.onUnreachable = tfkit.OnUnreachableError
	}
	if timeout := r.text("request_timeout", config.RequestTimeout.StringValue); timeout != "" {
		length, err := tfkit.ParseDuration(timeout)
		if err != nil {
			r.invalid("request_timeout", err.Error()+".")
		}
		set.transport.RequestTimeout = length
	}
	set.previousURL = r.url("previous_url", config.PreviousURL)
	r.server(ctx, config, &set)
	set.unknown = r.unknown
	return set, r.diags
}

// envName is the variable of an argument: REGISTRY_ and its name.
func envName(argument string) string { return "REGISTRY_" + strings.ToUpper(argument) }

// text gives the argument's value, else the variable's. Empty is absent in both places.
func (r *resolver) text(argument string, value types.String) string {
	if r.isUnknown(value) {
		return ""
	}
	if value.ValueString() != "" {
		return value.ValueString()
	}
	return r.getenv(envName(argument))
}

func (r *resolver) isUnknown(value attr.Value) bool {
	if value.IsUnknown() {
		r.unknown = true
		return true
	}
	return false
}

func (r *resolver) oneOf(argument string, value types.String, allowed ...string) string {
	got := r.text(argument, value)
	if got == "" {
		return ""
	}
	for _, want := range allowed {
		if got == want {
			return got
		}
	}
	r.invalid(argument, fmt.Sprintf("%q is none of %s.", got, strings.Join(allowed, ", ")))
	return ""
}

func (r *resolver) yesNo(argument string, value types.Bool, fallback bool) bool {
	if r.isUnknown(value) || !value.IsNull() {
		return value.ValueBool()
	}
	text := r.getenv(envName(argument))
	if text == "" {
		return fallback
	}
	yes, err := strconv.ParseBool(text)
	if err != nil {
		r.invalid(argument, fmt.Sprintf("%q is neither true nor false.", text))
	}
	return yes
}

func (r *resolver) number(argument string, value types.Int64, fallback, least int) int {
	if r.isUnknown(value) {
		return fallback
	}
	if !value.IsNull() {
		return int(value.ValueInt64())
	}
	text := r.getenv(envName(argument))
	if text == "" {
		return fallback
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least {
		r.invalid(argument, fmt.Sprintf("%q is not a whole number of at least %d.", text, least))
		return fallback
	}
	return n
}

// pem gives PEM text, which may be the value itself or the content of the file it names.
func (r *resolver) pem(argument string, value types.String) string {
	text := r.text(argument, value)
	if text == "" || strings.Contains(text, "-----BEGIN") {
		return text
	}
	if strings.ContainsAny(text, "\r\n") {
		r.invalid(argument, "It is neither PEM text (with a BEGIN line) nor the path of a file.")
		return ""
	}
	data, err := os.ReadFile(text)
	if err != nil {
		r.invalid(argument, fmt.Sprintf("It holds no PEM text (no BEGIN line), and reading it as a file failed: %v.", err))
		return ""
	}
	return string(data)
}

func (r *resolver) headers(ctx context.Context, value types.Map) map[string]string {
	headers := map[string]string{}
	if r.isUnknown(value) {
		return nil
	}
	if !value.IsNull() {
		for _, element := range value.Elements() {
			if r.isUnknown(element) {
				return nil
			}
		}
		r.diags.Append(value.ElementsAs(ctx, &headers, false)...)
		return headers
	}
	if text := r.getenv(envName("headers")); text != "" {
		// The parser's error would quote the text, which may hold a secret.
		if json.Unmarshal([]byte(text), &headers) != nil {
			r.invalid("headers", `It is no JSON object of strings, such as {"X-Team":"platform"}.`)
		}
	}
	return headers
}

func (r *resolver) url(argument string, value types.String) string {
	text := r.text(argument, value)
	if text == "" {
		return ""
	}
	normal, err := registry.NormalizeURL(text)
	if err != nil {
		r.invalid(argument, invalidURL(err))
	}
	return normal
}

func (r *resolver) invalid(argument, why string) {
	r.diags.AddAttributeError(path.Root(argument), "Invalid "+argument,
		fmt.Sprintf("%s The value comes from the provider's %s or from %s.", why, argument, envName(argument)))
}

func invalidURL(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
