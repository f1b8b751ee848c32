package dev.lockstep.driver.registry;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.folder.StrictJson;
import dev.lockstep.driver.folder.StrictJson.Block;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * Which version serves: the content of {@code champion.json}, which is replaced by one rename.
 *
 * <p>The champions before it are a stack: a publication pushes the champion on it, a rollback takes
 * the uppermost off and makes it the champion again. So several rollbacks one after the other go
 * further and further back, and never come back to a version that was rolled back.
 *
 * @param version the champion
 * @param before the champions before it, the one that a rollback leads to last
 * @param lastPublished the highest version that was ever champion by publication; one above it is
 *     of a publication that was broken off
 * @param moves the latest changes of the pointer, the newest last
 */
public record Champion(int version, List<Integer> before, int lastPublished, List<Move> moves) {
  static final String FILE = "champion.json";

  private static final int MAX_BYTES = 1 << 20;
  private static final int MAX_BEFORE = 1000;
  private static final int MAX_MOVES = 100;

  /**
   * A change of the pointer.
   *
   * @param at when, ISO-8601
   * @param from the champion until then, or null
   * @param to the champion from then on
   * @param reason {@code published}, {@code completed} for a publication that had been broken off,
   *     or {@code rolledBack}
   * @param by who
   */
  public record Move(String at, Integer from, int to, String reason, Publisher by) {}

  /** Takes copies. */
  public Champion {
    before = List.copyOf(newest(before, MAX_BEFORE));
    moves = List.copyOf(newest(moves, MAX_MOVES));
  }

  private static <T> List<T> newest(List<T> list, int most) {
    return list.subList(Math.max(0, list.size() - most), list.size());
  }

  /** The pointer to the first version. */
  static Champion first(Move move) {
    return new Champion(move.to(), List.of(), move.to(), List.of(move));
  }

  /** A pointer in the place of one that was lost. */
  static Champion restored(Move move, int lastPublished) {
    return new Champion(move.to(), List.of(), lastPublished, List.of(move));
  }

  /** After a publication. */
  Champion published(Move move, IntPredicate exists) {
    List<Integer> earlier = remaining(exists);
    earlier.add(version);
    return new Champion(move.to(), earlier, move.to(), with(move));
  }

  /**
   * After a rollback: to a version that was champion before as many are taken off as lie on it; any
   * other is a champion like a published one.
   */
  Champion rolledBack(Move move, IntPredicate exists) {
    List<Integer> earlier = remaining(exists);
    int place = earlier.lastIndexOf(move.to());
    if (place >= 0) {
      earlier = earlier.subList(0, place);
    } else {
      earlier.add(version);
    }
    return new Champion(move.to(), earlier, lastPublished, with(move));
  }

  /** The champions before, as far as they are still there. */
  private List<Integer> remaining(IntPredicate exists) {
    List<Integer> earlier = new ArrayList<>(before);
    earlier.removeIf(each -> !exists.test(each));
    return earlier;
  }

  private List<Move> with(Move move) {
    List<Move> all = new ArrayList<>(moves);
    all.add(move);
    return all;
  }

  /** The version that a rollback leads to, among those that are still there. */
  public Optional<Integer> predecessor(IntPredicate exists) {
    List<Integer> earlier = remaining(exists);
    return earlier.isEmpty() ? Optional.empty() : Optional.of(earlier.get(earlier.size() - 1));
  }

  byte[] toBytes() {
    ObjectNode root = StrictJson.object();
    root.put("version", version);
    ArrayNode earlier = root.putArray("before");
    before.forEach(earlier::add);
    root.put("lastPublished", lastPublished);
    writeMoves(root.putArray("moves"));
    return StrictJson.bytes(root);
  }

  /** The moves as JSON. */
  public void writeMoves(ArrayNode target) {
    for (Move move : moves) {
      ObjectNode node = target.addObject();
      node.put("at", move.at());
      node.put("from", move.from());
      node.put("to", move.to());
      node.put("reason", move.reason());
      move.by().write(node.putObject("by"));
    }
  }

  /** Reads the pointer of a registry; empty where there is none. */
  static Optional<Champion> read(RunFolder registry) {
    return registry
        .readReplaced(FILE, MAX_BYTES)
        .map(bytes -> parse(StrictJson.parse(bytes, registry.name() + "/" + FILE)));
  }

  private static Champion parse(Block root) {
    List<Integer> before = new ArrayList<>();
    if (!root.node().path("before").isArray()) {
      throw root.wrong("before", "a list of versions");
    }
    root.node()
        .path("before")
        .forEach(
            each -> {
              if (!each.isInt() || each.intValue() < 1) {
                throw root.wrong("before", "a list of versions");
              }
              before.add(each.intValue());
            });
    List<Move> moves = new ArrayList<>();
    for (Block move : root.blocks("moves", MAX_MOVES)) {
      moves.add(
          new Move(
              move.text("at"),
              Lineage.versionOrNull(move, "from"),
              version(move, "to"),
              move.text("reason"),
              Publisher.read(move.block("by"))));
    }
    return new Champion(version(root, "version"), before, version(root, "lastPublished"), moves);
  }

  private static int version(Block root, String key) {
    int version = root.smallCount(key);
    if (version < 1) {
      throw root.wrong(key, "a version, which is at least 1");
    }
    return version;
  }
}
