# Minted for this run, revoked at its end, and in no state or plan.
ephemeral "registry_token" "publish" {
  username    = "release-bot"
  description = "publish from the pipeline"
}
