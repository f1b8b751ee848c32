package dev.lockstep.driver.secret;

import java.util.Map;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CommonConfigurationKeysPublic;

/**
 * The secrets of a Hadoop configuration. Whoever uses a file system may meet them, in its messages
 * for instance.
 */
public final class HadoopSecrets {
  private HadoopSecrets() {}

  /** Learns what must not leave: the values of settings whose names Spark or Hadoop call secret. */
  public static void learn(Configuration hadoop) {
    Redaction redaction = Redaction.ofProcess();
    Pattern sensitive = sensitiveKeys(hadoop);
    for (Map.Entry<String, String> setting : hadoop) {
      String key = setting.getKey();
      boolean secret =
          redaction.isSecret(key)
              || (sensitive.matcher(key).find() && !Redaction.isAboutSecrets(key));
      if (secret && isSetByUser(hadoop, key)) {
        redaction.learn(key, String.valueOf(hadoop.get(key)));
      } else if (!secret) {
        redaction.learnParts(key, setting.getValue());
      }
    }
  }

  /** Hadoop's own pattern for names of secrets. */
  private static Pattern sensitiveKeys(Configuration hadoop) {
    String patterns =
        hadoop.get(
            CommonConfigurationKeysPublic.HADOOP_SECURITY_SENSITIVE_CONFIG_KEYS,
            CommonConfigurationKeysPublic.HADOOP_SECURITY_SENSITIVE_CONFIG_KEYS_DEFAULT);
    return Pattern.compile(patterns.trim().replaceAll("[,\\s]+", "|"));
  }

  /** Defaults hold no secrets, but periods of tokens, class names and the like. */
  private static boolean isSetByUser(Configuration hadoop, String key) {
    String[] sources = hadoop.getPropertySources(key);
    return sources == null
        || sources.length == 0
        || !sources[sources.length - 1].endsWith("-default.xml");
  }
}
