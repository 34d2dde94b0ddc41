# Everything that is wrong with auth_providers, at once and with the reason. Values are not repeated: one may be a secret.
locals {
  url_names = ["url", "auth_url", "token_url", "validate_url", "revoke_url", "device_code_url", "app_install_url", "app_installations_url"]

  # What Coder derives from the host of auth_url, losing a path before it, unless it is given.
  dropped_with_a_path = {
    jfrog            = ["token_url", "validate_url"]
    gitlab           = ["token_url", "validate_url"]
    gitea            = ["token_url", "validate_url"]
    bitbucket-server = ["token_url", "validate_url"]
  }
  usual_auth_paths = { for name, t in local.types : name => try(t.paths.auth_url, "") }

  # The repositories a provider answers for: what was given, else what Coder puts there.
  git_patterns = [for p in local.providers_read : try(tostring(p.given.regex), "host ${p.kind.home}") if try(p.kind.git, false)]

  problems_by_provider = [for p in local.providers_read : concat(
    [for name in keys(p.given) : "client_secret does not belong here: it would be in the plan and in the state. Leave it out; the output holds a placeholder, and a reference to a Kubernetes Secret (client_secret_ref)." if name == "client_secret"],
    [for name in keys(p.given) : "there is no option \"${name}\" (${join(", ", sort(keys(local.settings)))})." if !contains(keys(local.settings), name) && name != "client_secret"],
    can(regex("^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$", p.id)) && length(p.id) <= 32 ? [] : ["id must be 1 to 32 letters, digits and single hyphens: it is part of the callback URL and of data \"coder_external_auth\"."],
    can(regex("^[^\\s/?#%&'\"\\\\]+$", p.client_id)) ? [] : ["client_id is missing or has characters that no OAuth client id has; it is the public half of what the provider's OAuth application shows."],
    contains(["artifact_keeper", "artifact-keeper", "artifactkeeper"], p.type) ? ["Artifact Keeper is no OAuth authorization server, so Coder cannot sign anybody in to it: use the registry-token module instead."] : (
      p.kind == null ? ["type must be one of ${join(", ", sort(keys(local.types)))}."] : []
    ),
    [for name in local.url_names : "${name} must be an https URL such as https://git.example.com, without user name, quotes or spaces: codes and tokens are sent to it." if can(p.given[name]) && !can(regex("^https://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?(/[^\\s'\"\\\\@]*)?$", p.given[name]))],
    [for name in keys(p.given) : "${name} holds a quote or a line break, which no settings file can carry." if contains(keys(local.settings), name) && !contains(local.url_names, name) && can(regex("['\\n\\r]", try(join(" ", p.given[name]), tostring(p.given[name]), "")))],
    [for name in ["scopes", "extra_token_keys"] : "${name} must be a list of words of visible ASCII characters without double quotes and backslashes, such as [\"read_api\", \"write_repository\"]." if can(p.given[name]) && !try(alltrue([for s in p.given[name] : can(regex("^[!#-\\[\\]-~]+$", s))]) && !can(tostring(p.given[name])), false)],
    [for name in ["device_flow", "no_refresh"] : "${name} must be true or false." if can(p.given[name]) && !can(tobool(p.given[name]))],
    can(p.given.client_secret_ref) && !(try(sort(keys(p.given.client_secret_ref)), []) == tolist(["key", "name"]) && can(regex("^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", p.given.client_secret_ref.name)) && can(regex("^[A-Za-z0-9._-]+$", p.given.client_secret_ref.key))) ? ["client_secret_ref must be { name = \"…\", key = \"…\" }: the name of a Kubernetes Secret, and a key in it."] : [],

    # Where the server is.
    contains(["jfrog", "bitbucket-server"], p.type) && !can(p.given.url) && !can(p.given.auth_url) ? ["url is missing: ${p.type} has no address of its own that Coder could know."] : [],
    can(p.given.url) && contains(["bitbucket-cloud", "azure-devops", "azure-devops-entra", "generic"], p.type) ? ["${p.type} takes no url${p.type == "generic" ? ": give auth_url, token_url and validate_url" : ""}."] : [],
    p.type == "generic" ? [for name in ["auth_url", "token_url"] : "${name} is missing: Coder knows no defaults for a generic provider." if !can(p.given[name])] : [],
    p.type == "generic" && !can(p.given.validate_url) ? ["validate_url is missing: without it Coder takes every token that has not expired for a good one, so a revoked one is handed to workspaces as if it worked."] : [],
    p.type == "azure-devops-entra" && !can(p.given.tenant_id) && !can(regex("^https://[^/]+/[^/]+/oauth2/authorize$", try(p.given.auth_url, ""))) ? ["tenant_id is missing (or an auth_url of the form https://login.microsoftonline.com/TENANT/oauth2/authorize, which Coder takes apart for the other URLs)."] : [],
    can(p.given.tenant_id) && !(p.type == "azure-devops-entra" && can(regex("^[A-Za-z0-9.-]+$", p.given.tenant_id))) ? ["tenant_id is the Entra tenant's id or domain, and only azure-devops-entra has one."] : [],
    [for name in try(local.dropped_with_a_path[p.type], []) : "${name} is missing: auth_url has a path before ${local.usual_auth_paths[p.type]}, and Coder would make ${name} from the host alone and drop it. Give url instead of auth_url, and every URL follows from it." if can(p.given.auth_url) && !can(p.given.url) && !can(p.given[name]) && !can(regex("^https://[^/]+${local.usual_auth_paths[p.type]}$", p.given.auth_url))],
    p.type == "github" && p.self_hosted && !can(p.given.url) ? [for name in ["token_url", "validate_url", "app_installations_url", "revoke_url"] : "${name} is missing: Coder would use github.com's, and send it the tokens of your own server. Give url instead of auth_url, and every URL follows from it." if !can(p.given[name])] : [],

    # Git servers.
    try(p.kind.git, false) && p.self_hosted && contains(["github", "gitlab", "gitea", "bitbucket-server"], p.type) && !can(p.given.regex) ? ["regex is missing: a git server of your own is recognised by it and by nothing else. To match every repository there: ^(https?://)?${replace(p.host, ".", "\\.")}(/.*)?$"] : [],
    can(p.given.regex) && !can(regexall(p.given.regex, "")) ? ["regex is not a regular expression of Go (RE2)."] : [],
    can(p.given.regex) && p.kind != null && !try(p.kind.git, true) && p.type != "generic" ? ["regex selects a provider for git URLs, and ${p.type} is no git server: it is asked for by its id."] : [],

    # Freshness.
    p.type == "jfrog" && try(tobool(p.given.no_refresh), false) ? ["no_refresh must not be set for Artifactory: its tokens are short-lived, and without refresh every one of them ends in a 401 until the user signs in again."] : [],
    try(tobool(p.given.device_flow), false) && !can(local.merged[p.index].device_code_url) && p.type != "github" ? ["device_flow needs device_code_url, or Coder does not start."] : [],
  )]

  duplicate_ids      = [for id in distinct([for p in local.providers_read : p.id]) : id if id != "" && length([for p in local.providers_read : p if p.id == id]) > 1]
  duplicate_patterns = [for r in distinct(local.git_patterns) : r if length([for x in local.git_patterns : x if x == r]) > 1]

  problems = concat(
    flatten([for p in local.providers_read : [for text in local.problems_by_provider[p.index] : "${p.label}: ${text}"]]),
    [for id in local.duplicate_ids : "the id \"${id}\" is used twice, and Coder does not start with that: it is how templates and callback URLs tell providers apart."],
    [for r in local.duplicate_patterns : "two git providers answer for the same repositories (${r}), and Coder would only ever ask the first: give each a regex of its own."],
  )
}
