# A person's DN contains their groups: uid=hedy,ou=research,ou=uk,ou=staff,dc=example,dc=com is in research and in uk.
installers = {
  strategy         = "HIERARCHICAL"
  name             = "research"
  dn               = "ou=research,ou=uk,ou=staff,dc=example,dc=com"
  base_dn          = "ou=staff"
  filter           = "(objectClass=organizationalUnit)"
  name_attribute   = "ou"
  member_attribute = "ou"
  sub_tree         = false
}
