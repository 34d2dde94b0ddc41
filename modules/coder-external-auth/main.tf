# Everything is text: the module has no provider, asks nobody and keeps no secret.
locals {
  coder_url = trimsuffix(var.coder_url, "/")

  # What a provider may say, and the suffix of the setting it becomes. An empty suffix is ours alone.
  settings = {
    id                    = "ID"
    type                  = "TYPE"
    client_id             = "CLIENT_ID"
    auth_url              = "AUTH_URL"
    token_url             = "TOKEN_URL"
    validate_url          = "VALIDATE_URL"
    revoke_url            = "REVOKE_URL"
    regex                 = "REGEX"
    device_flow           = "DEVICE_FLOW"
    device_code_url       = "DEVICE_CODE_URL"
    no_refresh            = "NO_REFRESH"
    scopes                = "SCOPES"
    extra_token_keys      = "EXTRA_TOKEN_KEYS"
    app_install_url       = "APP_INSTALL_URL"
    app_installations_url = "APP_INSTALLATIONS_URL"
    display_name          = "DISPLAY_NAME"
    display_icon          = "DISPLAY_ICON"
    url                   = ""
    tenant_id             = ""
    client_secret_ref     = ""
  }

  # Null means not given, so that a caller can compose the object with conditions.
  given = [for p in var.auth_providers : { for name in keys(p) : name => p[name] if p[name] != null }]

  # `home` is the provider's own service, which Coder knows; `paths` are the same for every server of one's own. They are
  # spelt out rather than left to Coder, which derives them from the host of the first one and so loses a path before them.
  types = {
    jfrog = {
      home  = ""
      git   = false
      paths = { auth_url = "/ui/authorization", token_url = "/access/api/v1/integrations/CLIENT/token", validate_url = "/access/api/v1/system/ping" }
    }
    github = {
      home = "https://github.com"
      git  = true
      # The last three default to github.com even for an enterprise server: a token of the enterprise would be sent there.
      paths = {
        auth_url              = "/login/oauth/authorize", token_url = "/login/oauth/access_token", validate_url = "/api/v3/user"
        app_installations_url = "/api/v3/user/installations", revoke_url = "/api/v3/applications/CLIENT/grant", device_code_url = "/login/device/code"
      }
    }
    gitlab = {
      home  = "https://gitlab.com"
      git   = true
      paths = { auth_url = "/oauth/authorize", token_url = "/oauth/token", validate_url = "/oauth/token/info", revoke_url = "/oauth/revoke" }
    }
    gitea = {
      home  = "https://gitea.com"
      git   = true
      paths = { auth_url = "/login/oauth/authorize", token_url = "/login/oauth/access_token", validate_url = "/login/oauth/userinfo" }
    }
    bitbucket-server = {
      home  = ""
      git   = true
      paths = { auth_url = "/rest/oauth2/latest/authorize", token_url = "/rest/oauth2/latest/token", validate_url = "/rest/api/latest/inbox/pull-requests/count" }
    }
    bitbucket-cloud = { home = "https://bitbucket.org", git = true, paths = {} }
    azure-devops    = { home = "https://dev.azure.com", git = true, paths = {} }
    azure-devops-entra = {
      home  = "https://dev.azure.com"
      git   = true
      paths = {}
    }
    generic = { home = "", git = false, paths = {} }
  }

  providers_read = [for index, p in local.given : {
    index     = index
    id        = try(tostring(p.id), "")
    type      = try(tostring(p.type), "")
    client_id = try(tostring(p.client_id), "")
    label     = "provider ${index} (${try(coalesce(tostring(p.id)), "without id")})"
    kind      = try(local.types[p.type], null)
    given     = p
    # Artifactory's users paste the URL with and without its usual path.
    url         = trimsuffix(try(trimsuffix(tostring(p.url), "/"), ""), try(p.type, "") == "jfrog" ? "/artifactory" : "/")
    self_hosted = try(trimsuffix(tostring(p.url), "/") != local.types[p.type].home, false) || (try(p.url, null) == null && can(p.auth_url))
    host        = try(regex("^https?://([^/]+)", try(p.url, p.auth_url))[0], "")
    secret_ref  = { name = try(p.client_secret_ref.name, "coder-external-auth"), key = try(p.client_secret_ref.key, p.id, "") }
  }]

  # Where the module fills in URLs: every server of one's own.
  derived = [for p in local.providers_read : merge(
    p.kind != null && p.url != "" && p.self_hosted ? { for name, path in p.kind.paths : name => "${p.url}${replace(path, "CLIENT", p.client_id)}" if name != "device_code_url" || try(tobool(p.given.device_flow), false) } : {},
    p.type == "azure-devops-entra" && can(p.given.tenant_id) ? {
      auth_url  = "https://login.microsoftonline.com/${p.given.tenant_id}/oauth2/authorize"
      token_url = "https://login.microsoftonline.com/${p.given.tenant_id}/oauth2/token"
    } : {},
  )]

  merged = [for p in local.providers_read : merge(local.derived[p.index], p.given)]

  # One map per provider: suffix => text.
  values = [for p in local.merged : {
    for name, suffix in local.settings : suffix => try(join(" ", p[name]), tostring(p[name]), "") if suffix != "" && can(p[name])
  }]

  secret_names = [for index, p in local.providers_read : "CODER_EXTERNAL_AUTH_${index}_CLIENT_SECRET"]
  # In the order in which a person reads them.
  suffixes = ["ID", "TYPE", "CLIENT_ID", "AUTH_URL", "TOKEN_URL", "VALIDATE_URL", "REVOKE_URL", "REGEX", "SCOPES", "DEVICE_FLOW", "DEVICE_CODE_URL", "NO_REFRESH", "EXTRA_TOKEN_KEYS", "APP_INSTALL_URL", "APP_INSTALLATIONS_URL", "DISPLAY_NAME", "DISPLAY_ICON"]
  ordered = [for index, p in local.values : [
    for suffix in local.suffixes : { name = "CODER_EXTERNAL_AUTH_${index}_${suffix}", value = p[suffix] } if can(p[suffix])
  ]]

  callback_urls = { for p in local.providers_read : p.id => "${local.coder_url}/external-auth/${p.id}/callback"... }

  dotenv = join("\n\n", [for index, list in local.ordered : join("\n", concat(
    ["# ${local.providers_read[index].id}: paste ${local.coder_url}/external-auth/${local.providers_read[index].id}/callback as its callback or redirect URL."],
    # Nothing is special in single quotes, neither for systemd nor for docker compose nor for a shell.
    [for s in list : "${s.name}='${s.value}'"],
    ["${local.secret_names[index]}='REPLACE_WITH_THE_CLIENT_SECRET_OF_${local.providers_read[index].id}'"],
  ))])

  # Kubernetes expands $(NAME) in a value and takes $$ for one $.
  helm_env = flatten([for index, list in local.ordered : concat(
    [for s in list : jsonencode({ name = s.name, value = can(regex("\\$[($]", s.value)) ? replace(s.value, "$", "$$") : s.value })],
    [jsonencode({ name = local.secret_names[index], valueFrom = { secretKeyRef = local.providers_read[index].secret_ref } })],
  )])
  helm_values = yamlencode({ coder = { env = [for entry in local.helm_env : jsondecode(entry)] } })
}
