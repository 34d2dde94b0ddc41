# A person's entry lists their groups: memberOf, as Active Directory has it, and OpenLDAP with the overlay of that name.
installers = {
  strategy         = "DYNAMIC"
  name             = "engineers"
  dn               = "cn=engineers,ou=groups,dc=example,dc=com"
  base_dn          = "ou=groups"
  filter           = "(objectClass=groupOfNames)"
  name_attribute   = "cn"
  member_attribute = "memberOf"
  sub_tree         = true
}
