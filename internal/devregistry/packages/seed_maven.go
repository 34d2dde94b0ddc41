package packages

import (
	"fmt"
	"strings"
)

const mavenGroup = "com.example.acme"

// seedMaven makes the built-in Maven artifacts: a jar without dependencies, and a parent to inherit from.
func seedMaven() []MavenVersion {
	return []MavenVersion{mavenSeed("acme-hello", "jar"), mavenSeed("acme-parent", "pom")}
}

// mavenSeed makes version 1.0.0 of an artifact: its pom, its jar if it is one, and the list of versions.
func mavenSeed(artifact, packaging string) MavenVersion {
	const version = "1.0.0"
	home := strings.ReplaceAll(mavenGroup, ".", "/") + "/" + artifact + "/"
	stem := home + version + "/" + artifact + "-" + version
	files := map[string][]byte{
		stem + ".pom": fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>%s</groupId>
  <artifactId>%s</artifactId>
  <version>%s</version>
  <packaging>%s</packaging>
  <description>Says hello; comes with the embedded registry</description>
</project>
`, mavenGroup, artifact, version, packaging),
		home + "maven-metadata.xml": fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8"?>
<metadata>
  <groupId>%s</groupId>
  <artifactId>%s</artifactId>
  <versioning>
    <latest>%[3]s</latest>
    <release>%[3]s</release>
    <versions>
      <version>%[3]s</version>
    </versions>
    <lastUpdated>%[4]s</lastUpdated>
  </versioning>
</metadata>
`, mavenGroup, artifact, version, seedTime.Format("20060102150405")),
	}
	if packaging == "jar" {
		files[stem+".jar"] = zipped([]file{
			{"META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\nCreated-By: devregistry\r\n\r\n"},
			{"hello.txt", "hello from " + artifact + " " + version + "\n"},
		})
	}
	return MavenVersion{
		Repository: "maven-private", GroupID: mavenGroup, ArtifactID: artifact, Version: version, Files: files,
	}
}
