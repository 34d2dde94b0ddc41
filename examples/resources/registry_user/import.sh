terraform import registry_user.quinn quinn
