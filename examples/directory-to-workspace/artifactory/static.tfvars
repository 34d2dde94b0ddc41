# The group's entry lists its people: groupOfNames with member.
installers = {
  strategy         = "STATIC"
  name             = "engineers"
  dn               = "cn=engineers,ou=groups,dc=example,dc=com"
  base_dn          = "ou=groups"
  filter           = "(objectClass=groupOfNames)"
  name_attribute   = "cn"
  member_attribute = "member"
  sub_tree         = true
}
