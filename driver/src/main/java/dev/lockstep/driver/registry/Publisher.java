package dev.lockstep.driver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.folder.LockOwner;
import dev.lockstep.driver.folder.StrictJson.Block;

/**
 * Who changed a registry.
 *
 * @param user who ran the command
 * @param host where it ran
 * @param application Spark's application id, or null
 */
public record Publisher(String user, String host, String application) {
  /** The one that holds a lock. */
  public static Publisher of(LockOwner owner) {
    return new Publisher(owner.user(), owner.process().host(), owner.application());
  }

  void write(ObjectNode target) {
    target.put("user", user).put("host", host).put("application", application);
  }

  static Publisher read(Block block) {
    return new Publisher(
        block.text("user"), block.text("host"), Lineage.textOrNull(block, "application"));
  }

  /** In words. */
  @Override
  public String toString() {
    return user + " on " + host + (application == null ? "" : ", application " + application);
  }
}
