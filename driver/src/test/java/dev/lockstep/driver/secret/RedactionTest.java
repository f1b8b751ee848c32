package dev.lockstep.driver.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What counts as a secret, and that it is found however it is written. */
final class RedactionTest {
  private final Redaction redaction = new Redaction();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "s3a://AKIAX:a/b+c@bucket/rows | s3a://***:***@bucket/rows",
        "read ftp://me:pw@host:21/x. | read ftp://***:***@host:21/x.",
        "https://ghp_token@host/x | https://***@host/x",
        "jdbc:postgresql://h/db?user=me&password=pw1&ssl=true | jdbc:postgresql://h/db?user=me&password=***&ssl=true",
        "jdbc:sqlserver://h;user=me;Password=p.w;x=1 | jdbc:sqlserver://h;user=me;Password=***;x=1",
        "jdbc:mysql://me:pw@h/db | jdbc:mysql://***:***@h/db",
        "jdbc:oracle:thin:scott/tiger@//h:1521/x | jdbc:oracle:thin:***/***@//h:1521/x",
        "https://h/x?sv=1&sig=ab%2Fc%3D&se=2 | https://h/x?sv=1&sig=***&se=2",
        "https://h/x?X-Amz-Signature=0f0f | https://h/x?X-Amz-Signature=***",
        "-Dstore.token=abc -Xmx1g | -Dstore.token=*** -Xmx1g",
        "spark.authenticate.secret=x | spark.authenticate.secret=***",
        "s3a://a:b@x/1,s3a://c:d@y/2 | s3a://***:***@x/1,s3a://***:***@y/2",
      })
  void partsThatAreSecretsByTheirPlaceAreReplaced(String text, String expected) {
    assertThat(redaction.inMessage(text)).isEqualTo(expected.replace("***", Redaction.MARK));
  }

  @ParameterizedTest
  @CsvSource({
    "hdfs://namenode:8020/user/a@b/rows.csv",
    "abfss://container@account.dfs.core.windows.net/rows.csv",
    "file:///tmp/a:b@c",
    "http://host:8080/path?page=1&tokens",
    "network.layers[0].units=64",
    "mail me@host: see note=1",
    "s3a://${KEY}:${SECRET}@bucket/x?sig=${SIG}",
  })
  void whatIsNoSecretStays(String text) {
    assertThat(redaction.inMessage(text)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "fs.s3a.secret.key | true",
        "spark.authenticate.secret | true",
        "PASSWORD | true",
        "sessionToken | true",
        "fs.s3a.access.key | true",
        "accesskey | true",
        "header | false",
        "dfs.namenode.delegation.token.renew-interval | false",
        "dfs.block.access.token.lifetime | false",
        "yarn.resourcemanager.delegation-token.max-conf-secs | false",
        "hadoop.security.token.service.use_ip.enabled | false",
        "tokenProvider | false",
        "passwordHint | true",
        "learningRate | false",
      })
  void namesCountAsInSpark(String name, boolean secret) {
    assertThat(redaction.isSecret(name)).isEqualTo(secret);
  }

  @Test
  void theUsersPatternCounts() {
    redaction.learnArguments(
        List.of(
            "--conf",
            "spark.redaction.regex=(?i)magic",
            "--set",
            "data.options.magicWord=sesame1"));
    assertThat(redaction.isSecret("Magic")).isTrue();
    assertThat(redaction.isSecret("password")).isFalse();
    assertThat(redaction.inMessage("open sesame1!")).isEqualTo("open " + Redaction.MARK + "!");
    redaction.useNames(null);
    assertThat(redaction.isSecret("password")).isTrue();
    assertThatThrownBy(() -> redaction.useNames("("))
        .isInstanceOf(LockstepException.class)
        .hasMessageStartingWith("spark.redaction.regex: '(' is no regular expression");
  }

  @Test
  void argumentsAreUnderstoodInEveryForm() {
    redaction.learnArguments(
        List.of(
            "--conf=spark.hadoop.fs.s3a.secret.key=first-secret",
            "--set=data.options.password=second-secret",
            "--conf",
            "spark.x.token=third-secret",
            "--output",
            "s3a://me:fourth-secret@bucket",
            "--conf",
            "spark.executor.extraJavaOptions=-Da.password=fifth-secret",
            "--quiet"));
    for (String known :
        List.of("first-secret", "second-secret", "third-secret", "fourth-secret", "fifth-secret")) {
      assertThat(redaction.inMessage("<" + known + ">")).isEqualTo("<" + Redaction.MARK + ">");
    }
  }

  @Test
  void aSecretIsFoundHoweverItIsWritten() {
    redaction.learn("x", "a\"b\\c&d<e>'f g/ü+%");
    for (String way :
        List.of(
            "a\"b\\c&d<e>'f g/ü+%",
            "a\\\"b\\\\c&d<e>'f g/ü+%",
            "a&quot;b\\c&amp;d&lt;e&gt;&#39;f g/ü+%",
            "a%22b%5Cc%26d%3Ce%3E%27f+g%2F%C3%BC%2B%25",
            "a%22b%5Cc%26d%3Ce%3E%27f%20g%2F%C3%BC%2B%25")) {
      assertThat(redaction.inFile("{" + way + "}")).isEqualTo("{" + Redaction.MARK + "}");
    }
    redaction.learn("key", "-----BEGIN-----\nMIIEowIBAAKC\n-----END-----\n");
    assertThat(redaction.inMessage("at MIIEowIBAAKC")).isEqualTo("at " + Redaction.MARK);
    redaction.learn("url", "p%40ssw0rd%21");
    assertThat(redaction.inMessage("user p@ssw0rd!")).isEqualTo("user " + Redaction.MARK);
  }

  @Test
  void shortSecretsAreFoundAsWordsAndTheShortestNot() {
    redaction.learn("a", "abc");
    redaction.learn("b", "relu");
    redaction.learn("c", "True");
    assertThat(redaction.inMessage("abc preluded relu, True"))
        .isEqualTo("abc preluded " + Redaction.MARK + ", True");
  }

  @Test
  void keysOfJsonStay() {
    redaction.learn("a", "accuracy");
    assertThat(redaction.inJson("{\"accuracy\":1,\"note\":\"accuracy\",\"accuracy\" : 2}"))
        .isEqualTo("{\"accuracy\":1,\"note\":\"" + Redaction.MARK + "\",\"accuracy\" : 2}");
  }

  @Test
  void whatSettingsHaveIsNoSecretWhateverItsName() {
    for (String value :
        List.of(
            "null",
            "true ",
            " False",
            "\"true\"",
            "NONE",
            "nan",
            "1234",
            "86400",
            "0.00001",
            "-1",
            "3600000s",
            "500ms",
            "10min",
            "30\n")) {
      redaction.learn("x.token", value);
    }
    redaction.learnSettings(
        Map.of("dfs.namenode.delegation.token.renew-interval", "86400000", "a.token", "null"));
    redaction.learn("key", "longer-secret\nnull\n  true\n1234\n");
    assertThat(redaction.known()).isNotEmpty();
    String text = "null true True False NONE nan 1234 86400 86400000 0.00001 3600000s 500ms 10min";
    assertThat(redaction.inMessage(text)).isEqualTo(text);
    assertThat(redaction.inMessage("longer-secret")).isEqualTo(Redaction.MARK);
  }

  @Test
  void aUsersPatternIsTakenAtItsWord() {
    redaction.useNames("(?i)provider");
    assertThat(redaction.isSecret("a.provider")).isTrue();
  }

  @Test
  void longNumbersAreFoundAsWholeNumbers() {
    redaction.learn("pin", "12345678901");
    for (String other :
        List.of("0.12345678901", "12345678901.5", "112345678901", "123456789012", "1.1234567890")) {
      assertThat(redaction.inFile("a," + other + ",b")).isEqualTo("a," + other + ",b");
    }
    assertThat(redaction.inFile("pin12345678901, 12345678901."))
        .isEqualTo("pin" + Redaction.MARK + ", " + Redaction.MARK + ".");
    assertThat(redaction.inMessage("at 12345678901")).isEqualTo("at " + Redaction.MARK);
  }

  @Test
  void jsonKeepsItsStructure() throws IOException {
    for (String secret : List.of("null", "1234", "12345678901", "relu", "number", "a\"b\\\nc")) {
      redaction.learn("x", secret);
    }
    String json =
        """
        {"number" : 12345678901, "relu": null, "x": [1234, "1234", 0.12345678901, "", "null"],
         "note": "relu \\"12345678901\\"\\nrelu", "y": "a\\"b\\\\\\nc", "z": "\\u0072elu prelude",
         "deep": {"number": ["number", true]}}
        """;
    String safe = redaction.inJson(json);
    assertThat(new ObjectMapper().readTree(safe))
        .isEqualTo(
            new ObjectMapper()
                .readTree(
                    """
                    {"number": 12345678901, "relu": null,
                     "x": [1234, "1234", 0.12345678901, "", "null"],
                     "note": "* \\"*\\"\\n*", "y": "*", "z": "* prelude",
                     "deep": {"number": ["*", true]}}
                    """
                        .replace("*", Redaction.MARK)));
    // Lines, and what was cut off.
    assertThat(redaction.inJson("{\"a\":\"relu\"}\n{\"relu\":1}\n{\"a\":\"relu"))
        .isEqualTo("{\"a\":\"*\"}\n{\"relu\":1}\n{\"a\":\"*".replace("*", Redaction.MARK));
    assertThat(redaction.inJson("\"\\")).isEqualTo("\"\\");
  }

  @Test
  void secretsOfTheEnvironmentAreKnownByWords() {
    redaction.learnEnvironment(
        Map.of("DB_PASSWORD", "from-env-1", "TOKENIZERS_PARALLELISM", "from-env-2"));
    assertThat(redaction.inMessage("from-env-1 from-env-2"))
        .isEqualTo(Redaction.MARK + " from-env-2");
  }

  @Test
  void variablesAreNamedByThePath() {
    assertThat(Redaction.variable("data.options.db-password"))
        .isEqualTo("LOCKSTEP_SECRET_DATA_OPTIONS_DB_PASSWORD");
    assertThat(Redaction.variable("data.path[1]")).isEqualTo("LOCKSTEP_SECRET_DATA_PATH_1");
    assertThat(Redaction.isSecretVariable("LOCKSTEP_SECRET_DATA_PATH_1")).isTrue();
  }

  @Property
  void noTextLosesAnythingButSecrets(
      @ForAll @StringLength(max = 60) String before, @ForAll @StringLength(max = 60) String after) {
    Redaction one = new Redaction();
    one.learn("x", "§planted secret§");
    assertThat(one.inFile(before + "§planted secret§" + after))
        .isEqualTo(before + Redaction.MARK + after);
    assertThat(one.inMessage(before + "§planted secret§" + after))
        .doesNotContain("§planted secret§");
  }
}
