package strangers

import (
	"fmt"
	"path/filepath"
	"testing"
)

// mavenMachine has settings in which the registry stands in for every repository, and a key store with its CA. What it
// builds needs no plugin, since plugins would come from the registry too: the project inherits from one artifact and adds
// another to Maven itself.
func mavenMachine(r *registry, a account, address string) *machine {
	r.t.Helper()
	m := newMachine(r.t)
	store := filepath.Join(m.home, "trust.p12")
	m.run("keytool", "-importcert", "-noprompt", "-alias", "registry", "-file", r.CAFile, "-keystore", store,
		"-storetype", "PKCS12", "-storepass", "changeit").ok()
	m.env = append(m.env, "REGISTRY_USER="+r.login(a), "REGISTRY_TOKEN="+a.token, "MAVEN_OPTS=-Duser.home="+m.home+
		" -Djavax.net.ssl.trustStore="+store+" -Djavax.net.ssl.trustStorePassword=changeit")
	write(r.t, filepath.Join(m.home, ".m2", "settings.xml"), fmt.Sprintf(`<settings>
  <servers><server><id>acme</id><username>${env.REGISTRY_USER}</username><password>${env.REGISTRY_TOKEN}</password></server></servers>
  <mirrors><mirror><id>acme</id><mirrorOf>*</mirrorOf><url>%s</url></mirror></mirrors>
</settings>
`, address))
	write(r.t, filepath.Join(m.dir, "pom.xml"), `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <parent><groupId>com.example.acme</groupId><artifactId>acme-parent</artifactId><version>1.0.0</version></parent>
  <artifactId>consumer</artifactId>
  <packaging>pom</packaging>
</project>
`)
	write(r.t, filepath.Join(m.dir, ".mvn", "extensions.xml"), `<extensions>
  <extension><groupId>com.example.acme</groupId><artifactId>acme-hello</artifactId><version>1.0.0</version></extension>
</extensions>
`)
	return m
}

func TestMaven(t *testing.T) {
	t.Parallel()
	needed(t, "mvn", "--version")
	onBoth(t, func(t *testing.T, r *registry) {
		addresses := []string{r.repo("maven", "maven-private")}
		if r.isArtifactory() {
			addresses = append(addresses, r.URL+"/artifactory/maven-private")
		}
		for _, address := range addresses {
			m := mavenMachine(r, r.reader, address)
			m.run("mvn", "-B", "validate").ok("BUILD SUCCESS", "Downloaded from acme: "+address+
				"/com/example/acme/acme-hello/1.0.0/acme-hello-1.0.0.jar")
		}
		r.onlyCame("maven-private", r.reader)
		mavenMachine(r, r.nobody, addresses[0]).run("mvn", "-B", "validate").fails("403")
		r.revoke(r.reader)
		mavenMachine(r, r.reader, addresses[0]).run("mvn", "-B", "validate").fails("401")
	})
}
