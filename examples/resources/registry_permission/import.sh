terraform import registry_permission.npm npm-private
