# Everything, a page at a time; limit says how much to show.
list "registry_permission" "all" {
  provider = registry
  limit    = 1000
}
