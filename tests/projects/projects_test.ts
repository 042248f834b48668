/** Kinds of projects with their real tools; what is not on this machine is skipped, and says so. */
import { testSample } from "./project.ts";

const SUM =
  "const test = (right) => { if (1 + 1 !== right) throw new Error(); };";

testSample({
  name: "vitest",
  program: "npm",
  files: {
    "package.json":
      '{"type": "module", "devDependencies": {"vitest": "^3"}, "scripts": {"test": "vitest --passWithNoTests"}}',
  },
  prepare: ["npm", "install", "--no-audit", "--no-fund"],
  test: [
    "sum.test.js",
    'import { expect, test } from "vitest";\ntest("sum", () => expect(1 + 1).toBe(2));\n',
  ],
  broken: ["toBe(2)", "toBe(3)"],
  command: "npm test",
});

testSample({
  name: "jest",
  program: "npm",
  files: {
    "package.json":
      '{"devDependencies": {"jest": "^29"}, "scripts": {"test": "jest --passWithNoTests"}}',
  },
  prepare: ["npm", "install", "--no-audit", "--no-fund"],
  test: ["sum.test.js", 'test("sum", () => expect(1 + 1).toBe(2));\n'],
  broken: ["toBe(2)", "toBe(3)"],
  command: "npm test",
});

testSample({
  name: "mocha, in a workspace",
  program: "npm",
  files: {
    "package.json": '{"name": "all", "workspaces": ["packages/*"]}',
    "packages/sum/package.json":
      '{"name": "sum", "version": "1.0.0", "devDependencies": {"mocha": "^11"}, "scripts": {"test": "mocha"}}',
    "packages/sum/test/empty.js": "",
    "packages/other/package.json": '{"name": "other", "version": "1.0.0"}',
  },
  prepare: ["npm", "install", "--no-audit", "--no-fund"],
  test: [
    "packages/sum/test/sum.js",
    `${SUM}\nit("adds", () => test(2));\n`,
  ],
  broken: ["test(2)", "test(3)"],
  command: "npm run test --workspaces --if-present",
});

testSample({
  name: "pytest",
  program: "pytest",
  files: { "pyproject.toml": "", "tests/README": "" },
  test: ["tests/test_sum.py", "def test_sum():\n    assert 1 + 1 == 2\n"],
  broken: ["== 2", "== 3"],
  command: "pytest",
});

testSample({
  name: "Go",
  program: "go",
  files: {
    "go.mod": "module example.com/sum\n\ngo 1.19\n",
    "sum.go": "package sum\n",
  },
  test: [
    "sum_test.go",
    'package sum\n\nimport "testing"\n\nfunc TestSum(t *testing.T) {\n\tif 1+1 != 2 {\n\t\tt.Fatal("wrong")\n\t}\n}\n',
  ],
  broken: ["!= 2", "!= 3"],
  command: "go test ./...",
});

testSample({
  name: "Go, in a workspace",
  program: "go",
  files: {
    "go.work": "go 1.19\n\nuse (\n\t./api\n\t./lib\n)\n",
    "api/go.mod": "module example.com/api\n\ngo 1.19\n",
    "api/api.go": "package api\n",
    "lib/go.mod": "module example.com/lib\n\ngo 1.19\n",
    "lib/lib.go": "package lib\n",
  },
  test: [
    "lib/lib_test.go",
    'package lib\n\nimport "testing"\n\nfunc TestSum(t *testing.T) {\n\tif 1+1 != 2 {\n\t\tt.Fatal("wrong")\n\t}\n}\n',
  ],
  broken: ["!= 2", "!= 3"],
  command: "go test ./api/... ./lib/...",
});

const CARGO = '[package]\nname = "sum"\nversion = "0.1.0"\nedition = "2021"\n';

testSample({
  name: "Rust, in a workspace",
  program: "cargo",
  files: {
    "Cargo.toml": '[workspace]\nmembers = ["sum"]\nresolver = "2"\n',
    "sum/Cargo.toml": CARGO,
    "sum/src/lib.rs": "",
  },
  test: [
    "sum/tests/sum.rs",
    "#[test]\nfn sum() {\n    assert_eq!(1 + 1, 2);\n}\n",
  ],
  broken: ["1, 2", "1, 3"],
  command: "cargo test --workspace",
});

testSample({
  name: "CMake",
  program: "cmake",
  files: {
    "CMakeLists.txt":
      "cmake_minimum_required(VERSION 3.10)\nproject(sum NONE)\nenable_testing()\nfile(GLOB cases ${CMAKE_SOURCE_DIR}/cases/*.cmake)\nforeach(case ${cases})\n  add_test(NAME ${case} COMMAND ${CMAKE_COMMAND} -P ${case})\nendforeach()\n",
    "cases/README": "",
  },
  test: [
    "cases/sum.cmake",
    "if(NOT 2 EQUAL 2)\n  message(FATAL_ERROR wrong)\nendif()\n",
  ],
  broken: ["EQUAL 2", "EQUAL 3"],
  command:
    "cmake -S . -B build && cmake --build build && ctest --test-dir build --no-tests=error --output-on-failure",
});

testSample({
  name: "RSpec",
  program: "rspec",
  files: { "Rakefile": "", ".rspec": "--no-color\n", "spec/README": "" },
  test: [
    "spec/sum_spec.rb",
    'RSpec.describe "sum" do\n  it("adds") { expect(1 + 1).to eq(2) }\nend\n',
  ],
  broken: ["eq(2)", "eq(3)"],
  command: "rspec",
});

testSample({
  name: "PHPUnit",
  program: "phpunit",
  files: {
    "phpunit.xml":
      '<phpunit><testsuites><testsuite name="all"><directory>tests</directory></testsuite></testsuites></phpunit>',
    "tests/README": "",
  },
  test: [
    "tests/SumTest.php",
    "<?php\nclass SumTest extends PHPUnit\\Framework\\TestCase {\n  public function testSum(): void { $this->assertSame(2, 1 + 1); }\n}\n",
  ],
  broken: ["assertSame(2", "assertSame(3"],
  command: "phpunit",
});

testSample({
  name: "just, around pytest",
  program: "just",
  files: { justfile: "test:\n    pytest\n", "tests/README": "" },
  test: ["tests/test_sum.py", "def test_sum():\n    assert 1 + 1 == 2\n"],
  broken: ["== 2", "== 3"],
  command: "just test",
});

/** Where Debian keeps what Maven would fetch. */
const DEBIAN_MAVEN = "/usr/share/maven-repo";

const POM = `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>example</groupId>
  <artifactId>sum</artifactId>
  <version>1</version>
  <properties>
    <maven.compiler.source>11</maven.compiler.source>
    <maven.compiler.target>11</maven.compiler.target>
  </properties>
  <dependencies>
    <dependency><groupId>junit</groupId><artifactId>junit</artifactId><version>4.x</version></dependency>
  </dependencies>
  <build><plugins>
    <plugin><artifactId>maven-resources-plugin</artifactId><version>3.3.0</version></plugin>
    <plugin><artifactId>maven-compiler-plugin</artifactId><version>3.10.1</version></plugin>
    <plugin><artifactId>maven-surefire-plugin</artifactId><version>2.22.3</version></plugin>
  </plugins></build>
</project>
`;

testSample({
  name: "Maven",
  program: "mvn",
  needs:
    `${DEBIAN_MAVEN}/org/apache/maven/plugins/maven-surefire-plugin/2.22.3`,
  files: {
    "pom.xml": POM,
    ".mvn/maven.config": `-o\n-Dmaven.repo.local=${DEBIAN_MAVEN}\n`,
  },
  test: [
    "src/test/java/SumTest.java",
    "import org.junit.*;\n\npublic class SumTest {\n  @Test public void sum() { Assert.assertEquals(2, 1 + 1); }\n}\n",
  ],
  broken: ["Equals(2", "Equals(3"],
  command: "mvn test",
});
