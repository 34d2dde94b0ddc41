# Turns `package_managers` in all its shapes into lists of repositories with URLs, and says everything that is wrong with it
# at once.
#
# To add an ecosystem NAME (lower-case letters, digits and underscores): a row in ecosystems, one in clients, its own settings, if
# any, in ecosystem_settings, and scripts/NAME.sh with configure_NAME and remove_NAME. The script finds $NAME_urls (one a line),
# $token_source, $token, $user, $credentials and $bundle, writes with write_file or replace_block, ends with `result` or
# `finish`, and leaves no secret outside $instance_secrets.
#
# When the token comes from Coder (per_use) it changes while the workspace runs. Then use a front, or a file below
# $instance_secrets: every refresh calls configure_NAME again. Nothing that is set once (a variable, a file of the user's) may hold it.
locals {
  # The keys of the object form, and the URL of a repository on either registry; %s is its key.
  ecosystems = {
    cargo  = { options = ["repositories", "crates_io"], artifactory = "/artifactory/api/cargo/%s/index/", artifact_keeper = "/cargo/%s/" }
    conda  = { options = ["repositories"], artifactory = "/artifactory/api/conda/%s", artifact_keeper = "/conda/%s" }
    docker = { options = ["repositories", "hosts"], artifactory = "/v2/%s", artifact_keeper = "/v2/%s" }
    go     = { options = ["repositories", "fallback", "no_sum_db"], artifactory = "/artifactory/api/go/%s", artifact_keeper = "/go/%s" }
    maven  = { options = ["repositories", "mirror_of"], artifactory = "/artifactory/%s", artifact_keeper = "/maven/%s" }
    npm    = { options = ["repositories", "always_auth"], artifactory = "/artifactory/api/npm/%s/", artifact_keeper = "/npm/%s/" }
    pypi   = { options = ["repositories", "extra_indexes"], artifactory = "/artifactory/api/pypi/%s/simple", artifact_keeper = "/pypi/%s/simple/" }
  }

  # Clients of a repository format that somebody else's settings do not reach, with a script of their own each.
  companions = { uv = "pypi", twine = "pypi", poetry = "pypi", yarn = "npm", pnpm = "npm" }
  # What the scripts go through, in this order: a companion builds on the files of the client it goes with.
  script_ecosystems   = concat(keys(local.ecosystems), sort(keys(local.companions)))
  client_repositories = merge(local.repositories, { for name, format in local.companions : name => local.repositories[format] })

  # fronts     names of the credential program, and the protocol each speaks (answer_* in scripts/program/fronts.sh). A name that
  #            begins with the instance is called by its whole path, ${local.data_dir}/bin/NAME; any other is put on the PATH.
  # netrc      whether it needs the netrc file, which holds the token.
  # variables  environment of every process the agent starts; no secret.
  clients = {
    cargo = {
      fronts = { "${var.instance}-cargo" = "cargo" }
      netrc  = false
      # The environment wins over files, so these work beside a config.toml of the user's.
      variables = merge(
        length(local.certificates) > 0 ? { CARGO_HTTP_CAINFO = "${local.data_dir}/ca-bundle.pem" } : {},
        length(local.cargo_names) > 0 ? { CARGO_REGISTRY_DEFAULT = local.cargo_names[0] } : {},
        merge([for i, name in local.cargo_names : {
          "CARGO_REGISTRIES_${upper(replace(name, "-", "_"))}_INDEX"               = "sparse+${local.repositories.cargo[i].url}"
          "CARGO_REGISTRIES_${upper(replace(name, "-", "_"))}_CREDENTIAL_PROVIDER" = "cargo:token-from-stdout ${local.data_dir}/bin/${var.instance}-cargo"
        }]...),
      )
    }
    conda = {
      fronts    = {}
      netrc     = !local.per_use
      variables = length(local.certificates) > 0 ? { CONDA_SSL_VERIFY = "${local.data_dir}/ca-bundle.pem" } : {}
    }
    docker = {
      fronts    = { "docker-credential-${var.instance}" = "docker" }
      netrc     = false
      variables = {}
    }
    maven = {
      fronts    = {}
      netrc     = false
      variables = {}
    }
    pnpm = {
      fronts    = { "${var.instance}-pnpm" = "bearer" }
      netrc     = false
      variables = {}
    }
    poetry = {
      fronts = {}
      netrc  = !local.per_use
      # Repositories by environment would hide those of its file.
      variables = length(local.repositories.pypi) == 0 ? {} : merge(
        local.per_use ? {} : { "POETRY_REPOSITORIES_${local.poetry_name}_URL" = local.pypi_upload },
        length(local.certificates) > 0 ? { "POETRY_CERTIFICATES_${local.poetry_name}_CERT" = "${local.data_dir}/ca-bundle.pem" } : {},
      )
    }
    twine = {
      fronts = {}
      netrc  = false
      # Without the section that it names twine stops, and does not publish to PyPI.
      variables = merge({ TWINE_REPOSITORY = var.instance }, length(local.certificates) > 0 ? { TWINE_CERT = "${local.data_dir}/ca-bundle.pem" } : {})
    }
    uv = {
      fronts = {}
      netrc  = !local.per_use
      variables = { for name, value in {
        UV_DEFAULT_INDEX = local.ecosystem_settings.pypi_index
        UV_INDEX         = local.ecosystem_settings.pypi_extra
        UV_INSECURE_HOST = local.scheme == "http" ? local.host : ""
      } : name => value if value != "" && !local.per_use }
    }
    yarn = {
      fronts    = {}
      netrc     = false
      variables = {}
    }
    go = {
      fronts    = { "${var.instance}-goauth" = "go" }
      netrc     = !local.per_use
      variables = {}
    }
    npm = {
      fronts    = {}
      netrc     = false
      variables = local.per_use ? { NPM_CONFIG_GLOBALCONFIG = "${local.data_dir}/secrets/npmrc" } : {}
    }
    pypi = {
      fronts = local.per_use ? { keyring = "keyring" } : {}
      netrc  = !local.per_use
      # With per_use they are in a file, since the user's name is part of the address.
      variables = { for name, value in {
        PIP_INDEX_URL       = local.ecosystem_settings.pypi_index
        PIP_EXTRA_INDEX_URL = local.ecosystem_settings.pypi_extra
        PIP_TRUSTED_HOST    = local.scheme == "http" ? local.host : ""
        PIP_CERT            = length(local.certificates) > 0 ? "${local.data_dir}/ca-bundle.pem" : ""
      } : name => value if value != "" && !local.per_use }
    }
  }
  wanted_clients = { for name, client in local.clients : name => client if length(local.client_repositories[name]) > 0 }

  # What a script needs beyond the URLs.
  ecosystem_settings = {
    cargo_names     = join(" ", local.cargo_names)
    cargo_crates_io = local.cargo_crates_io ? "yes" : ""
    conda_alias     = "${local.base_url}${trimsuffix(local.ecosystems.conda[var.registry_type], "/%s")}"
    docker_hosts    = join(" ", local.docker_hosts)
    maven_mirror_of = try(tostring(local.maven_mirror_of), "")
    pypi_upload     = local.pypi_upload
    npm_always_auth = local.npm_always_auth ? "yes" : ""
    npm_registry    = join("", [for r in local.repositories.npm : r.url if r.scope == ""])
    npm_scopes      = join("\n", [for r in local.repositories.npm : "${r.scope} ${r.url}" if r.scope != ""])
    go_proxy        = length(local.repositories.go) == 0 ? "" : join(",", concat([for r in local.repositories.go : r.url], [local.go_fallback]))
    go_no_sum_db    = try(join(",", local.go_no_sum_db), "")
    pypi_index      = try(local.repositories.pypi[0].url, "")
    pypi_extra      = join(" ", [for r in try(slice(local.repositories.pypi, 1, length(local.repositories.pypi)), []) : r.url])
  }

  # The default port is dropped because clients drop it too, and would then not find credentials written for host:443.
  url_parts = try(regex("^(?P<scheme>https?)://(?P<host>[^/:]+)(?::(?P<port>[0-9]+))?(?P<path>/.*)?$", trimsuffix(var.registry_url, "/")), null)
  scheme    = try(local.url_parts.scheme, "https")
  hostname  = lower(try(local.url_parts.host, "invalid"))
  port      = try(local.url_parts.port, null) == { http = "80", https = "443" }[local.scheme] ? null : try(local.url_parts.port, null)
  host      = local.port == null ? local.hostname : "${local.hostname}:${local.port}"
  url_path  = try(coalesce(local.url_parts.path), "")
  base_url  = "${local.scheme}://${local.host}${var.registry_type == "artifactory" ? trimsuffix(local.url_path, "/artifactory") : local.url_path}"

  # Null and an empty list mean "not this one", so that a template can compose the object with conditions.
  wanted  = { for name, value in try({ for k in keys(var.package_managers) : k => var.package_managers[k] }, {}) : name => value if value != null && try(length(flatten([value])) > 0, true) }
  known   = { for name, value in local.wanted : name => value if contains(keys(local.ecosystems), name) }
  options = { for name, value in local.known : name => try({ for k in keys(value) : k => value[k] }, {}) }
  entries = { for name, value in local.known : name => flatten([try(value.repositories, value)]) }

  # "key" everywhere, "@scope:key" for npm as well, and for docker a host with its port.
  key_forms = {
    npm    = "^(?:@[a-z0-9~-][a-z0-9._~-]*:)?([A-Za-z0-9][A-Za-z0-9._-]*)$"
    docker = "^([A-Za-z0-9][A-Za-z0-9._-]*(?::[0-9]{1,5})?)$"
  }
  repositories = {
    for name in keys(local.ecosystems) : name => [
      for entry in try(local.entries[name], []) : {
        entry = try(coalesce(tostring(entry), "(empty)"), "(not a text)")
        scope = name == "npm" ? try(coalesce(regex("^(?:(@[a-z0-9~-][a-z0-9._~-]*):)?([A-Za-z0-9][A-Za-z0-9._-]*)$", entry)[0]), "") : ""
        key   = try(regex(lookup(local.key_forms, name, "^([A-Za-z0-9][A-Za-z0-9._-]*)$"), entry)[0], "")
        url   = try(format("%s${local.ecosystems[name][var.registry_type]}", local.base_url, regex(name == "npm" ? "[^:]*$" : ".*", entry)), "")
      }
    ]
  }

  # A registry's name in cargo is part of variables, so it has no dot.
  cargo_names     = [for r in local.repositories.cargo : lower(replace(r.key, ".", "-"))]
  cargo_crates_io = try(tobool(coalesce(local.options.cargo.crates_io)), false)
  npm_always_auth = try(tobool(coalesce(local.options.npm.always_auth)), false)
  # Credentials go by the host. A name with a dot is one, as in other modules for Coder.
  docker_extra_hosts = try(flatten([coalesce(local.options.docker.hosts, [])]), [])
  docker_hosts       = length(local.repositories.docker) == 0 ? [] : distinct(concat([local.host], [for r in local.repositories.docker : lower(r.entry) if strcontains(r.entry, ".")], [for h in local.docker_extra_hosts : try(lower(tostring(h)), "(not a text)")]))
  docker_host_form   = "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[1-9][0-9]{0,4})?$"
  maven_mirror_of    = try(coalesce(local.options.maven.mirror_of), "*")
  poetry_name        = upper(replace(var.instance, "-", "_"))
  # Uploads go to the repository itself, reading to the index below it.
  pypi_upload       = length(local.repositories.pypi) == 0 ? "" : "${trimsuffix(trimsuffix(local.repositories.pypi[0].url, "/"), "/simple")}/"
  go_fallback       = try(coalesce(local.options.go.fallback), "off")
  go_no_sum_db      = try(flatten([coalesce(local.options.go.no_sum_db)]), ["*"])
  pypi_extra        = try(tobool(coalesce(local.options.pypi.extra_indexes)), false)
  npm_defaults      = [for r in local.repositories.npm : r.entry if r.scope == "" && r.key != ""]
  first_of_each_key = { for name, list in local.repositories : name => distinct([for r in list : r.scope == "" ? r.entry : r.scope]) }

  problems = concat(
    [for name in keys(local.wanted) : "\"${name}\" is not a package manager this module knows (${join(", ", sort(keys(local.ecosystems)))})." if !contains(keys(local.ecosystems), name)],
    flatten([for name, given in local.options : [
      for option in keys(given) : "${name} has no option \"${option}\" (${join(", ", local.ecosystems[name].options)})." if !contains(local.ecosystems[name].options, option)
    ]]),
    [for name, given in local.options : "${name} names no repository: add repositories = [\"KEY\"]." if length(given) > 0 && try(length(flatten([given.repositories])) == 0 || given.repositories == null, true)],
    flatten([for name, list in local.repositories : [
      for r in list : "${name}: \"${r.entry}\" is not a repository key${name == "npm" ? " or \"@scope:key\" (scopes are lower-case)" : ""}: letters, digits, dots, hyphens and underscores, starting with a letter or digit." if r.key == ""
    ] if !(length(try(local.options[name], {})) > 0 && try(local.options[name].repositories, null) == null)]),
    length(local.npm_defaults) > 1 ? ["npm: ${join(" and ", local.npm_defaults)} would both be the default registry, and npm has only one. Give the others a scope (\"@scope:key\"), or combine them in one virtual repository."] : [],
    [for name, list in local.repositories : "${name}: a repository or scope is listed twice." if length(list) != length(local.first_of_each_key[name])],
    length(local.repositories.pypi) > 1 && !local.pypi_extra ? ["pypi: ${join(", ", [for r in local.repositories.pypi : r.entry])} are several indexes. pip takes the highest version from any of them, so a public package can replace a private one. Combine them in one virtual repository, or accept that with pypi = { repositories = [...], extra_indexes = true }."] : [],
    can(tobool(try(local.options.pypi.extra_indexes, false))) ? [] : ["pypi: extra_indexes must be true or false."],
    contains(["off", "direct"], try(tostring(local.go_fallback), "")) ? [] : ["go: fallback must be \"off\" or \"direct\"."],
    alltrue([for pattern in local.go_no_sum_db : can(regex("^[A-Za-z0-9.*?\\[\\]_~/-]+$", pattern))]) ? [] : ["go: no_sum_db must be a list of module path patterns such as [\"example.com/*\"]."],
    can(tobool(try(local.options.npm.always_auth, false))) ? [] : ["npm: always_auth must be true or false."],
    can(tobool(try(local.options.cargo.crates_io, false))) ? [] : ["cargo: crates_io must be true or false."],
    length(local.cargo_names) != length(distinct(local.cargo_names)) ? ["cargo: two of ${join(", ", [for r in local.repositories.cargo : r.entry])} have the same name in cargo, which knows no capitals and here no dots."] : [],
    contains(keys(local.known), "docker") && local.base_url != "${local.scheme}://${local.host}" ? ["docker looks for a registry at the root of its host and cannot use one below a path (${local.base_url}): give docker a host of its own, as in docker = { repositories = [...], hosts = [\"docker.example.com\"] } of a second instance."] : [],
    [for host in local.docker_hosts : "docker: \"${host}\" is not a host such as docker.example.com or docker.example.com:8443." if !can(regex(local.docker_host_form, host))],
    length(local.repositories.maven) > 1 ? ["maven: ${join(", ", [for r in local.repositories.maven : r.entry])} are several repositories, and one mirror stands in for all others. Combine them in one virtual repository."] : [],
    can(regex("^[A-Za-z0-9*!:._,-]+$", local.maven_mirror_of)) ? [] : ["maven: mirror_of must be a list of repository ids for mirrorOf, such as \"*\" or \"*,!local\"."],
    local.scheme == "http" && contains(keys(local.known), "go") ? ["go never sends credentials over plain http, so it cannot use ${var.registry_url}: give an https URL, or leave go out."] : [],
    local.scheme == "http" && !var.allow_plain_http ? ["${var.registry_url} would send the token over the network in the clear: give an https URL, or set allow_plain_http = true."] : [],
  )
}
